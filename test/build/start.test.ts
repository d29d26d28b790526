import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
let home: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  home = join(folder, 'home');
  await mkdir(home, { mode: 0o755 });
  await mkdir(join(folder, 'lib'));
  await cp(join(import.meta.dirname, '../../src/start.cjs'), join(folder, 'engine.js'));
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }');
  await writeFile(join(folder, 'lib/engine.js'), "console.log(require('node:module').getCompileCacheDir() ?? 'none')");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(version = process.versions.node, environment: NodeJS.ProcessEnv = {}) {
  const pretend = join(folder, 'pretend.cjs');
  const versions = JSON.stringify({ ...process.versions, node: version });
  return writeFile(pretend, `Object.defineProperty(process, 'versions', { value: ${versions} })`).then(() =>
    execa(process.execPath, ['--require', pretend, join(folder, 'engine.js')], {
      reject: false,
      extendEnv: false,
      env: { HOME: home, LOCALAPPDATA: home, SystemRoot: process.env['SystemRoot'], ...environment },
    }),
  );
}

describe('A program', () => {
  test.each(['12.22.12', '20.20.2', '22.20.0', '23.11.0', '24.4.1'])('refuses Node %s in one line', async (version) => {
    const { exitCode, stdout, stderr } = await start(version);
    expect(stderr).toBe(
      `EntraTokenBridge needs Node.js 22.21 or a later 22, or 24.5 or later; this is ${version} (${process.execPath}).`,
    );
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  });

  test.each(['22.21.0', '22.99.0', '24.5.0', '25.0.0', '26.10.0'])('runs in Node %s', async (version) => {
    const { exitCode, stderr } = await start(version);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});

describe.skipIf(process.platform === 'win32')("V8's compile cache", () => {
  const cache = () => join(home, '.cache/EntraTokenBridge/compile-cache');

  test("is in a folder of the user's that nobody else may read or write", async () => {
    const { stdout } = await start();
    expect(stdout.slice(0, cache().length)).toBe(cache());
    expect((await stat(cache())).mode & 0o777).toBe(0o700);
    expect((await readdir(cache(), { recursive: true })).length).toBeGreaterThan(1);
  });

  test('is not used, nor made, below a profile that others may write to', async () => {
    await chmod(home, 0o777);
    expect((await start()).stdout).toBe('none');
    expect(await readdir(home)).toEqual([]);
  });

  test('is not used when others may write to its folder', async () => {
    await mkdir(cache(), { recursive: true });
    await chmod(cache(), 0o770);
    expect((await start()).stdout).toBe('none');
  });

  test('is not used through a link', async () => {
    await mkdir(join(folder, 'planted'));
    await mkdir(join(home, '.cache/EntraTokenBridge'), { recursive: true });
    await symlink(join(folder, 'planted'), cache());
    expect((await start()).stdout).toBe('none');
  });

  test.each([
    ['is not set', () => undefined],
    ['is no absolute path', () => 'home'],
    ['does not exist', () => join(folder, 'elsewhere')],
  ])('is done without when HOME %s', async (_what, value) => {
    const { stdout, stderr } = await start(undefined, { HOME: value() });
    expect({ stdout, stderr }).toEqual({ stdout: 'none', stderr: '' });
  });
});
