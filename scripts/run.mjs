// Runs one of the project's scripts in the project's own Node, on a clone that may be fresh:
//   node scripts/run.mjs <script> [arguments]
//
// This file alone has to work with any Node from 20 on, before anything is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const projectNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) {
  console.error('Usage: node scripts/run.mjs <script> [arguments]');
  process.exit(2);
}

if (!isInstalled()) install();
const { status, signal } = spawnSync(projectNode, [script, ...scriptArguments], { cwd: root, stdio: 'inherit' });
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);

/** npm notes in node_modules/.package-lock.json what it installed and when; a newer lock file wants another install. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs &&
    nodeAnswers()
  );
}

/** Whether the Node of the dev dependency is there and is the version that package.json wants. */
function nodeAnswers() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8'));
  return spawnSync(projectNode, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`;
}

function install() {
  const modules = join(root, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      `${modules} is a link to ${readlinkSync(modules)}, whose packages are not those of this checkout. npm ci would empty that folder. Remove the link and try again, or run npm ci there.`,
    );
    process.exit(1);
  }
  console.log('Installing the dependencies (npm ci) ...');
  // Warnings about this Node's age don't matter: from here on the project's own Node does the work.
  const outcome = npm(['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']);
  if (outcome.status === 0 && existsSync(projectNode) && nodeAnswers()) return;

  process.stderr.write(`${outcome.stdout ?? ''}${outcome.stderr ?? ''}`);
  if (outcome.error) console.error(outcome.error.message);
  console.error(
    outcome.status === 0
      ? "The package `node` is installed, but its install script did not run or failed. Is `ignore-scripts` set in npm's configuration? Try: npm rebuild node --foreground-scripts"
      : `npm ci failed (exit code ${outcome.status ?? outcome.signal}).`,
  );
  process.exit(1);
}

/**
 * npm, as the one that runs us when there is one.
 * @param {string[]} npmArguments
 */
function npm(npmArguments) {
  const options = { cwd: root, encoding: /** @type {const} */ ('utf8'), maxBuffer: 2 ** 26 };
  const cli = process.env['npm_execpath'];
  if (cli?.endsWith('.js')) return spawnSync(process.execPath, [cli, ...npmArguments], options);
  return spawnSync('npm', npmArguments, { ...options, shell: process.platform === 'win32' });
}
