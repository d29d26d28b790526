import { join } from 'node:path';
import { replaceFile } from '../platform/replace-file.ts';
import { ProfileError } from './profile-error.ts';
import { readIfThere, setAside, unusable } from './store-folder.ts';

/**
 * What profiles.json holds, profile by profile, unchecked: one that can't be used must neither stop the others nor get
 * lost when they change.
 */
export type Entry = unknown;

const version = 1;

export function profilesFile(folder: string): string {
  return join(folder, 'profiles.json');
}

/**
 * @throws ProfileError StoreCorrupt for a file that is broken, which is set aside; StoreUnavailable for one that can't
 * be read, or that a later version has written
 */
export function readEntries(folder: string): readonly Entry[] {
  const path = profilesFile(folder);
  const bytes = readIfThere(path);
  if (!bytes) return [];
  const content = parse(bytes.toString('utf8'));
  if (Array.isArray(content)) return content;
  if (Array.isArray(content?.profiles) && (content.version ?? version) === version) return content.profiles;
  if (typeof content?.version === 'number' && content.version > version) {
    throw new ProfileError(
      'StoreUnavailable',
      `'${path}' was written by a later version of entra-auth-cli. Use that version, or set XDG_CONFIG_HOME (on Windows APPDATA) to another folder.`,
    );
  }
  const what = content ? 'has no list of profiles' : 'is no JSON';
  throw new ProfileError(
    'StoreCorrupt',
    `'${path}' ${what}. It is kept as '${setAside(path, bytes)}': mend it and give it its name back, or make the profiles again.`,
  );
}

/**
 * A list alone stays one: another program's that shares the folder, or a person's own.
 * @throws ProfileError StoreUnavailable
 */
export async function writeEntries(folder: string, profiles: readonly Entry[]): Promise<void> {
  const path = profilesFile(folder);
  const isList = Array.isArray(parse(readIfThere(path)?.toString('utf8') ?? ''));
  const content = isList ? profiles : { version, profiles };
  await replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`).catch((error: unknown) => {
    throw unusable(path, 'write', error);
  });
}

/** The name that an entry goes by, though it may be no name that a profile can have. */
export function entryName(entry: Entry): string | undefined {
  const name = typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

interface ProfilesFile {
  readonly version?: unknown;
  readonly profiles?: unknown;
}

/** @returns undefined for what is no JSON */
function parse(text: string): ProfilesFile | Entry[] | undefined {
  try {
    // Editors on Windows put a byte order mark first.
    const value = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
    return typeof value === 'object' ? (value ?? {}) : {};
  } catch {
    return undefined;
  }
}
