import { dirname } from 'node:path';
import { replaceFile } from '../platform/replace-file.ts';
import { ProfileError } from './profile-error.ts';
import { seal, type SealContext, sealedWith, unseal } from './sealed.ts';
import { makePrivateFolder, readIfThere, setAside, unusable } from './store-folder.ts';
import type { StoreKeys } from './store-keys.ts';

/** Files of JSON, each sealed with the store's key. */
export class SealedFiles {
  private readonly keys: StoreKeys;

  constructor(keys: StoreKeys) {
    this.keys = keys;
  }

  /** Begins to get the key that a file will be opened with. */
  prepare(): Promise<void> {
    return this.keys.prepare();
  }

  /**
   * What a file holds; undefined when there is none.
   * @param options `needed`: whether it can't be done without; else a file whose key is gone is as none
   * @throws ProfileError StoreCorrupt for a broken or foreign file, which is set aside; StoreUnavailable when its key
   * can't be had
   */
  async read(path: string, context: SealContext, { needed }: { readonly needed: boolean }): Promise<unknown> {
    const file = readIfThere(path);
    if (!file) return undefined;
    const id = sealedWith(file);
    const key = id === undefined ? undefined : await this.keys.withId(id);
    if (id !== undefined && !key) return this.withoutKey(path, needed);
    const text = key && unseal(file, key, context);
    if (text !== undefined) return JSON.parse(text) as unknown;
    throw new ProfileError(
      'StoreCorrupt',
      `'${path}' is damaged, or was made for something else. It is kept as '${setAside(path, file)}'.`,
    );
  }

  /** @throws ProfileError StoreUnavailable */
  async write(path: string, context: SealContext, value: unknown): Promise<void> {
    const key = await this.keys.current();
    makePrivateFolder(dirname(path));
    try {
      await replaceFile(path, seal(JSON.stringify(value), key, context));
    } catch (error) {
      throw unusable(path, 'write', error);
    }
  }

  private async withoutKey(path: string, needed: boolean): Promise<undefined> {
    // Better now than after a person has signed in.
    await this.keys.current();
    if (!needed) return;
    throw new ProfileError(
      'StoreUnavailable',
      `'${path}' was sealed with another key than the one in use. Bring that key back (the file key, or the keyring), ` +
        'or store the secret again with `entra-auth-cli config edit`.',
    );
  }
}
