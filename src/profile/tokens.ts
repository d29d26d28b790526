import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ProfileError } from './profile-error.ts';
import { profileId } from './profile.ts';
import type { SealedFiles } from './sealed-files.ts';
import { filesIn, isSystemError, type Tell, unusable } from './store-folder.ts';

export interface CachedToken {
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  readonly scopes: readonly string[];
}

/** What a person's sign-in leaves behind. */
export interface CachedSignIn {
  readonly refreshToken: string;
  readonly username?: string;
}

/** Tokens by profile and `key`, any text that names all that decides the token. A broken record is said, and as none. */
export interface Tokens {
  /** Says that the profile's tokens will be read soon. Where there are any, what takes time begins now: asking a keyring. */
  prepare(name: string): Promise<void>;
  /** Also when it has expired. */
  read(name: string, key: string): Promise<CachedToken | undefined>;
  write(name: string, key: string, token: CachedToken): Promise<void>;
  list(name: string): Promise<readonly CachedToken[]>;
  readSignIn(name: string, key: string): Promise<CachedSignIn | undefined>;
  writeSignIn(name: string, key: string, signIn: CachedSignIn): Promise<void>;
  /** Removes all of a profile's tokens and sign-ins. */
  remove(name: string): Promise<void>;
}

type RecordKind = 'token' | 'sign-in';

/** Access tokens live for a day at most (with continuous access evaluation, 28 hours): milliseconds. */
const keptFor = 2 * 24 * 60 * 60 * 1000;
/** Access tokens, and the temporary files of commands that were killed while they wrote. */
const passing = /\.(?:token|\d+)$/;

export function tokensIn(storeFolder: string, files: SealedFiles, tell: Tell): Tokens {
  const folderOf = (name: string): string => join(storeFolder, 'tokens', profileId(name));
  const hashOf = (key: string): string => process.getBuiltinModule('node:crypto').hash('sha256', key).slice(0, 40);
  const recordPath = (name: string, kind: RecordKind, hash: string): string => join(folderOf(name), `${hash}.${kind}`);
  const contextOf = (name: string, kind: RecordKind, hash: string): readonly string[] => [kind, profileId(name), hash];

  /** A cache goes on without what it can't read. */
  async function readRecord(name: string, kind: RecordKind, hash: string): Promise<unknown> {
    try {
      return await files.read(recordPath(name, kind, hash), contextOf(name, kind, hash), { needed: false });
    } catch (error) {
      if (!(error instanceof ProfileError) || error.code !== 'StoreCorrupt') throw error;
      tell(error.message);
      return undefined;
    }
  }

  function writeRecord(name: string, kind: RecordKind, key: string, value: object): Promise<void> {
    const hash = hashOf(key);
    return files.write(recordPath(name, kind, hash), contextOf(name, kind, hash), value);
  }

  /** What can't be removed now is left to the next one: the token has been written. */
  function removeOldTokens(name: string): void {
    const oldest = Date.now() - keptFor;
    for (const path of filesIn(folderOf(name))) {
      if (!passing.test(path)) continue;
      try {
        if (statSync(path).mtimeMs < oldest) rmSync(path);
      } catch (error) {
        if (!isSystemError(error)) throw error;
      }
    }
  }

  return {
    async prepare(name) {
      if (filesIn(folderOf(name)).length > 0) await files.prepare();
    },
    async read(name, key) {
      return (await readRecord(name, 'token', hashOf(key))) as CachedToken | undefined;
    },
    async write(name, key, token) {
      await writeRecord(name, 'token', key, token);
      removeOldTokens(name);
    },
    async list(name) {
      const hashes = filesIn(folderOf(name), '.token').map((path) =>
        path.slice(folderOf(name).length + 1, -'.token'.length),
      );
      const records = await Promise.all(hashes.map((hash) => readRecord(name, 'token', hash)));
      return records.filter((record) => record !== undefined) as CachedToken[];
    },
    async readSignIn(name, key) {
      return (await readRecord(name, 'sign-in', hashOf(key))) as CachedSignIn | undefined;
    },
    async writeSignIn(name, key, signIn) {
      await writeRecord(name, 'sign-in', key, signIn);
    },
    async remove(name) {
      try {
        rmSync(folderOf(name), { recursive: true, force: true });
      } catch (error) {
        throw unusable(folderOf(name), 'remove', error);
      }
    },
  };
}
