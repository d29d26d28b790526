import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let place: TemporaryStore;
beforeEach(() => {
  place = temporaryStore();
});
afterEach(() => place[Symbol.dispose]());

const secret = 'q1Z8~the-secret';

describe('Secrets', () => {
  test('are none for a profile that has none, and no key is made to find out', async () => {
    expect(await place.store.secrets.read('dev')).toEqual({});
    expect(existsSync(place.path())).toBe(false);
  });

  test('are read by whoever opens the store, by the name in any case', async () => {
    await place.store.secrets.write('Dev', { clientSecret: secret, certificatePassword: 'ä' });
    expect(await place.again().secrets.read('dev')).toEqual({ clientSecret: secret, certificatePassword: 'ä' });
  });

  test('stand in no file as they are', async () => {
    await place.store.secrets.write('dev', { clientSecret: secret });
    const files = readdirSync(place.path(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name).toSorted()).toEqual(['dev.sealed', 'key']);
    for (const { parentPath, name } of files) {
      const content = readFileSync(`${parentPath}/${name}`);
      expect(content.includes(secret)).toBe(false);
      expect(content.includes(Buffer.from(secret).toString('base64').slice(0, 16))).toBe(false);
    }
  });

  test('are replaced as a whole, and removed when nothing is left', async () => {
    await place.store.secrets.write('dev', { clientSecret: secret });
    await place.store.secrets.write('dev', { certificatePassword: 'p' });
    expect(await place.store.secrets.read('dev')).toEqual({ certificatePassword: 'p' });
    await place.store.secrets.write('dev', {});
    expect(readdirSync(place.path('secrets'))).toEqual([]);
  });

  test('have a revision that changes with every write', async () => {
    const revisions = [place.store.secrets.revision('dev')];
    for (const clientSecret of ['same', 'same', 'other']) {
      await place.store.secrets.write('dev', { clientSecret });
      expect(place.store.secrets.revision('DEV')).toBe(place.store.secrets.revision('dev'));
      revisions.push(place.store.secrets.revision('dev'));
    }
    await place.store.secrets.remove('dev');
    expect(revisions[0]).toBe('');
    expect(new Set(revisions).size).toBe(4);
    expect(place.store.secrets.revision('dev')).toBe('');
  });
});

describe('A sealed file', () => {
  const path = (): string => place.path('secrets/dev.sealed');
  beforeEach(() => place.store.secrets.write('dev', { clientSecret: secret }));

  const expectSetAside = async (name = 'dev'): Promise<void> => {
    const file = place.path(`secrets/${name}.sealed`);
    const before = readFileSync(file);
    expect(await failureOf(() => place.store.secrets.read(name))).toEqual({
      code: 'StoreCorrupt',
      message: `'${file}' is damaged, or was made for something else. It is kept as '${file}.corrupt'.`,
    });
    expect(readFileSync(`${file}.corrupt`).equals(before)).toBe(true);
    expect(await place.store.secrets.read(name)).toEqual({});
  };

  test.each([0, 3, 20, 39, 41, 60])('that ends after %d bytes is said and set aside', async (length) => {
    truncateSync(path(), length);
    await expectSetAside();
  });

  test.each(['magic', 'initialization vector', 'tag', 'text'])(
    'with another %s is said and set aside',
    async (part) => {
      const bytes = readFileSync(path());
      const at = { magic: 0, 'initialization vector': 12, tag: 24, text: 45 }[part] ?? 0;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path(), bytes);
      await expectSetAside();
    },
  );

  test('of another profile does not open for this one', async () => {
    copyFileSync(path(), place.path('secrets/prod.sealed'));
    await expectSetAside('prod');
  });

  test('of tokens does not open as secrets', async () => {
    await place.store.tokens.writeSignIn('dev', 'k', { refreshToken: 'r' });
    const [record = ''] = readdirSync(place.path('tokens/dev'));
    copyFileSync(place.path('tokens/dev', record), path());
    await expectSetAside();
  });

  test('sealed with a key that is gone is left as it is, and no key is made for its reading', async () => {
    const before = readFileSync(path());
    rmSync(place.path('key'));
    const other = temporaryStore();
    await other.store.secrets.write('dev', { clientSecret: 'x' });
    copyFileSync(other.path('key'), place.path('key'));
    other[Symbol.dispose]();

    const failure = await failureOf(() => place.again().secrets.read('dev'));
    expect(failure.code).toBe('StoreUnavailable');
    expect(failure.message).toMatch(/was sealed with another key than the one in use\. Bring that key back/);
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test('can be written anew when its key is gone', async () => {
    rmSync(place.path('key'));
    const store = place.again();
    await store.secrets.write('dev', { clientSecret: 'new' });
    expect(await store.secrets.read('dev')).toEqual({ clientSecret: 'new' });
  });
});

describe('The key file', () => {
  test('is said once, when it is made', async () => {
    await place.store.secrets.write('dev', { clientSecret: secret });
    await place.again().secrets.write('dev', { clientSecret: 'other' });
    expect(place.told).toEqual([
      `ENTRA_AUTH_CLI_STORE is file: the key to the stored secrets and tokens is in the file '${place.path('key')}', which only you can read.`,
    ]);
  });

  test.each(['', 'c2hvcnQ=', 'A'.repeat(43), '{"key":1}'])('that is %j is an error, and stays', async (content) => {
    await place.store.secrets.write('dev', { clientSecret: secret });
    writeFileSync(place.path('key'), content);
    for (const work of [
      () => place.again().secrets.read('dev'),
      () => place.again().secrets.write('dev', { clientSecret: 'x' }),
    ]) {
      expect(await failureOf(work)).toEqual({
        code: 'StoreCorrupt',
        message: expect.stringContaining(`The key file '${place.path('key')}' is damaged. Put it back from a backup.`),
      });
    }
    expect(readFileSync(place.path('key'), 'utf8')).toBe(content);
    expect(statSync(place.path('secrets/dev.sealed')).isFile()).toBe(true);
  });
});
