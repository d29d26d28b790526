import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callStore } from '../helpers/store-process.ts';
import { someProfile, type TemporaryStore, temporaryStore } from '../helpers/store.ts';

let place: TemporaryStore;
beforeEach(() => {
  place = temporaryStore();
});
afterEach(() => place[Symbol.dispose]());

const token = (accessToken: string) => ({ accessToken, expiresOn: 1_800_000_000_000, scopes: ['User.Read'] });

test('Twenty processes that start with nothing share one key and lose nothing', { timeout: 120_000 }, async () => {
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const results = await Promise.all(
    names.map((name) =>
      callStore(place.environment, [
        ['secrets.write', name, { clientSecret: `secret of ${name}` }],
        ['profiles.add', someProfile(name)],
        ['tokens.write', name, 'k', token(`token of ${name}`)],
        ['tokens.write', 'shared', 'k', token('x'.repeat(5_000))],
        ['profiles.list'],
        ['tokens.read', 'shared', 'k'],
      ]),
    ),
  );
  for (const { error, value } of results) {
    expect(error).toBeUndefined();
    expect(value).toEqual(token('x'.repeat(5_000)));
  }
  // Who made the key said so; nobody else had anything to say, such as of a broken file.
  expect(results.flatMap(({ told }) => told)).toEqual([
    expect.stringMatching(/^ENTRA_AUTH_CLI_STORE is file: the key /),
  ]);

  const found = place.store.profiles.list().map(({ name }) => name);
  expect(found.toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    expect(await place.store.secrets.read(name)).toEqual({ clientSecret: `secret of ${name}` });
    expect(await place.store.tokens.read(name, 'k')).toEqual(token(`token of ${name}`));
  }
  const keyIds = readdirSync(place.path('secrets')).map((file) =>
    readFileSync(place.path('secrets', file)).toString('hex', 4, 12),
  );
  expect(new Set(keyIds).size).toBe(1);
  expect(readdirSync(place.path()).toSorted()).toEqual(['key', 'profiles.json', 'secrets', 'tokens']);
  expect(readdirSync(place.path('tokens/shared'))).toHaveLength(1);
});

test('The lock that a killed process leaves is taken over once it is some seconds old', async () => {
  const holder = spawn(process.execPath, [
    fileURLToPath(new URL('../fixtures/lock-holder.ts', import.meta.url)),
    place.path(),
  ]);
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'close');
  expect(readdirSync(place.path())).toEqual(['profiles.json.lock']);
  const then = Date.now() / 1000 - 5;
  utimesSync(place.path('profiles.json.lock'), then, then);
  await place.store.profiles.add(someProfile());
  expect(readdirSync(place.path())).toEqual(['profiles.json']);
});

test('A cached token is read without the keyring, locks and libraries', async () => {
  await callStore(place.environment, [
    ['profiles.add', someProfile()],
    ['secrets.write', 'dev', { clientSecret: 'x' }],
    ['tokens.write', 'dev', 'k', token('cached')],
  ]);
  // Each module that is loaded stands on stderr.
  const preload = `data:text/javascript,import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`;
  const { value, stderr } = await callStore(
    place.environment,
    [
      ['profiles.get', 'dev'],
      ['secrets.revision', 'dev'],
      ['tokens.read', 'dev', 'k'],
    ],
    ['--import', preload],
  );
  expect(value).toEqual(token('cached'));
  const loaded = stderr.split('\n').filter(Boolean);
  expect(loaded).toContainEqual(expect.stringMatching(/src\/profile\/sealed\.ts$/));
  expect(loaded.filter((url) => /node_modules|keyring|child_process/.test(url))).toEqual([]);
});
