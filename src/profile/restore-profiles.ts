import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportedProfile } from './export.ts';
import { keepFormerFiles, leftFormerFiles, type FormerFiles } from './former-files.ts';
import { withLock } from './lock.ts';
import { certificateFolder, ownCertificate } from './own-certificates.ts';
import type { Profile } from './profile.ts';
import { ProfileError } from './profile-error.ts';
import { filesIn, type Tell } from './store-folder.ts';
import type { Profiles, Store } from './store.ts';
import { restoreProfile } from './transfer.ts';

/**
 * Puts all profiles of an export into the store, or none. Another import waits meanwhile: a profile of one must never get
 * the secret of the other.
 * @param taken which of their names are other profiles' now, which give way
 * @param tell gets what stays behind, of this import or an earlier one
 * @throws ProfileError for what went wrong first; where it could not be undone, the message says where that is kept
 * which was there before
 */
export function restoreProfiles(
  store: Store,
  exported: readonly ExportedProfile[],
  taken: readonly string[],
  tell: Tell,
): Promise<void> {
  return withLock(join(store.folder, 'import'), () => restoreAll(store, exported, taken, tell));
}

async function restoreAll(
  store: Store,
  exported: readonly ExportedProfile[],
  taken: readonly string[],
  tell: Tell,
): Promise<void> {
  for (const folder of leftFormerFiles(store.folder)) {
    tell(`'${folder}' has what an import that did not come to its end was to replace: ${whatToDo(store)}`);
  }
  const before = new Map(taken.map((name) => [name, usableProfile(store, name)] as const));
  const former = taken.length === 0 ? undefined : keepFormerFiles(store.folder, filesOf(store, taken));
  const begun: string[] = [];
  try {
    for (const one of exported) {
      begun.push(one.profile.name);
      await restoreProfile(store, one, { replace: before.has(one.profile.name) });
    }
  } catch (error) {
    // Another process has made that one since: it is not ours to undo.
    if (error instanceof ProfileError && error.code === 'ProfileExists') begun.pop();
    const left: string[] = [];
    for (const name of begun) {
      const undone = before.has(name) ? putBack(store, before.get(name), former, name) : removed(store, name);
      if (!(await undone)) left.push(name);
    }
    if (left.length > 0) throw notUndone(error, left, former, store);
    drop(former, tell);
    throw error;
  }
  // Last, since they can't be put back: tokens of another client are found by nobody, should this fail.
  for (const name of taken) await store.tokens.remove(name).catch((error: Error) => tell(error.message));
  drop(former, tell);
}

/** What can't be removed is said, and changes nothing of how the import ended. */
function drop(former: FormerFiles | undefined, tell: Tell): void {
  try {
    former?.drop();
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    tell(error.message);
  }
}

/** @returns undefined for a profile that can't be used: its entry is nothing that could be stored again */
function usableProfile({ profiles }: Store, name: string): Profile | undefined {
  try {
    return profiles.get(name);
  } catch (error) {
    if (error instanceof ProfileError && error.code === 'ProfileInvalid') return undefined;
    throw error;
  }
}

function filesOf({ folder, profiles, secrets }: Store, names: readonly string[]): readonly string[] {
  return [profiles.file, ...filesIn(certificateFolder(folder)), ...names.map((name) => secrets.file(name))];
}

/** The secrets last: they never belong to another profile than the one that they were stored for. */
async function putBack(
  store: Store,
  profile: Profile | undefined,
  former: FormerFiles | undefined,
  name: string,
): Promise<boolean> {
  if (!profile || !former) return false;
  try {
    const certificate = ownCertificate(store.folder, profile);
    if (certificate !== undefined && !existsSync(certificate)) former.putBack(certificate);
    await store.profiles.replace(name, profile);
    former.putBack(store.secrets.file(name));
    return true;
  } catch (error) {
    if (error instanceof ProfileError) return false;
    throw error;
  }
}

async function removed({ profiles }: Store, name: string): Promise<boolean> {
  try {
    await profiles.remove(name);
    return true;
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return !isThere(name, profiles);
  }
}

/** It may not have come to be at all, or be gone but for its certificate. */
function isThere(name: string, profiles: Profiles): boolean {
  try {
    profiles.get(name);
    return true;
  } catch (error) {
    return !(error instanceof ProfileError && error.code === 'ProfileNotFound');
  }
}

function notUndone(
  cause: unknown,
  names: readonly string[],
  former: FormerFiles | undefined,
  store: Store,
): ProfileError {
  const code = cause instanceof ProfileError ? cause.code : 'StoreUnavailable';
  const why = cause instanceof Error ? cause.message : String(cause);
  const what = `The import could not be undone for ${names.map((name) => `'${name}'`).join(', ')}, which may be as imported now.`;
  const kept = former
    ? ` What was there before is kept in '${former.folder}': ${whatToDo(store)}`
    : ' Look at it with: entra-auth-cli config list';
  return new ProfileError(code, `${why} ${what}${kept}`, { cause });
}

function whatToDo({ folder }: Store): string {
  return `copy it back to '${folder}', or delete it.`;
}
