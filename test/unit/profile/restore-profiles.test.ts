import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportedProfile } from '../../../src/profile/export.ts';
import { ProfileError } from '../../../src/profile/profile-error.ts';
import { restoreProfiles } from '../../../src/profile/restore-profiles.ts';
import type { Store } from '../../../src/profile/store.ts';
import { failureOf, someProfile, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let here: TemporaryStore;
beforeEach(() => {
  here = temporaryStore();
});
afterEach(() => here[Symbol.dispose]());

const exported = (name: string, clientSecret: string): ExportedProfile => ({
  profile: someProfile(name),
  secrets: { clientSecret },
});
const tellNobody = (): void => {};

describe('An import', () => {
  it('leaves alone what another process has made since it was asked which names are taken', async () => {
    const { store } = here;
    await store.profiles.add(someProfile('theirs'));
    await store.secrets.write('theirs', { clientSecret: 'theirs' });
    const both = [exported('mine', 'mine'), exported('theirs', 'mine')];
    expect(await failureOf(() => restoreProfiles(store, both, [], tellNobody))).toMatchObject({
      code: 'ProfileExists',
      message: expect.stringContaining("There is a profile 'theirs' already.") as string,
    });
    expect(store.profiles.list()).toEqual([someProfile('theirs')]);
    expect(await store.secrets.read('theirs')).toEqual({ clientSecret: 'theirs' });
  });

  it('waits for another to end: no profile gets the secret of the other export', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await here.store.profiles.add(someProfile(name));
    const written: string[] = [];
    const writtenBy = (who: string): Store => {
      const { secrets, ...rest } = here.again();
      const write: typeof secrets.write = (name, given) => {
        written.push(who);
        return secrets.write(name, given);
      };
      return { ...rest, secrets: { ...secrets, write } };
    };
    await Promise.all(
      ['one', 'two'].map((who) =>
        restoreProfiles(
          writtenBy(who),
          names.map((name) => exported(name, who)),
          names,
          tellNobody,
        ),
      ),
    );
    expect(written.slice(0, 4)).toEqual(names.map(() => written[0]));
    expect(written.slice(4)).toEqual(names.map(() => written[4]));
    expect(existsSync(here.path('before-import'))).toBe(false);
  });

  it('that fails undoes its own changes alone', async () => {
    const { store } = here;
    await store.profiles.add(someProfile('mine'));
    await store.secrets.write('mine', { clientSecret: 'mine' });
    const full: Store = {
      ...store,
      secrets: {
        ...store.secrets,
        async write() {
          await here.again().profiles.add(someProfile('theirs'));
          throw new ProfileError('StoreUnavailable', 'The disk is full.');
        },
      },
    };
    const replacing: ExportedProfile = { ...exported('mine', 'other'), certificate: 'AAAA' };
    expect(await failureOf(() => restoreProfiles(full, [replacing], ['mine'], tellNobody))).toEqual({
      code: 'StoreUnavailable',
      message: 'The disk is full.',
    });
    expect(store.profiles.list()).toEqual([someProfile('theirs'), someProfile('mine')]);
    expect(await store.secrets.read('mine')).toEqual({ clientSecret: 'mine' });
    expect(readdirSync(here.path('certificates'))).toEqual([]);
    expect(existsSync(here.path('before-import'))).toBe(false);
  });

  it('says what could not be undone, and keeps what was there; the old secret is not left to the new profile', async () => {
    const { store } = here;
    await store.profiles.add(someProfile('mine'));
    await store.secrets.write('mine', { clientSecret: 'mine' });
    // A folder is where the secret should be.
    const write: typeof store.secrets.write = (name, secrets) => {
      mkdirSync(store.secrets.file(name));
      return store.secrets.write(name, secrets);
    };
    const imported: ExportedProfile = {
      profile: { ...someProfile('mine'), authority: 'https://login.example.com' },
      secrets: { clientSecret: 'imported' },
    };
    const failing: Store = { ...store, secrets: { ...store.secrets, write } };
    expect(await failureOf(() => restoreProfiles(failing, [imported], ['mine'], tellNobody))).toEqual({
      code: 'StoreUnavailable',
      message:
        `'${store.secrets.file('mine')}' can't be written (EISDIR). It is a folder, where a file should be: move it away. ` +
        `The import could not be undone for 'mine', which may be as imported now. What was there before is kept in ` +
        `'${here.path('before-import')}': copy it back to '${here.path()}', or delete it.`,
    });
    rmSync(store.secrets.file('mine'), { recursive: true });
    expect(await store.secrets.read('mine')).toEqual({});
    cpSync(here.path('before-import'), here.path(), { recursive: true });
    expect(here.again().profiles.list()).toEqual([someProfile('mine')]);
    expect(await here.again().secrets.read('mine')).toEqual({ clientSecret: 'mine' });
  });

  it('says what one that did not come to its end has left', async () => {
    for (const name of ['before-import', 'before-import-2']) mkdirSync(here.path(name), { recursive: true });
    const told: string[] = [];
    await restoreProfiles(here.store, [exported('mine', 'mine')], [], (message) => told.push(message));
    expect(told).toEqual(
      ['before-import', 'before-import-2'].map(
        (name) =>
          `'${here.path(name)}' has what an import that did not come to its end was to replace: ` +
          `copy it back to '${here.path()}', or delete it.`,
      ),
    );
  });
});
