import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';

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

/** Runs a script of ours and gives its exit code; what it prints is shown as it comes. */
export async function runPowerShell(name: string, script: string, parameters: readonly string[]): Promise<number> {
  const policy = process.platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : [];
  const { exitCode } = await execa(
    name,
    ['-NoProfile', '-NonInteractive', ...policy, '-File', join(root, script), ...parameters],
    {
      cwd: root,
      reject: false,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        ENTRATOKENBRIDGE_NODE: process.execPath,
      },
    },
  );
  return exitCode ?? 1;
}
