import { quoted } from '../protocol/quoted.ts';
import { withLock } from './lock.ts';
import { removeOwnCertificate } from './own-certificates.ts';
import { checkProfile, isProfileName, type Profile, profileId } from './profile.ts';
import { ProfileError } from './profile-error.ts';
import { type Entry, entryName, profilesFile, readEntries, writeEntries } from './profiles-file.ts';
import type { Secrets } from './secrets.ts';
import { keepPrivate, type Tell } from './store-folder.ts';
import type { Tokens } from './tokens.ts';

/** The profiles that there are. Names are compared without case. */
export interface Profiles {
  /** Where they are, when there are any: an absolute path. */
  readonly file: string;
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
   * For who removes several or none. One that can't be used can be removed.
   * @throws ProfileError ProfileNotFound
   */
  checkRemovable(name: string): void;
  /**
   * Removes a profile with its secrets, tokens, and the certificate file that an import has made for it.
   * @throws ProfileError ProfileNotFound
   */
  remove(name: string): Promise<void>;
}

export function profilesIn(folder: string, secrets: Secrets, tokens: Tokens, tell: Tell): Profiles {
  const read = (): readonly Entry[] => {
    keepPrivate(folder, tell);
    return readEntries(folder);
  };
  const save = (entries: readonly Entry[]): Promise<void> => writeEntries(folder, entries);
  const change = (work: (entries: readonly Entry[]) => Promise<void>): Promise<void> =>
    withLock(profilesFile(folder), () => work(read()));

  return {
    file: profilesFile(folder),
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
        const checked = checkProfile(profile);
        refuseTaken(entries, checked.name);
        await save([...entries, checked]);
      });
    },
    replace(name, profile) {
      return change(async (entries) => {
        const index = indexOf(entries, name);
        const checked = checkProfile(profile);
        const renamed = profileId(name) !== profileId(checked.name);
        if (renamed) {
          refuseTaken(entries, checked.name);
          await tokens.remove(checked.name);
          await secrets.write(checked.name, await secrets.read(name));
        }
        const changed = entries.with(index, checked);
        await save(changed);
        if (renamed) await forget(name);
        removeOwnCertificate(folder, entries[index], changed);
      });
    },
    checkRemovable(name) {
      indexOf(read(), name, listThem);
    },
    remove(name) {
      return change(async (entries) => {
        const index = indexOf(entries, name, listThem);
        // First what is secret: should this be interrupted, the profile is still there to be removed.
        await forget(name);
        const others = entries.toSpliced(index, 1);
        await save(others);
        removeOwnCertificate(folder, entries[index], others);
      });
    },
  };

  async function forget(name: string): Promise<void> {
    await secrets.remove(name);
    await tokens.remove(name);
  }
}

function isNamed(name: string): (entry: Entry) => boolean {
  return (entry) => {
    const own = entryName(entry);
    return own !== undefined && profileId(own) === profileId(name);
  };
}

/** What to do about a profile that is not there: nobody makes one to remove it. */
const listThem = 'See what there is with: entra-auth-cli config list';

function makeIt(name: string): string {
  return `Make one with: entra-auth-cli config create ${isProfileName(name) ? name : 'NAME'}`;
}

function indexOf(entries: readonly Entry[], name: string, advice = makeIt(name)): number {
  const index = entries.findIndex(isNamed(name));
  if (index !== -1) return index;
  const names = entries.map(entryName).filter((one) => one !== undefined);
  const there = names.length === 0 ? 'There is none yet' : `There are: ${names.join(', ')}`;
  throw new ProfileError('ProfileNotFound', `There is no profile ${quoted(name)}. ${there}. ${advice}`);
}

function refuseTaken(entries: readonly Entry[], name: string): void {
  const taken = entries.find(isNamed(name));
  if (taken === undefined) return;
  throw new ProfileError(
    'ProfileExists',
    `There is a profile '${entryName(taken)}' already. Choose another name, or change it with \`entra-auth-cli config edit\`.`,
  );
}
