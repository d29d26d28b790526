import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thirdPartyNotices } from '../../scripts/third-party-notices.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notices-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns a module of the package */
async function makePackage(name: string, version: string, files: Readonly<Record<string, string>>): Promise<string> {
  const place = join(folder, 'node_modules', name);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'package.json'), JSON.stringify({ name, version, license: 'MIT' }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(place, file), text);
  return join(place, 'lib', 'index.js');
}

describe('The licenses of what is bundled', () => {
  test('are shipped: each package once, with its version and its own words', async () => {
    const notices = await readFile(join(import.meta.dirname, '../../dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of [
      '@azure/msal-node',
      '@azure/identity',
      'execa',
      'vscode-jsonrpc',
      'commander',
      'jose',
      'yaml',
    ]) {
      expect(notices.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'gm')), name).toHaveLength(1);
    }
    expect(notices).toContain('Copyright (c) Microsoft Corporation');
    // Native, so it is not bundled: it comes as a package of its own.
    expect(notices).not.toContain('@napi-rs/keyring');
  });

  test('are those of all packages that have a module in a bundle, in the order of their names', async () => {
    const modules = [
      await makePackage('@scope/zebra', '2.0.0', { LICENCE: 'Zebra terms\n' }),
      await makePackage('ape', '1.0.0', { 'license.md': 'Ape terms', NOTICE: 'Ape notice' }),
      join(folder, 'src/engine.ts'),
      '\0lazy:crypto',
    ];
    const notices = await thirdPartyNotices(modules);
    expect(notices.match(/^.+ \d\.0\.0$/gm)).toEqual(['@scope/zebra 2.0.0', 'ape 1.0.0']);
    expect(notices).toMatch(/Zebra terms[^]*Ape notice[^]*Ape terms/);
  });

  test('are all there: a package without one stops the build', async () => {
    const module = await makePackage('without', '1.0.0', {});
    await expect(thirdPartyNotices([module])).rejects.toThrow('without 1.0.0 (MIT) has no license file.');
  });
});
