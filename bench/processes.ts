import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { Environment, Surroundings } from './surroundings.ts';

/** Longer than any run takes; one that hangs is an error, not a figure. Milliseconds. */
const patience = 120_000;

export interface Run {
  /** From the start of the process to its end, in milliseconds. */
  readonly milliseconds: number;
  readonly output: string;
}

/** @throws Error when the program fails */
export async function run(program: string, programArguments: readonly string[], env: Environment): Promise<Run> {
  const start = performance.now();
  const child = spawn(program, programArguments, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: patience });
  const exited = once(child, 'exit').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    end: performance.now(),
  }));
  const [output, errors, { exitCode, end }] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (exitCode !== 0)
    throw new Error(`${program} ${programArguments.join(' ')} failed (${exitCode}):\n${errors}${output}`);
  return { milliseconds: end - start, output };
}

/**
 * Runs bench/powershell/<script>.ps1 in a process of its own.
 * @param side whose home the process has. At its start PowerShell compiles what its home says that the process before
 * it needed, so two that take turns in one home would spoil it for each other: 50 ms and more, on either side.
 */
export async function runScript(
  { pwsh, environment }: Surroundings,
  side: 'ours' | 'floor',
  script: string,
  parameters: readonly string[] = [],
  more: Environment = {},
): Promise<Run> {
  if (pwsh === undefined) throw new Error('This row needs PowerShell 7.');
  const home = join(environment['HOME'] ?? '', side);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const file = join(import.meta.dirname, 'powershell', `${script}.ps1`);
  return run(pwsh, ['-NoProfile', '-NonInteractive', '-File', file, ...parameters], {
    ...environment,
    HOME: home,
    ...more,
  });
}
