import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/platform/replace-file.ts';
import { keepFormerFiles } from '../../../src/profile/former-files.ts';
import { failureOf, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let here: TemporaryStore;
beforeEach(() => {
  here = temporaryStore();
  mkdirSync(here.path('secrets'), { recursive: true });
});
afterEach(() => here[Symbol.dispose]());

const contentOf = (...names: readonly string[]): string => readFileSync(here.path(...names), 'utf8');

describe('A former file', () => {
  it.skipIf(process.platform === 'win32')('is kept as it was, also where the store has a link to it', async () => {
    writeFileSync(here.path('elsewhere.json'), 'former');
    symlinkSync('elsewhere.json', here.path('profiles.json'));
    const former = keepFormerFiles(here.path(), [here.path('profiles.json')]);
    await replaceFile(here.path('profiles.json'), 'new');
    expect(contentOf('profiles.json')).toBe('new');
    expect(contentOf('before-import', 'profiles.json')).toBe('former');
    former.putBack(here.path('profiles.json'));
    expect(contentOf('elsewhere.json')).toBe('former');
    expect(readlinkSync(here.path('profiles.json'))).toBe('elsewhere.json');
  });

  it('is put back; one that was not there is none again', async () => {
    const [there, added] = [here.path('secrets', 'a'), here.path('secrets', 'b')];
    writeFileSync(there, 'former');
    const former = keepFormerFiles(here.path(), [there, added]);
    await replaceFile(there, 'new');
    await replaceFile(added, 'new');
    former.putBack(there);
    former.putBack(added);
    expect(contentOf('secrets', 'a')).toBe('former');
    expect(existsSync(added)).toBe(false);
  });

  it('that somebody has removed is no reason to remove the new one', async () => {
    const path = here.path('secrets', 'a');
    writeFileSync(path, 'former');
    const former = keepFormerFiles(here.path(), [path]);
    await replaceFile(path, 'new');
    rmSync(former.folder, { recursive: true });
    expect(await failureOf(() => former.putBack(path))).toEqual({
      code: 'StoreUnavailable',
      message: `'${path}' can't be written (ENOENT). Check its rights and the disk.`,
    });
    expect(contentOf('secrets', 'a')).toBe('new');
  });
});
