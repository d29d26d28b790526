import { copyFileSync, readdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let place: TemporaryStore;
beforeEach(() => {
  place = temporaryStore();
});
afterEach(() => place[Symbol.dispose]());

const token = (accessToken: string) => ({ accessToken, expiresOn: 1_800_000_000_000, scopes: ['User.Read'] });
const records = (): string[] => readdirSync(place.path('tokens/dev')).toSorted();
/** The paths of the records, each by what it was written with. */
const recordOf = async (write: () => Promise<void>): Promise<string> => {
  const before = new Set(records());
  await write();
  const name = records().find((one) => !before.has(one)) ?? '';
  return place.path('tokens/dev', name);
};
const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 60 * 60 * 1000);

describe('Tokens', () => {
  test('are found by profile and key, and by nothing else', async () => {
    await place.store.tokens.write('Dev', 'one', token('a'));
    await place.store.tokens.write('dev', 'two', token('b'));
    const other = place.again().tokens;
    expect(await other.read('dev', 'one')).toEqual(token('a'));
    expect(await other.read('DEV', 'two')).toEqual(token('b'));
    expect(await other.read('dev', 'three')).toBeUndefined();
    expect(await other.read('prod', 'one')).toBeUndefined();
    expect((await other.list('dev')).map(({ accessToken }) => accessToken).toSorted()).toEqual(['a', 'b']);
    expect(await other.list('prod')).toEqual([]);
  });

  test('and sign-ins with the same key are two things', async () => {
    await place.store.tokens.write('dev', 'k', token('a'));
    await place.store.tokens.writeSignIn('dev', 'k', { refreshToken: 'r', username: 'alice@contoso.com' });
    expect(await place.store.tokens.readSignIn('dev', 'k')).toEqual({
      refreshToken: 'r',
      username: 'alice@contoso.com',
    });
    expect(await place.store.tokens.list('dev')).toEqual([token('a')]);
  });

  test('have file names that say nothing of what they are for', async () => {
    await place.store.tokens.write('dev', 'https://graph.microsoft.com/.default', token('a'));
    expect(records()).toEqual([expect.stringMatching(/^[\da-f]{40}\.token$/)]);
  });

  test('that are old are removed when another is written; sign-ins stay', async () => {
    await place.store.tokens.write('dev', 'first', token('a'));
    const old = await recordOf(() => place.store.tokens.write('dev', 'old', token('b')));
    const young = await recordOf(() => place.store.tokens.write('dev', 'young', token('c')));
    const signIn = await recordOf(() => place.store.tokens.writeSignIn('dev', 'k', { refreshToken: 'r' }));
    const unfinished = `${signIn}.1234567`;
    writeFileSync(unfinished, 'half');
    for (const path of [old, unfinished]) utimesSync(path, daysAgo(2.1), daysAgo(2.1));
    utimesSync(young, daysAgo(1.9), daysAgo(1.9));
    utimesSync(signIn, daysAgo(300), daysAgo(300));
    await place.store.tokens.write('dev', 'new', token('d'));
    expect(await place.store.tokens.read('dev', 'old')).toBeUndefined();
    expect(await place.store.tokens.read('dev', 'young')).toEqual(token('c'));
    expect(await place.store.tokens.readSignIn('dev', 'k')).toEqual({ refreshToken: 'r' });
    expect(records()).toHaveLength(4);
  });

  test('are removed with their sign-ins', async () => {
    await place.store.tokens.write('dev', 'k', token('a'));
    await place.store.tokens.writeSignIn('dev', 'k', { refreshToken: 'r' });
    await place.store.tokens.remove('dev');
    expect(await place.store.tokens.readSignIn('dev', 'k')).toBeUndefined();
    expect(readdirSync(place.path('tokens'))).toEqual([]);
    await place.store.tokens.remove('dev');
  });
});

describe('A token record', () => {
  test('that is damaged is said, kept, and as none', async () => {
    await place.store.tokens.write('dev', 'k', token('a'));
    const [name = ''] = records();
    truncateSync(place.path('tokens/dev', name), 50);
    place.told.length = 0;
    expect(await place.store.tokens.read('dev', 'k')).toBeUndefined();
    const path = place.path('tokens/dev', name);
    expect(place.told).toEqual([
      `'${path}' is damaged, or was made for something else. It is kept as '${path}.corrupt'.`,
    ]);
    await place.store.tokens.write('dev', 'k', token('b'));
    expect(await place.store.tokens.read('dev', 'k')).toEqual(token('b'));
    expect(records()).toEqual([name, `${name}.corrupt`]);
  });

  test("does not open in another's place: not of another key, profile or kind", async () => {
    await place.store.tokens.write('prod', 'k', token('of prod'));
    const [name = ''] = readdirSync(place.path('tokens/prod'));
    await place.store.tokens.write('dev', 'k', token('of dev'));
    copyFileSync(place.path('tokens/prod', name), place.path('tokens/dev', name));
    expect(await place.store.tokens.read('dev', 'k')).toBeUndefined();

    const one = await recordOf(() => place.store.tokens.write('dev', 'one', token('one')));
    const two = await recordOf(() => place.store.tokens.write('dev', 'two', token('two')));
    renameSync(one, two);
    expect(await place.store.tokens.read('dev', 'two')).toBeUndefined();

    await place.store.tokens.writeSignIn('dev', 'three', { refreshToken: 'r' });
    const signIn = records().find((record) => record.endsWith('.sign-in')) ?? '';
    renameSync(place.path('tokens/dev', signIn), place.path('tokens/dev', signIn.replace('.sign-in', '.token')));
    expect(await place.store.tokens.read('dev', 'three')).toBeUndefined();
    expect(records().filter((record) => record.endsWith('.corrupt'))).toHaveLength(3);
  });

  test('whose key is gone is as none, and stays until it is written anew', async () => {
    await place.store.tokens.writeSignIn('dev', 'k', { refreshToken: 'old' });
    rmSync(place.path('key'));
    const { tokens } = place.again();
    expect(await tokens.readSignIn('dev', 'k')).toBeUndefined();
    expect(records()).toHaveLength(1);
    await tokens.writeSignIn('dev', 'k', { refreshToken: 'new' });
    expect(await tokens.readSignIn('dev', 'k')).toEqual({ refreshToken: 'new' });
  });
});
