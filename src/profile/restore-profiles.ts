import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ExportedProfile } from './export.ts';
import { keepFormerFiles, tellOfLeftFiles, whatToDoWithFormer, type FormerFiles } from './former-files.ts';
import { withLock } from './lock.ts';
import { certificateFolder, ownCertificate } from './own-certificates.ts';
import { profileId } from './profile.ts';
import { ProfileError } from './profile-error.ts';
import { type Entry, entryName, readEntries, writeEntries } from './profiles-file.ts';
import { filesIn, type Tell } from './store-folder.ts';
import type { Store } from './store.ts';
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
  tellOfLeftFiles(store.folder, tell);
  const before = keepAll(store, exported);
  const begun: string[] = [];
  try {
    for (const one of exported) {
      begun.push(one.profile.name);
      await restoreProfile(store, one, { replace: taken.includes(one.profile.name) });
    }
  } catch (error) {
    // Another process has made that one since: it is not ours to undo.
    if (error instanceof ProfileError && error.code === 'ProfileExists') begun.pop();
    if (!(await isUndone(store, begun, before))) throw notUndone(error, begun, before.files, store);
    drop(before.files, tell);
    throw error;
  }
  // Last, since they can't be put back: tokens of another client are found by nobody, should this fail.
  for (const name of taken) await store.tokens.remove(name).catch((error: Error) => tell(error.message));
  drop(before.files, tell);
}

/** What there was. */
interface Before {
  readonly entries: readonly Entry[];
  /** Absolute paths. */
  readonly certificates: readonly string[];
  readonly files: FormerFiles;
}

function keepAll({ folder, profiles, secrets }: Store, exported: readonly ExportedProfile[]): Before {
  const entries = readEntries(folder);
  const certificates = filesIn(certificateFolder(folder));
  const sealed = exported.map(({ profile }) => secrets.file(profile.name));
  return { entries, certificates, files: keepFormerFiles(folder, [profiles.file, ...certificates, ...sealed]) };
}

async function isUndone(store: Store, names: readonly string[], before: Before): Promise<boolean> {
  try {
    await undo(store, names, before);
    return true;
  } catch (error) {
    if (error instanceof ProfileError) return false;
    throw error;
  }
}

/** Files are put back, not written: there may be no room. */
async function undo(
  { folder, profiles, secrets }: Store,
  names: readonly string[],
  { entries, certificates, files }: Before,
): Promise<void> {
  const ids = new Set(names.map(profileId));
  const isOurs = (entry: Entry): boolean => ids.has(profileId(entryName(entry) ?? ''));
  const isAnothers = (entry: Entry): boolean => !isOurs(entry);
  // First, and the old ones last: secrets never belong to another profile than the one that they were stored for.
  for (const name of names) await secrets.remove(name);
  const replaced = entries.filter(isOurs);
  for (const entry of replaced) {
    const certificate = ownCertificate(folder, entry);
    if (certificate !== undefined && !existsSync(certificate)) files.putBack(certificate);
  }
  await withLock(profiles.file, async () => {
    const others = readEntries(folder).filter(isAnothers);
    if (isDeepStrictEqual(others, entries.filter(isAnothers))) files.putBack(profiles.file);
    else await writeEntries(folder, [...others, ...replaced]);
  });
  for (const path of filesIn(certificateFolder(folder))) if (!certificates.includes(path)) files.putBack(path);
  for (const name of names) files.putBack(secrets.file(name));
}

/** What can't be removed is said, and changes nothing of how the import ended. */
function drop(files: FormerFiles, tell: Tell): void {
  try {
    files.drop();
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    tell(error.message);
  }
}

function notUndone(cause: unknown, names: readonly string[], files: FormerFiles, { folder }: Store): ProfileError {
  const code = cause instanceof ProfileError ? cause.code : 'StoreUnavailable';
  const why = cause instanceof Error ? cause.message : String(cause);
  const list = names.map((name) => `'${name}'`).join(', ');
  return new ProfileError(
    code,
    `${why} The import could not be undone for ${list}, which may be as imported now. ` +
      `What was there before is kept in '${files.folder}': ${whatToDoWithFormer(folder)}`,
    { cause },
  );
}
