import type { Environment } from '../protocol/environment.ts';
import { keyFile, readKeyFile, writeKeyFile } from './key-file.ts';
import { withLock } from './lock.ts';
import { ProfileError } from './profile-error.ts';
import { type StoreKey, storeKey } from './sealed.ts';
import type { Tell } from './store-folder.ts';

/** Where the keys of a store come from: a file in its folder, else the operating system's keyring. */
export class StoreKeys {
  private readonly folder: string;
  private readonly tell: Tell;
  private inFile: StoreKey | undefined;

  constructor(folder: string, _environment: Environment, tell: Tell) {
    this.folder = folder;
    this.tell = tell;
  }

  /**
   * The key that a file was sealed with.
   * @throws ProfileError StoreUnavailable when it can't be had
   */
  async withId(id: string, path: string): Promise<StoreKey> {
    const key = this.keyInFile();
    if (key?.id === id) return key;
    throw new ProfileError('StoreUnavailable', `'${path}' was sealed with a key that isn't there.`);
  }

  /** The key to seal with, made when there is none yet. */
  async current(): Promise<StoreKey> {
    return this.keyInFile() ?? withLock(keyFile(this.folder), () => this.make());
  }

  private async make(): Promise<StoreKey> {
    // Whoever had the lock before may have made it.
    const made = this.keyInFile();
    if (made) return made;
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const key = storeKey(randomBytes(32));
    await writeKeyFile(this.folder, key);
    return (this.inFile = key);
  }

  private keyInFile(): StoreKey | undefined {
    return (this.inFile ??= readKeyFile(this.folder, this.tell));
  }
}
