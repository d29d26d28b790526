import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { profileId } from './profile.ts';
import type { SealedFiles } from './sealed-files.ts';
import { filesIn, stateOf, unusable } from './store-folder.ts';

/** What proves a profile's application, where it is stored. */
export interface ProfileSecrets {
  readonly clientSecret?: string;
  readonly certificatePassword?: string;
}

export interface Secrets {
  /**
   * A profile's secrets; empty when none are stored.
   * @throws ProfileError StoreUnavailable, StoreCorrupt
   */
  read(name: string): Promise<ProfileSecrets>;
  /** Replaces all of a profile's secrets; none at all removes them. */
  write(name: string, secrets: ProfileSecrets): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * Changes with every write; '' when nothing is stored. A new secret is a new credential, also for cached tokens.
   * @throws ProfileError StoreUnavailable
   */
  revision(name: string): string;
  /** Where they are, when there are any: an absolute path. */
  file(name: string): string;
}

const ending = '.sealed';
/** What was set aside, or left by a command that was killed while it wrote, is the profile's too. */
const remainder = /\.(?:corrupt(?:-\d+)?|\d+)$/;

export function secretsIn(storeFolder: string, files: SealedFiles): Secrets {
  const folder = join(storeFolder, 'secrets');
  const pathOf = (name: string): string => join(folder, profileId(name) + ending);
  const contextOf = (name: string): readonly string[] => ['secrets', profileId(name)];

  function remove(name: string): void {
    const path = pathOf(name);
    for (const file of filesIn(folder)) {
      if (file.replace(remainder, '') !== path) continue;
      try {
        rmSync(file, { force: true });
      } catch (error) {
        throw unusable(file, 'remove', error);
      }
    }
  }

  return {
    async read(name) {
      return (await files.read(pathOf(name), contextOf(name), { needed: true })) ?? {};
    },
    async write(name, secrets) {
      if (Object.values(secrets).every((secret) => secret === undefined)) remove(name);
      else await files.write(pathOf(name), contextOf(name), secrets);
    },
    async remove(name) {
      remove(name);
    },
    file: pathOf,
    revision(name) {
      const path = pathOf(name);
      const found = stateOf(path);
      // The file is replaced by a new one with each write: its number changes even where the clock is coarse.
      return found ? `${path} ${found.mtimeMs} ${found.size} ${found.ino}` : '';
    },
  };
}
