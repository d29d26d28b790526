import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const engine = join(import.meta.dirname, '../../dist/engine.js');
let folder: string;
/** Files and Node's own modules that the engine has loaded when it waits for its first request. */
let loaded: { files: string[]; builtins: string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
  const report = join(folder, 'report.json');
  const preload = join(folder, 'preload.cjs');
  await writeFile(
    preload,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify({
      files: Object.keys(require.cache),
      builtins: process.moduleLoadList,
    })));`,
  );
  await execa(process.execPath, ['--require', preload, engine], { input: '' });
  loaded = JSON.parse(await readFile(report, 'utf8')) as typeof loaded;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The engine at its start', () => {
  test('has loaded its own bundle, and none of what only some calls need', async () => {
    expect(loaded.files.map((file) => basename(file))).toContain('engine.js');
    for (const file of loaded.files) {
      expect(await readFile(file, 'utf8'), file).not.toMatch(
        /ConfidentialClientApplication|AzureCliCredential|forge\.pki/,
      );
    }
  });

  test.each(['crypto', 'http', 'https', 'tls', 'child_process'])('has not loaded node:%s', (name) => {
    expect(loaded.builtins).not.toContain(`NativeModule ${name}`);
  });
});
