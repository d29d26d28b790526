import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import { readDirectory } from '../../src/emulator/directory-file.ts';
import { completeDirectory, findResource } from '../../src/emulator/directory.ts';
import type { Application } from '../../src/emulator/directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'directory-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string): string {
  const path = join(folder, 'directory.json');
  writeFileSync(path, content);
  return path;
}

test('a directory file is read, with or without a byte order mark', () => {
  const content = JSON.stringify({ tenants: [{ id: '1', name: 'One', domains: ['one.example'] }] });

  expect(readDirectory(write(content))).toEqual(readDirectory(write(`\uFEFF${content}`)));
});

test.each([
  ['no JSON', '{', /can't be used: /],
  ['a list', '[]', /it is no JSON object\./],
  ['an unknown member', '{"tenant":[]}', /it has 'tenant', which no directory has\./],
  ['a member that is no list', '{"users":{}}', /'users' is no list\./],
  ['a user without a password', '{"users":[{"id":"1","userPrincipalName":"a@b"}]}', /users\[0\] has no 'password'\./],
  ['a consent without scopes', '{"consents":[{"client":"1"}]}', /consents\[0\] has no 'scopes'\./],
  [
    'an agent identity with a secret of its own',
    '{"applications":[{"id":"1","name":"One","blueprint":"2","secrets":[]}]}',
    /applications\[0\] is an agent identity \(it has 'blueprint'\), which can't have 'secrets'\./,
  ],
  ['an application that is null', '{"applications":[null]}', /applications\[0\] has no 'id'\./],
])('a directory file with %s is refused, and the error names the file', (_, content, reason) => {
  const path = write(content);

  expect(() => readDirectory(path)).toThrow(reason);
  expect(() => readDirectory(path)).toThrow(path);
});

test("a directory file may have an agent's user account, which has no password", () => {
  const content = { users: [{ id: '1', userPrincipalName: 'a@b', displayName: 'A', agentIdentities: ['2'] }] };

  expect(readDirectory(write(JSON.stringify(content)))).toEqual(content);
});

test('a directory file that is not there is refused by its name', () => {
  expect(() => readDirectory(join(folder, 'missing.json'))).toThrow(/missing\.json can't be used: ENOENT/);
});

test("every directory has Microsoft's resources and clients, unless it brings its own of the same id", () => {
  const own = { id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', name: 'My CLI' };
  const { applications } = completeDirectory({ applications: [own] });

  expect(applications.filter(({ id }) => id === own.id)).toEqual([own]);
  expect(applications.map(({ name }) => name)).toContain('Microsoft Graph');
});

test('the ids of the default directory are valid GUIDs and used once', () => {
  const { tenants, users, applications, managedIdentities } = completeDirectory(defaultDirectory);
  const ids = [
    ...[...tenants, ...users, ...applications].map(({ id }) => id),
    ...managedIdentities.flatMap(({ clientId, objectId }) => [clientId, objectId]),
  ];

  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every permission of the default directory belongs to a resource that has it', () => {
  const directory = completeDirectory(defaultDirectory);
  const check = (permissions: readonly string[] | undefined, kind: 'scopes' | 'roles'): void => {
    for (const permission of permissions ?? []) {
      const slash = permission.lastIndexOf('/');
      const names = findResource(directory, permission.slice(0, slash), 'common')?.[kind] ?? [];
      const name = permission.slice(slash + 1);
      expect(name === '*' ? names.length > 0 : names.includes(name), permission).toBe(true);
    }
  };
  for (const each of directory.applications) {
    check(each.delegatedPermissions, 'scopes');
    check(each.applicationPermissions, 'roles');
  }
  for (const each of directory.managedIdentities) check(each.applicationPermissions, 'roles');
  for (const each of directory.consents) check(each.scopes, 'scopes');
});

test('every agent identity of the default directory has a blueprint, every consent an application and a user', () => {
  const { applications, consents, users } = completeDirectory(defaultDirectory);
  const idsOf = (wanted: (application: Application) => boolean): string[] =>
    applications.filter(wanted).map(({ id }) => id);
  const agents = idsOf(({ blueprint }) => blueprint !== undefined);

  expect(agents).toHaveLength(3);
  expect(idsOf(({ isBlueprint = false }) => isBlueprint)).toEqual([
    ...new Set(applications.flatMap(({ blueprint = [] }) => blueprint)),
  ]);
  expect(agents).toEqual(expect.arrayContaining(users.flatMap(({ agentIdentities = [] }) => agentIdentities)));
  expect(agents).toEqual(expect.arrayContaining(consents.map(({ client }) => client)));
  expect(users.map(({ userPrincipalName }) => userPrincipalName)).toEqual(
    expect.arrayContaining(consents.map(({ user }) => user)),
  );
});

test('two emulators never share a directory', () => {
  completeDirectory(defaultDirectory).users.length = 0;

  expect(completeDirectory(defaultDirectory).users).not.toHaveLength(0);
});
