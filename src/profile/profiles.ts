import { rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { withLock } from './lock.ts';
import { checkProfile, type Profile, profileId } from './profile.ts';
import { ProfileError } from './profile-error.ts';
import { type Entry, entryName, profilesFile, readEntries, writeEntries } from './profiles-file.ts';
import type { Secrets } from './secrets.ts';
import { keepPrivate, type Tell } from './store-folder.ts';
import type { Tokens } from './tokens.ts';

/** The profiles that there are. Names are compared without case. */
export interface Profiles {
  /** In the order of their making. One that can't be used is left out, and said. */
  list(): readonly Profile[];
  /** @throws ProfileError ProfileNotFound, which tells the names there are; ProfileInvalid */
  get(name: string): Profile;
  /** @throws ProfileError ProfileExists, ProfileInvalid */
  add(profile: Profile): Promise<void>;
  /**
   * Changes a profile. A new name takes the secrets along; tokens and sign-ins are got anew.
   * @throws ProfileError ProfileNotFound, ProfileInvalid; ProfileExists when the new name is another profile's
   */
  replace(name: string, profile: Profile): Promise<void>;
  /**
   * Removes a profile with its secrets, tokens, and the certificate file that an import has made for it.
   * @throws ProfileError ProfileNotFound
   */
  remove(name: string): Promise<void>;
}

/** Where an import puts the certificate files that came with it. */
export function certificateFolder(folder: string): string {
  return join(folder, 'certificates');
}

export function profilesIn(folder: string, secrets: Secrets, tokens: Tokens, tell: Tell): Profiles {
  const read = (): readonly Entry[] => {
    keepPrivate(folder, tell);
    return readEntries(folder);
  };
  const change = (work: (entries: readonly Entry[]) => Promise<readonly Entry[]>): Promise<void> =>
    withLock(profilesFile(folder), async () => writeEntries(folder, await work(read())));

  return {
    list() {
      return read().flatMap((entry) => {
        try {
          return [checkProfile(entry)];
        } catch (error) {
          if (!(error instanceof ProfileError)) throw error;
          tell(`${error.message} It is left out; ${profilesFile(folder)} has it.`);
          return [];
        }
      });
    },
    get(name) {
      const entries = read();
      return checkProfile(entries[indexOf(entries, name)]);
    },
    add(profile) {
      return change(async (entries) => {
        refuseTaken(entries, profile.name);
        return [...entries, checkProfile(profile)];
      });
    },
    replace(name, profile) {
      return change(async (entries) => {
        const index = indexOf(entries, name);
        const checked = checkProfile(profile);
        if (profileId(name) !== profileId(checked.name)) {
          refuseTaken(entries, checked.name);
          await secrets.write(checked.name, await secrets.read(name));
          await forget(name);
        }
        return entries.with(index, checked);
      });
    },
    remove(name) {
      return change(async (entries) => {
        const index = indexOf(entries, name);
        // First what is secret: should this be interrupted, the profile is still there to be removed.
        await forget(name);
        removeOwnCertificate(entries[index]);
        return entries.toSpliced(index, 1);
      });
    },
  };

  async function forget(name: string): Promise<void> {
    await secrets.remove(name);
    await tokens.remove(name);
  }

  function removeOwnCertificate(entry: Entry): void {
    const { certificatePath } = entry as Partial<Profile>;
    if (typeof certificatePath !== 'string') return;
    const below = relative(certificateFolder(folder), certificatePath);
    if (below && !below.includes(sep) && below !== '..') rmSync(certificatePath, { force: true });
  }
}

function isNamed(name: string): (entry: Entry) => boolean {
  return (entry) => profileId(entryName(entry) ?? '') === profileId(name);
}

function indexOf(entries: readonly Entry[], name: string): number {
  const index = entries.findIndex(isNamed(name));
  if (index !== -1) return index;
  const names = entries.map(entryName).filter((one) => one !== undefined);
  const there =
    names.length === 0
      ? 'There is none yet: make one with `entra-auth-cli config create`'
      : `There are: ${names.join(', ')}`;
  throw new ProfileError('ProfileNotFound', `There is no profile '${name}'. ${there}.`);
}

function refuseTaken(entries: readonly Entry[], name: string): void {
  const taken = entries.find(isNamed(name));
  if (taken === undefined) return;
  throw new ProfileError(
    'ProfileExists',
    `There is a profile '${entryName(taken)}' already. Choose another name, or change it with \`entra-auth-cli config edit\`.`,
  );
}
