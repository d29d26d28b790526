import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../platform/replace-file.ts';
import { ProfileError } from './profile-error.ts';
import { seal, type SealContext, sealedWith, unseal } from './sealed.ts';
import { isSystemError, makePrivateFolder, readIfThere, setAside, unusable } from './store-folder.ts';
import type { StoreKeys } from './store-keys.ts';

/** Files of JSON, each sealed with the store's key. */
export class SealedFiles {
  private readonly keys: StoreKeys;

  constructor(keys: StoreKeys) {
    this.keys = keys;
  }

  /**
   * What a file holds; undefined when there is none.
   * @throws ProfileError StoreCorrupt for a broken or foreign file, which is set aside;
   * KeyMissing's StoreUnavailable when its key can't be had
   */
  async read(path: string, context: SealContext): Promise<unknown> {
    const file = readIfThere(path);
    if (!file) return undefined;
    const keyId = sealedWith(file);
    const text = keyId === undefined ? undefined : unseal(file, await this.keys.withId(keyId, path), context);
    if (text !== undefined) return JSON.parse(text) as unknown;
    throw new ProfileError(
      'StoreCorrupt',
      `'${path}' is damaged, or was made for something else. It is kept as '${setAside(path, file)}'.`,
    );
  }

  /** @throws ProfileError StoreUnavailable */
  async write(path: string, context: SealContext, value: unknown): Promise<void> {
    const key = await this.keys.current();
    try {
      makePrivateFolder(dirname(path));
      await replaceFile(path, seal(JSON.stringify(value), key, context));
    } catch (error) {
      throw unusable(path, 'write', error);
    }
  }
}

/** The paths of the files in a folder whose names end so; none when there is no such folder. */
export function filesIn(folder: string, ending = ''): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => join(folder, name));
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw unusable(folder, 'read', error);
  }
}
