import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aadstsCodes } from '../../src/emulator/aadsts-errors.ts';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import { readDirectory } from '../../src/emulator/directory-file.ts';

const path = new URL('../../docs/emulator.md', import.meta.url);
const page = readFileSync(path, 'utf8');

test('docs/emulator.md has every AADSTS number that the emulator answers with, and no other', () => {
  const documented = Array.from(page.matchAll(/^\| (\d+) \| /gm), ([, code]) => Number(code));

  const ascending = (one: number, other: number): number => one - other;
  expect(documented.toSorted(ascending)).toEqual(aadstsCodes.toSorted(ascending));
});

test('docs/emulator.md has every id, name and password of the default directory', () => {
  const { tenants = [], users = [], applications = [], managedIdentities = [] } = defaultDirectory;
  const values = [
    ...tenants.flatMap(({ id, name, domains }) => [id, name, ...domains]),
    ...users.flatMap(({ userPrincipalName, password = '' }) => [userPrincipalName, password]),
    ...applications.flatMap(({ id, name, secrets = [] }) => [id, name, ...secrets.map(({ value }) => value)]),
    ...managedIdentities.flatMap(({ clientId, objectId, name }) => [clientId, objectId, name]),
  ];

  expect(values.filter((value) => !page.includes(value))).toEqual([]);
});

test("docs/emulator.md's directory file can be used", () => {
  const [, example = ''] = /```json\n(\{\n {2}"tenants"[^]*?)```/.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'documented-directory-'));
  const file = join(folder, 'directory.json');
  writeFileSync(file, example);

  expect(readDirectory(file)).toMatchObject({ tenants: [{ name: 'Example' }], applications: [{ name: 'My script' }] });
  rmSync(folder, { recursive: true });
});
