import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePrivateFolder, storeFolder } from '../../../src/profile/store-folder.ts';
import { failureOf, someProfile, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

const program = fileURLToPath(new URL('../../fixtures/store-program.ts', import.meta.url));
const windows = process.platform === 'win32';

let place: TemporaryStore;
beforeEach(() => {
  place = temporaryStore();
});
afterEach(() => place[Symbol.dispose]());

describe("The store's folder", () => {
  test.each([
    [{ XDG_CONFIG_HOME: '/xdg', HOME: '/home/me' }, '/xdg/entra-auth-cli'],
    [{ HOME: '/home/me' }, '/home/me/.config/entra-auth-cli'],
    [{ XDG_CONFIG_HOME: 'relative', HOME: '/home/me' }, '/home/me/.config/entra-auth-cli'],
    [{ XDG_CONFIG_HOME: '', HOME: '/home/me', APPDATA: '/no' }, '/home/me/.config/entra-auth-cli'],
    [{}, join(userInfo().homedir, '.config/entra-auth-cli')],
    [{ HOME: 'relative' }, join(userInfo().homedir, '.config/entra-auth-cli')],
  ])('with %j is %s', (environment, folder) => {
    expect(storeFolder(environment, false)).toBe(normalize(folder));
  });

  test.each([
    [{ APPDATA: '/roaming', USERPROFILE: '/me', XDG_CONFIG_HOME: '/no' }, '/roaming/entra-auth-cli'],
    [{ USERPROFILE: '/me', HOME: '/no' }, '/me/AppData/Roaming/entra-auth-cli'],
  ])('on Windows with %j is %s', (environment, folder) => {
    expect(storeFolder(environment, true)).toBe(normalize(folder));
  });
});

test.skipIf(!existsSync('/proc/self'))(
  'A folder that can not be made is an error, also where the system says that it could',
  () => {
    expect(() => makePrivateFolder('/proc/entra-auth-cli/tokens')).toThrow(
      "'/proc/entra-auth-cli/tokens' can't be written (ENOENT). Check its rights and the disk.",
    );
  },
);

describe.skipIf(windows)('What the store writes', () => {
  test.each(['000', '022', '077'])('is for its owner alone with umask %s', (umask) => {
    const calls = [
      ['profiles.add', someProfile()],
      ['secrets.write', 'dev', { clientSecret: 'x' }],
      ['tokens.write', 'dev', 'k', { accessToken: 't', expiresOn: 1, scopes: [] }],
    ];
    const { stderr } = spawnSync('/bin/sh', ['-c', `umask ${umask}; exec "$0" "$1"`, process.execPath, program], {
      env: place.environment,
      input: JSON.stringify(calls),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const entries = readdirSync(place.path(), { recursive: true, withFileTypes: true });
    const modes = entries.map((entry) => {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      return `${entry.isDirectory() ? 'folder' : 'file'} ${mode.toString(8)}`;
    });
    expect(new Set(modes)).toEqual(new Set(['folder 700', 'file 600']));
    expect(modes).toHaveLength(7);
  });
});

describe.skipIf(windows)('What others may read', () => {
  beforeEach(async () => {
    await place.store.profiles.add(someProfile());
    await place.store.secrets.write('dev', { clientSecret: 'x' });
    place.told.length = 0;
  });
  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  const expectTightened = (path: string): void => {
    expect(place.told).toEqual([
      `Others could read '${path}'; now only you can. If somebody else uses this machine, renew the secrets stored there.`,
    ]);
  };

  test('of the folder is tightened, and said once', () => {
    chmodSync(place.path(), 0o755);
    const store = place.again();
    store.profiles.list();
    expect(modeOf(place.path())).toBe(0o700);
    store.profiles.list();
    expectTightened(place.path());
  });

  test.each([0o640, 0o604, 0o666])('of the key file (mode %o) is tightened, and said', async (mode) => {
    chmodSync(place.path('key'), mode);
    expect(await place.again().secrets.read('dev')).toEqual({ clientSecret: 'x' });
    expect(modeOf(place.path('key'))).toBe(0o600);
    expectTightened(place.path('key'));
  });
});

test.skipIf(process.getuid?.() !== 0)("A folder of somebody else's is refused", async () => {
  mkdirSync(place.path(), { recursive: true, mode: 0o700 });
  chownSync(place.path(), 12_345, 12_345);
  expect(await failureOf(() => place.store.profiles.list())).toEqual({
    code: 'StoreUnavailable',
    message: `'${place.path()}' belongs to another user (id 12345). Run as that user, or set XDG_CONFIG_HOME to a folder of your own.`,
  });
});
