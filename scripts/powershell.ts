import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { announce } from './count.ts';

const root = join(import.meta.dirname, '..');

/** The PowerShells of this machine: 7, and on Windows 5.1 too. */
export async function powerShells(): Promise<readonly string[]> {
  const found = await Promise.all(
    ['pwsh', ...(process.platform === 'win32' ? ['powershell'] : [])].map(async (name) => {
      const { failed } = await execa(name, ['-NoProfile', '-NonInteractive', '-Command', 'exit 0'], { reject: false });
      return failed ? [] : [name];
    }),
  );
  return found.flat();
}

/**
 * Runs a script of ours and gives its exit code.
 * @param heading under which all that it prints comes at the end, where something else runs beside it; else it comes at once
 */
export async function runPowerShell(
  name: string,
  script: string,
  parameters: readonly string[],
  heading?: string,
): Promise<number> {
  const policy = process.platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : [];
  const output = heading === undefined ? 'inherit' : 'pipe';
  const { exitCode, all } = await execa(
    name,
    ['-NoProfile', '-NonInteractive', ...policy, '-File', join(root, script), ...parameters],
    {
      cwd: root,
      reject: false,
      all: true,
      stdio: ['ignore', output, output],
      env: {
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        ENTRATOKENBRIDGE_NODE: process.execPath,
      },
    },
  );
  if (heading !== undefined) {
    announce(heading);
    console.log(all);
  }
  return exitCode ?? 1;
}
