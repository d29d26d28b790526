/**
 * Builds and tests everything: `npm test`. The last line counts over all runners; each check of the sources counts as
 * one test.
 */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { isolate } from '../test/helpers/environment.ts';
import { build } from './build.ts';
import { announce, broken, type Count, total } from './count.ts';
import { lint } from './lint.ts';
import { powerShells, runPowerShell } from './powershell.ts';

const root = join(import.meta.dirname, '..');
const moduleTests = join(root, 'test', 'module');
const results = await mkdtemp(join(tmpdir(), 'entra-token-bridge-test-'));

isolate(process.env);
const counts: Count[] = [];
try {
  await build();
  counts.push(await lint());
  // Side by side: Pester's files come one after another, and leave a processor idle.
  counts.push(...(await Promise.all([vitest(), pester()])).flat());
} catch (error) {
  console.error(error);
  counts.push(broken(String(error)));
} finally {
  await rm(results, { recursive: true, force: true });
}
const { passed, failed, skipped, failures } = total(counts);
if (failures.length > 0) {
  announce('What failed');
  for (const failure of failures) console.log(`\n${failure}`);
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** What is used of what vitest's JSON reporter writes. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    /** The file's path. */
    readonly name: string;
    /** Why the file as a whole failed; else empty. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function vitest(): Promise<Count> {
  announce('Engine and emulator (vitest)');
  const file = join(results, 'vitest.json');
  const { exitCode } = await execa(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { cwd: root, reject: false, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const report = await readResult<VitestReport>(file);
  // A file that can't be loaded, or an error between tests, is no failed test, and yet a failure.
  const failedTests = report?.numFailedTests ?? 0;
  return {
    passed: report?.numPassedTests ?? 0,
    failed: exitCode === 0 ? failedTests : Math.max(failedTests, 1),
    skipped: report?.numPendingTests ?? 0,
    failures: report?.testResults.flatMap(failuresOf) ?? ['vitest wrote no report'],
  };
}

function failuresOf({ name, message, assertionResults }: VitestReport['testResults'][number]): readonly string[] {
  const file = relative(root, name);
  const tests = assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${file} > ${fullName}: ${ownLines(failureMessages.join('\n'))}`);
  return message ? [`${file}: ${message}`, ...tests] : tests;
}

async function pester(): Promise<readonly Count[]> {
  const shells = await powerShells();
  if (shells.length === 0) return [await skipPester('PowerShell is not installed here (no pwsh on PATH)')];
  const runs: Count[] = [];
  for (const shell of shells) {
    const file = join(results, `${shell}.json`);
    const parameters = ['-Path', moduleTests, '-Result', file];
    const heading = `PowerShell module (Pester, ${shell})`;
    const exitCode = await runPowerShell(shell, 'scripts/pester.ps1', parameters, heading);
    const count = await readResult<Count>(file);
    if (exitCode === 3) runs.push(await skipPester(`${shell} has no Pester 5 or later (Install-Module Pester)`));
    else runs.push(count && (exitCode === 0 || count.failed > 0) ? count : broken(`${shell} ended with ${exitCode}`));
  }
  return runs;
}

/** Without the places in other people's packages. */
function ownLines(message: string): string {
  return message
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
    .join('\n');
}

/** Each of its test files counts as one that was skipped. */
async function skipPester(reason: string): Promise<Count> {
  const files = (await readdir(moduleTests)).filter((name) => name.endsWith('.Tests.ps1'));
  const line = `!! The PowerShell module was NOT tested: ${reason}.`;
  console.log(`\n${'!'.repeat(line.length)}\n${line}\n${'!'.repeat(line.length)}`);
  return { passed: 0, failed: 0, skipped: files.length };
}

async function readResult<Result>(file: string): Promise<Result | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Result);
}
