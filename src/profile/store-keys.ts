import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../protocol/environment.ts';
import { quoted } from '../protocol/quoted.ts';
import { decodeKey, encodeKey, keyFile, readKeyFile, writeKeyFile } from './key-file.ts';
import type { KeyringAnswer } from './keyring.ts';
import { withLock } from './lock.ts';
import { ProfileError } from './profile-error.ts';
import { type StoreKey, storeKey } from './sealed.ts';
import { filesIn, type Tell } from './store-folder.ts';

/** Either a key, or why there is none. */
type Found =
  | { readonly key: StoreKey; readonly missing?: undefined }
  | { readonly key?: undefined; readonly missing: Missing };
type Missing = Exclude<KeyringAnswer, { kind: 'key' }> | { readonly kind: 'not asked' | 'damaged' };

/**
 * Where the key of a store comes from: a file in its folder, else the operating system's keyring.
 *
 * A key is made where there is none: in the keyring, or in a file where there is no keyring or a person wants it so
 * (ENTRA_AUTH_CLI_STORE=file). While something is sealed with a key that can't be had, no other is made by itself: it
 * would lock the old files up for good. Each sealed file names its key, so both keys may be in use.
 */
export class StoreKeys {
  private readonly folder: string;
  private readonly environment: Environment;
  private readonly tell: Tell;
  private inFile: StoreKey | undefined;
  private inKeyring: Promise<Found> | undefined;

  constructor(folder: string, environment: Environment, tell: Tell) {
    this.folder = folder;
    this.environment = environment;
    this.tell = tell;
  }

  /**
   * Asks the keyring where there is no key file, and goes on as soon as the question is on its way: it is answered on
   * another thread. What comes of it is told when the key is needed; who needs it later than the refusal of a locked
   * keyring, such as after a sign-in, asks again.
   */
  async prepare(): Promise<void> {
    if (existsSync(keyFile(this.folder))) return;
    this.keyInKeyring().then(
      ({ missing }) => {
        if (missing?.kind === 'refused') this.inKeyring = undefined;
      },
      () => {},
    );
    await new Promise(setImmediate);
  }

  /**
   * The key that a file was sealed with; undefined when it is neither in the file nor in the keyring.
   * @throws ProfileError StoreUnavailable when there is no key file and the keyring doesn't open
   */
  async withId(id: string): Promise<StoreKey | undefined> {
    const inFile = this.keyInFile();
    if (inFile?.id === id) return inFile;
    const found = await this.keyInKeyring();
    if (found.key?.id === id) return found.key;
    if (found.missing?.kind === 'refused' && !inFile) throw this.refusal(found.missing);
    return undefined;
  }

  /**
   * The key to seal with, made when there is none yet.
   * @throws ProfileError StoreUnavailable
   */
  async current(): Promise<StoreKey> {
    const inFile = this.keyInFile();
    if (inFile) return inFile;
    const { key, missing } = await this.keyInKeyring();
    if (missing?.kind === 'refused') throw this.refusal(missing);
    return key ?? withLock(keyFile(this.folder), () => this.madeOnce());
  }

  /** Under a lock, and whoever had it before may have made the key. */
  private async madeOnce(): Promise<StoreKey> {
    this.inKeyring = undefined;
    const inFile = this.keyInFile();
    if (inFile) return inFile;
    const found = await this.keyInKeyring();
    if (found.key) return found.key;
    const { missing } = found;
    if (missing.kind === 'refused') throw this.refusal(missing);
    if (missing.kind !== 'not asked' && this.hasSealedFiles()) throw this.lost(missing);
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const key = storeKey(randomBytes(32));
    if (missing.kind === 'not asked' || missing.kind === 'no keyring') return this.keptInFile(key, missing);

    const answer = await this.ask(encodeKey(key));
    if (answer.kind === 'refused') throw this.refusal(answer);
    if (answer.kind !== 'key') return this.keptInFile(key, answer);
    this.inKeyring = Promise.resolve({ key });
    return key;
  }

  private async keptInFile(key: StoreKey, why: Missing): Promise<StoreKey> {
    await writeKeyFile(this.folder, key);
    this.tell(
      `${why.kind === 'not asked' ? 'ENTRA_AUTH_CLI_STORE is file' : `There is no keyring here (${reasonOf(why)})`}: ` +
        `the key to the stored secrets and tokens is in the file '${keyFile(this.folder)}', which only you can read.`,
    );
    return (this.inFile = key);
  }

  private keyInFile(): StoreKey | undefined {
    return (this.inFile ??= readKeyFile(this.folder, this.tell));
  }

  private keyInKeyring(): Promise<Found> {
    return (this.inKeyring ??= this.findInKeyring());
  }

  private async findInKeyring(): Promise<Found> {
    const wanted = this.environment['ENTRA_AUTH_CLI_STORE'];
    if (wanted === 'file') return { missing: { kind: 'not asked' } };
    if (wanted) {
      throw new ProfileError(
        'StoreUnavailable',
        `ENTRA_AUTH_CLI_STORE is ${quoted(wanted)}. Set it to file for a key in a file, or clear it for the keyring.`,
      );
    }
    const answer = await this.ask();
    if (answer.kind !== 'key') return { missing: answer };
    const key = decodeKey(answer.key);
    return key ? { key } : { missing: { kind: 'damaged' } };
  }

  private async ask(key?: string): Promise<KeyringAnswer> {
    const { askKeyring } = await import('./keyring.ts');
    return askKeyring({ key }, this.tell);
  }

  private hasSealedFiles(): boolean {
    const folders = [join(this.folder, 'secrets'), ...filesIn(join(this.folder, 'tokens'))];
    return folders.some((folder) => filesIn(folder).length > 0);
  }

  private refusal(missing: Missing): ProfileError {
    return new ProfileError(
      'StoreUnavailable',
      `The keyring does not give out the key to the stored secrets (${reasonOf(missing)}). ` +
        'Unlock it and try again; or set ENTRA_AUTH_CLI_STORE=file for a key in a file, and enter the secrets again.',
    );
  }

  private lost(missing: Missing): ProfileError {
    return new ProfileError(
      'StoreUnavailable',
      `The key to the secrets and tokens in '${this.folder}' can't be had: there is no file '${keyFile(this.folder)}', ` +
        `and no key in a keyring (${reasonOf(missing)}). Run where the keyring is, such as in a desktop session, or ` +
        'bring the key back; or set ENTRA_AUTH_CLI_STORE=file for a new key in a file, and enter the secrets again.',
    );
  }
}

function reasonOf(missing: Missing): string {
  if ('reason' in missing) return missing.reason;
  return missing.kind === 'damaged' ? 'what the keyring has is no key' : 'the keyring has none';
}
