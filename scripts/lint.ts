/** Checks the sources without running them: `npm run lint`; `npm run lint -- --fix` mends what can be mended. */

import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { announce, type Count, total } from './count.ts';
import { powerShells, runPowerShell } from './powershell.ts';

const root = join(import.meta.dirname, '..');

export async function lint({ fix = false } = {}): Promise<Count> {
  announce('Checks');
  // Side by side, for PowerShell's takes as long as all others.
  return total((await Promise.all([checkTypeScript(fix), checkPowerShell()])).flat());
}

async function checkTypeScript(fix: boolean): Promise<readonly Count[]> {
  return [
    await check('Format (oxfmt)', 'oxfmt/bin/oxfmt', fix ? [] : ['--check']),
    await check('Types (tsc)', 'typescript/bin/tsc', ['--project', '.']),
    await check('Lint (oxlint)', 'oxlint/bin/oxlint', fix ? ['--fix'] : []),
    await check('Nothing unused (knip)', 'knip/bin/knip.js', ['--no-progress', '--treat-config-hints-as-errors']),
  ];
}

async function checkPowerShell(): Promise<Count> {
  const [powerShell] = await powerShells();
  if (!powerShell) return skipped;
  const exitCode = await runPowerShell(powerShell, 'scripts/analyze.ps1', []);
  return exitCode === 3 ? skipped : report('PowerShell (PSScriptAnalyzer)', exitCode === 0);
}

const skipped: Count = { passed: 0, failed: 0, skipped: 1 };

async function check(name: string, program: string, parameters: readonly string[]): Promise<Count> {
  const file = join(root, 'node_modules', program);
  const { exitCode, all } = await execa(process.execPath, [file, ...parameters], {
    cwd: root,
    reject: false,
    all: true,
  });
  if (exitCode !== 0) console.log(all);
  return report(name, exitCode === 0);
}

function report(name: string, good: boolean): Count {
  console.log(`${good ? 'passed' : 'FAILED'}  ${name}`);
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0, failures: good ? [] : [name] };
}

if (import.meta.main) {
  const { failed } = await lint({ fix: process.argv.includes('--fix') });
  process.exitCode = failed ? 1 : 0;
}
