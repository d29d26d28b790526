/**
 * One question to the operating system's keyring, in a process of its own: a keyring that is locked may show a prompt
 * and wait for a person in native code, which nothing can interrupt; not even process.exit comes through then.
 *
 * The question comes on standard input, the answer goes to standard output, both JSON: the key never stands in an
 * argument or in the environment.
 */

import { readFileSync } from 'node:fs';
import type { AsyncEntry } from '@napi-rs/keyring';
import type { KeyringAnswer, KeyringQuestion } from './keyring.ts';

const { key: keyToKeep } = JSON.parse(readFileSync(0, 'utf8')) as KeyringQuestion;
void answer(keyToKeep).then((found) => process.stdout.write(JSON.stringify(found)));

async function answer(newKey: string | undefined): Promise<KeyringAnswer> {
  let entry: AsyncEntry;
  try {
    const { AsyncEntry: Entry } = await import('@napi-rs/keyring');
    // Its second choice on Linux, the kernel's keyring, forgets all with the next start.
    entry = new Entry('entra-auth-cli', 'store key', { linux: { store: 'secret-service' } });
  } catch (error) {
    return { kind: 'no keyring', reason: messageOf(error) };
  }
  try {
    if (newKey !== undefined) await entry.setPassword(newKey);
    const found = await entry.getPassword();
    if (newKey !== undefined && found !== newKey) return { kind: 'no keyring', reason: 'it keeps nothing' };
    return found === null ? { kind: 'no key' } : { kind: 'key', key: found };
  } catch (error) {
    return { kind: isAbsence(error) ? 'no keyring' : 'refused', reason: messageOf(error) };
  }
}

/**
 * Whether nobody answers at all. The Secret Service's failures come as texts only: no session bus, no such service
 * on it, or (`no result found`) a service that has no collection to put a key into.
 */
function isAbsence(error: unknown): boolean {
  return process.platform === 'linux' && /^Platform failure: DBus error|: no result found$/.test(messageOf(error));
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return line;
}
