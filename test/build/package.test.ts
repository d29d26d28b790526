import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const onWindows = process.platform === 'win32';
let folder: string;
let packed: readonly string[];

/** npm as people run it, without a network and without what other programs have cached. */
function npm(args: readonly string[]) {
  const settings = ['--offline', '--no-update-notifier', '--cache', join(folder, 'cache')];
  return execa('npm', [...args, ...settings], { cwd: root, preferLocal: false });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  // Without the build that comes before it: other tests are using dist/ now.
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  await execa('tar', ['-xzf', join(folder, filename), '-C', folder]);
  // What npm would fetch: the dependencies that the package names, and no other.
  for (const name of Object.keys(manifest.dependencies)) {
    const scope = join('node_modules', dirname(name));
    await cp(join(root, scope), join(folder, 'package', scope), { recursive: true });
  }
  await npm(['install', '--global', '--prefix', join(folder, 'prefix'), join(folder, 'package')]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program that the package has installed, by the name that people type. */
function installed(name: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const programs = onWindows ? join(folder, 'prefix') : join(folder, 'prefix', 'bin');
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return execa(join(programs, onWindows ? `${name}.cmd` : name), args, {
    env: { PATH: path, HOME: folder, XDG_CONFIG_HOME: '', APPDATA: folder, LOCALAPPDATA: folder, ...environment },
    reject: false,
  });
}

describe('The package', () => {
  test('has the programs and what they load, and none of the sources', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'dist/cli.js',
        'dist/emulator.js',
        'dist/lib/cli.js',
        'dist/THIRD-PARTY-NOTICES.txt',
        'LICENSE',
      ]),
    );
    expect(packed.filter((path) => !/^(?:dist\/|README\.md$|LICENSE$|package\.json$)/.test(path))).toEqual([]);
  });

  test('has entra-auth-cli, which runs from where npm puts it', async () => {
    const { stdout, stderr } = await installed('entra-auth-cli', ['--version']);
    expect({ stdout, stderr }).toEqual({ stdout: manifest.version, stderr: '' });
  });

  test('has commands whose code lies beside the program', async () => {
    const { exitCode, stderr } = await installed('entra-auth-cli', ['get-token', '--profile', 'nobody']);
    expect(stderr).toMatch(/^entra-auth-cli: There is no profile 'nobody'\./);
    expect(exitCode).toBe(2);
  });

  test('has the emulator', async () => {
    const { stdout, stderr } = await installed('entra-token-emulator', ['--help']);
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('--directory'), stderr: '' });
  });

  test('needs nothing but native code from elsewhere', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['@napi-rs/keyring']);
    expect(existsSync(join(folder, 'package/node_modules/commander'))).toBe(false);
  });

  test('refuses an old Node in one line', async () => {
    const pretend = join(folder, 'pretend.cjs');
    const versions = JSON.stringify({ ...process.versions, node: '20.20.2' });
    await writeFile(pretend, `Object.defineProperty(process, 'versions', { value: ${versions} })`);
    const { exitCode, stdout, stderr } = await installed('entra-auth-cli', ['get-token'], {
      NODE_OPTIONS: `--require=${pretend}`,
    });
    expect(stderr).toMatch(
      /^EntraTokenBridge needs Node\.js 22\.21 or a later 22, or 24\.5 or later; this is 20\.20\.2/,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  });
});
