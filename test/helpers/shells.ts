import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../src/protocol/environment.ts';
import { cliEnvironment, cliFile } from './cli.ts';

/**
 * Why tests of a shell are skipped, for their title; empty when it is here. On Windows they are all: what they put on PATH
 * is a script for Unix. bash tells what stands on its line since version 4; macOS has 3.2.
 */
export function absent(shell: string): string {
  if (process.platform === 'win32') return ' (SKIPPED: tried on Unix)';
  const probe = shell === 'bash' ? ['-c', '((BASH_VERSINFO[0] >= 4))'] : ['--version'];
  const found = spawnSync(shell, probe, { stdio: 'ignore', timeout: 60_000 }).status === 0;
  return found ? '' : ` (SKIPPED: ${shell}${shell === 'bash' ? ' 4' : ''} is not here)`;
}

/** The environment of a shell that has `entra-auth-cli` on its PATH. */
export function withProgram(home: string): Environment {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = join(bin, 'entra-auth-cli');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${cliFile}' "$@"\n`);
  chmodSync(program, 0o755);
  const environment = cliEnvironment({ home });
  return {
    ...environment,
    PATH: [bin, environment['PATH']].join(delimiter),
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    POWERSHELL_TELEMETRY_OPTOUT: '1',
    POWERSHELL_UPDATECHECK: 'Off',
    NO_COLOR: '1',
  };
}

/** A word of a Unix shell's command line, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
