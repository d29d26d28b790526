import type { Profile } from '../../profile/profile.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import type { ProfileSecrets } from '../../profile/secrets.ts';
import type { Store } from '../../profile/store.ts';

/** What becomes of a profile's secrets: new ones, none any more, or as they are. */
export type SecretsChange = ProfileSecrets | 'remove' | 'keep';

/**
 * Stores a new profile with its secrets, or nothing.
 * @throws ProfileError ProfileExists, StoreUnavailable
 */
export async function saveNew(profile: Profile, secrets: ProfileSecrets, store: Store): Promise<void> {
  await store.profiles.add(profile);
  try {
    await changeSecrets(profile.name, secrets, store);
  } catch (error) {
    await store.profiles.remove(profile.name);
    throw error;
  }
}

/**
 * Stores what a profile has become. Its secrets come first: without the key to them nothing is changed.
 * @param name the profile's name so far
 * @throws ProfileError
 */
export async function saveOver(name: string, profile: Profile, secrets: SecretsChange, store: Store): Promise<void> {
  await changeSecrets(name, secrets, store);
  await store.profiles.replace(name, profile);
}

/** Whether there is a profile of this name, be it one that can't be used. */
export function exists(name: string, { profiles }: Store): boolean {
  try {
    profiles.get(name);
    return true;
  } catch (error) {
    if (error instanceof ProfileError && error.code === 'ProfileNotFound') return false;
    if (error instanceof ProfileError && error.code === 'ProfileInvalid') return true;
    throw error;
  }
}

async function changeSecrets(name: string, secrets: SecretsChange, store: Store): Promise<void> {
  if (secrets === 'keep') return;
  const none = secrets === 'remove' || Object.keys(secrets).length === 0;
  await (none ? store.secrets.remove(name) : store.secrets.write(name, secrets));
}
