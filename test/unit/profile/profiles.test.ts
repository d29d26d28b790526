import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, someProfile, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let place: TemporaryStore;
beforeEach(() => {
  place = temporaryStore();
});
afterEach(() => place[Symbol.dispose]());

const names = (): string[] => place.store.profiles.list().map(({ name }) => name);
const fileContent = (): string => readFileSync(place.path('profiles.json'), 'utf8');

/** Somebody, or something, has written the file by hand. */
function givenFile(content: string): void {
  mkdirSync(dirname(place.path('profiles.json')), { recursive: true, mode: 0o700 });
  writeFileSync(place.path('profiles.json'), content);
}

describe('Profiles', () => {
  test('are none, and no folder is made, before one is added', () => {
    expect(names()).toEqual([]);
    expect(existsSync(place.path())).toBe(false);
  });

  test('are kept in the order of their making, in a file that people can read', async () => {
    for (const name of ['prod', 'dev']) await place.store.profiles.add(someProfile(name));
    expect(names()).toEqual(['prod', 'dev']);
    expect(place.again().profiles.get('dev')).toEqual(someProfile('dev'));
    expect(JSON.parse(fileContent())).toEqual({ version: 1, profiles: [someProfile('prod'), someProfile('dev')] });
    expect(fileContent()).toMatch(/^\{\n {2}"version": 1,\n/);
  });

  test('are found by name in any case', async () => {
    await place.store.profiles.add(someProfile('Dev'));
    expect(place.store.profiles.get('dEV').name).toBe('Dev');
    expect(await failureOf(() => place.store.profiles.add(someProfile('DEV')))).toEqual({
      code: 'ProfileExists',
      message: "There is a profile 'Dev' already. Choose another name, or change it with `entra-auth-cli config edit`.",
    });
  });

  test('that are not there can not be removed, and those that are are named', async () => {
    const message = (there: string) =>
      `There is no profile 'x'. ${there}. See what there is with: entra-auth-cli config list`;
    const { profiles } = place.store;
    for (const remove of [() => profiles.checkRemovable('x'), () => profiles.remove('x')]) {
      expect(await failureOf(remove)).toEqual({ code: 'ProfileNotFound', message: message('There is none yet') });
    }
    await profiles.add(someProfile('a'));
    for (const remove of [() => profiles.checkRemovable('x'), () => profiles.remove('x')]) {
      expect(await failureOf(remove)).toEqual({ code: 'ProfileNotFound', message: message('There are: a') });
    }
    profiles.checkRemovable('A');
  });

  test('that are not there are named with those that are', async () => {
    expect(await failureOf(() => place.store.profiles.get('x'))).toEqual({
      code: 'ProfileNotFound',
      message: "There is no profile 'x'. There is none yet. Make one with: entra-auth-cli config create x",
    });
    await place.store.profiles.add(someProfile('a'));
    await place.store.profiles.add(someProfile('b'));
    const notThere = {
      code: 'ProfileNotFound',
      message: "There is no profile 'x'. There are: a, b. Make one with: entra-auth-cli config create x",
    };
    expect(await failureOf(() => place.store.profiles.get('x'))).toEqual(notThere);
    const long = await failureOf(() => place.store.profiles.get('x'.repeat(1000)));
    expect(long.message).toContain(`There is no profile '${'x'.repeat(100)}...'. There are: a, b.`);
    expect(await failureOf(() => place.store.profiles.replace('x', someProfile('y')))).toEqual(notThere);
  });

  test('are checked before they are written', async () => {
    const wrong = { ...someProfile(), clientId: 'app' };
    expect(await failureOf(() => place.store.profiles.add(wrong))).toMatchObject({ code: 'ProfileInvalid' });
    expect(names()).toEqual([]);
  });

  test('that are added all at once are all there', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `p${index}`);
    await Promise.all(many.map((name) => place.again().profiles.add(someProfile(name))));
    expect(names().toSorted()).toEqual(many.toSorted());
  });
});

describe('A profile that is replaced', () => {
  test('stays in its place', async () => {
    for (const name of ['a', 'b', 'c']) await place.store.profiles.add(someProfile(name));
    await place.store.profiles.replace('b', { ...someProfile('b'), tenantId: 'fabrikam.com' });
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(place.store.profiles.get('b').tenantId).toBe('fabrikam.com');
  });

  test('takes its secrets to a new name, and leaves nothing behind', async () => {
    await place.store.profiles.add(someProfile('old'));
    await place.store.secrets.write('old', { clientSecret: 'its secret' });
    await place.store.tokens.write('old', 'k', { accessToken: 't', expiresOn: 1, scopes: [] });
    await place.store.profiles.replace('old', someProfile('new'));
    expect(await place.store.secrets.read('new')).toEqual({ clientSecret: 'its secret' });
    expect(readdirSync(place.path('secrets'))).toEqual(['new.sealed']);
    expect(readdirSync(place.path('tokens'))).toEqual([]);
  });

  test('may change the case of its name', async () => {
    await place.store.profiles.add(someProfile('dev'));
    await place.store.secrets.write('dev', { clientSecret: 'its secret' });
    await place.store.profiles.replace('dev', someProfile('Dev'));
    expect(names()).toEqual(['Dev']);
    expect(await place.store.secrets.read('Dev')).toEqual({ clientSecret: 'its secret' });
  });

  test("can't take another's name", async () => {
    await place.store.profiles.add(someProfile('a'));
    await place.store.profiles.add(someProfile('b'));
    const failure = await failureOf(() => place.store.profiles.replace('a', someProfile('B')));
    expect(failure).toMatchObject({ code: 'ProfileExists', message: expect.stringContaining("a profile 'b' already") });
    expect(names()).toEqual(['a', 'b']);
  });
});

test('A profile that is removed goes with its secrets, tokens and sign-ins, and what was set aside or left of them', async () => {
  const { profiles, secrets, tokens } = place.store;
  // The last one's file begins as what is set aside of the first one's does.
  for (const name of ['dev', 'dev2', 'dev.sealed.corrupt-2']) {
    await profiles.add(someProfile(name));
    await secrets.write(name, { clientSecret: name });
    await tokens.write(name, 'k', { accessToken: 't', expiresOn: 1, scopes: [] });
    await tokens.writeSignIn(name, 'k', { refreshToken: 'r' });
  }
  for (const left of ['corrupt', 'corrupt-2', '140234']) writeFileSync(place.path(`secrets/dev.sealed.${left}`), '');
  await profiles.remove('DEV');
  expect(names()).toEqual(['dev2', 'dev.sealed.corrupt-2']);
  expect(readdirSync(place.path('secrets')).toSorted()).toEqual(['dev.sealed.corrupt-2.sealed', 'dev2.sealed']);
  expect(readdirSync(place.path('tokens')).toSorted()).toEqual(['dev.sealed.corrupt-2', 'dev2']);
  expect(await secrets.read('dev2')).toEqual({ clientSecret: 'dev2' });
});

describe('profiles.json', () => {
  test('that is no JSON is said and set aside, and nothing in it is lost', async () => {
    givenFile('{"version":1,"profiles":[{"name":"dev"');
    expect(await failureOf(() => place.store.profiles.list())).toEqual({
      code: 'StoreCorrupt',
      message:
        `'${place.path('profiles.json')}' is no JSON. It is kept as '${place.path('profiles.json.corrupt')}': ` +
        'mend it and give it its name back, or make the profiles again.',
    });
    expect(readFileSync(place.path('profiles.json.corrupt'), 'utf8')).toBe('{"version":1,"profiles":[{"name":"dev"');
    expect(names()).toEqual([]);
  });

  test('that is broken again does not overwrite what was set aside before', async () => {
    for (const content of ['first', 'second', 'third']) {
      givenFile(content);
      expect(await failureOf(() => place.store.profiles.get('dev'))).toMatchObject({ code: 'StoreCorrupt' });
    }
    const kept = ['', '-2', '-3'].map((number) =>
      readFileSync(`${place.path('profiles.json.corrupt')}${number}`, 'utf8'),
    );
    expect(kept).toEqual(['first', 'second', 'third']);
  });

  test.each([
    ['a list alone', (profiles: unknown[]) => profiles],
    ['without a version', (profiles: unknown[]) => ({ profiles })],
  ])('that is %s is read, and what is added stands beside what was there', async (what, shape) => {
    givenFile(JSON.stringify(shape([{ ...someProfile('old'), ofAnotherProgram: 7 }])));
    await place.store.profiles.add(someProfile('new'));
    expect(names()).toEqual(['old', 'new']);
    const file = JSON.parse(readFileSync(place.path('profiles.json'), 'utf8')) as unknown;
    expect(Array.isArray(file)).toBe(what === 'a list alone');
    expect(JSON.stringify(file)).toContain('"ofAnotherProgram":7');
  });

  test.each(['null', '7', '{}', '{"version":1,"profiles":{}}', ''])(
    'that is %s is broken also for who adds a profile',
    async (content) => {
      givenFile(content);
      expect(await failureOf(() => place.store.profiles.add(someProfile()))).toMatchObject({ code: 'StoreCorrupt' });
      expect(readFileSync(place.path('profiles.json.corrupt'), 'utf8')).toBe(content);
      await place.store.profiles.add(someProfile());
      expect(names()).toEqual(['dev']);
    },
  );

  test('of a later version is left alone', async () => {
    givenFile('{"version":2,"profiles":[]}');
    for (const work of [() => place.store.profiles.list(), () => place.store.profiles.add(someProfile())]) {
      expect(await failureOf(work)).toEqual({
        code: 'StoreUnavailable',
        message: expect.stringContaining('was written by a later version of entra-auth-cli. Use that version'),
      });
    }
    expect(fileContent()).toBe('{"version":2,"profiles":[]}');
  });

  test('may start with a byte order mark', () => {
    givenFile(`\uFEFF${JSON.stringify({ version: 1, profiles: [someProfile()] })}`);
    expect(names()).toEqual(['dev']);
  });

  test('with profiles that are wrong has the others, and says so', async () => {
    givenFile(JSON.stringify({ version: 1, profiles: [{ name: 'bad', authMethod: 'Magic' }, 7, someProfile()] }));
    expect(names()).toEqual(['dev']);
    expect(place.told).toEqual([
      expect.stringMatching(
        /^Profile 'bad': authMethod is 'Magic'\. .* It is left out; '?.*profiles\.json'? has it\.$/,
      ),
      expect.stringMatching(/^A profile must be an object with a name\./),
    ]);
    expect(place.store.profiles.get('dev')).toEqual(someProfile());
    expect(await failureOf(() => place.store.profiles.get('bad'))).toMatchObject({ code: 'ProfileInvalid' });
  });

  test('keeps what is wrong in it, and what only others know, when a profile is added', async () => {
    const foreign = [{ name: 'bad', authMethod: 'Magic' }, 7, { ...someProfile(), useBroker: true }];
    givenFile(JSON.stringify({ version: 1, profiles: foreign }));
    await place.store.profiles.add(someProfile('more'));
    expect(JSON.parse(fileContent())).toEqual({ version: 1, profiles: [...foreign, someProfile('more')] });
  });

  test('has wrong profiles that can be replaced and removed, but not doubled', async () => {
    givenFile(JSON.stringify({ version: 1, profiles: [{ name: 'bad' }, { name: 'worse' }] }));
    expect(await failureOf(() => place.store.profiles.add(someProfile('bad')))).toMatchObject({
      code: 'ProfileExists',
    });
    await place.store.profiles.replace('bad', someProfile('bad'));
    await place.store.profiles.remove('worse');
    expect(names()).toEqual(['bad']);
  });
});
