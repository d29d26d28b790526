import { createRequire } from 'node:module';
import type { AsyncEntry } from '@napi-rs/keyring';
import { uninterruptible } from '../platform/end-process.ts';
import type { Tell } from './store-folder.ts';

/** What {@link askKeyring} is asked: to keep this key, base64; without one, for the key that is kept. */
export interface KeyringQuestion {
  readonly key?: string | undefined;
}

export type KeyringAnswer =
  /** base64. */
  | { readonly kind: 'key'; readonly key: string }
  /** There is a keyring, and no key of ours in it. */
  | { readonly kind: 'no key' }
  | { readonly kind: 'no keyring'; readonly reason: string }
  /** It is locked, or denies access. */
  | { readonly kind: 'refused'; readonly reason: string };

/** How long a person has for unlocking a keyring: milliseconds. */
const patience = 15_000;
/** An open keyring answers within milliseconds, on a busy machine within a second or two; after that it asks somebody. */
const promptness = 3_000;

/**
 * Asks the operating system's keyring: Windows' Credential Manager, macOS's Keychain, or the Secret Service of a Linux
 * desktop. It always comes to an answer: a locked one may show a prompt and wait in native code, which is left alone then
 * (see {@link uninterruptible}).
 */
export async function askKeyring({ key }: KeyringQuestion, tell: Tell, longest = patience): Promise<KeyringAnswer> {
  const { promise: nobody, resolve } = Promise.withResolvers<KeyringAnswer>();
  const prompt = setTimeout(tell, promptness, 'Waiting for the keyring, which may want to be unlocked.');
  const end = setTimeout(resolve, longest, { kind: 'refused', reason: 'nobody has unlocked it' });
  try {
    return await Promise.race([uninterruptible(answer(key)), nobody]);
  } finally {
    clearTimeout(prompt);
    clearTimeout(end);
  }
}

const service = 'entra-auth-cli';
const account = 'store key';

/** Not by `import()`, which loads what Node needs for ES modules as well: 3 ms. */
const require = createRequire(import.meta.filename);

/**
 * The native part by its own name, where it lies beside the library: the library's loader, which knows them all, looks in
 * two other places first, for 1 to 2 ms.
 */
function library(): typeof import('@napi-rs/keyring') {
  const name = '@napi-rs/keyring';
  try {
    if (process.platform === 'linux') return require(`${name}-linux-${process.arch}-gnu`) as never;
  } catch {
    // Another libc, or packages that see nothing but what they name themselves.
  }
  return require(name) as never;
}

async function answer(newKey: string | undefined): Promise<KeyringAnswer> {
  let entry: AsyncEntry;
  try {
    const { AsyncEntry: Entry, findCredentialsAsync: find } = library();
    if (process.platform === 'linux' && newKey === undefined) {
      // The entry's constructor connects to the Secret Service, for 6 ms in which nothing else is done; this does it on
      // another thread. It fails where the keyring is locked or absent: the entry unlocks it, or says why not.
      const found = await find(service).catch(() => []);
      const own = found.find((credential) => credential.account === account);
      if (own) return { kind: 'key', key: own.password };
    }
    // Its second choice on Linux, the kernel's keyring, forgets all with the next start.
    entry = new Entry(service, account, { linux: { store: 'secret-service' } });
  } catch (error) {
    return absence(error) ?? { kind: 'no keyring', reason: messageOf(error) };
  }
  try {
    if (newKey !== undefined) await entry.setPassword(newKey);
    const found = await entry.getPassword();
    if (newKey !== undefined && found !== newKey) return { kind: 'no keyring', reason: 'it keeps nothing' };
    return found === null ? { kind: 'no key' } : { kind: 'key', key: found };
  } catch (error) {
    return absence(error) ?? { kind: 'refused', reason: messageOf(error) };
  }
}

/**
 * What it comes to when nobody answers at all. The Secret Service's failures come as texts only: no session bus, no such service
 * on it, or (`no result found`) a service that has no collection to put a key into.
 */
function absence(error: unknown): KeyringAnswer | undefined {
  const nobody =
    process.platform === 'linux' && /^Platform failure: DBus error|: no result found$/.test(messageOf(error));
  return nobody ? { kind: 'no keyring', reason: 'no Secret Service answers' } : undefined;
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return line;
}
