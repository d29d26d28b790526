import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { approveDeviceCode, type Person } from '../../src/emulator/scripted-person.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { givenProfile, personProfile, storeOf, type startCli } from './cli.ts';
import { alice, type Emulator } from './flows.ts';

type Running = ReturnType<typeof startCli>;

/**
 * Waits until a program has said something on standard error.
 * @throws Error with what it said instead, once it has ended
 */
export function heard(running: Running, pattern: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  let said = '';
  running.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const match = pattern.exec(said);
    if (match) resolve(match);
  });
  running.stderr.once('end', () => reject(new Error(`The program ended without a word of ${pattern}: ${said}`)));
  return promise;
}

/** Enters the code that the program shows, as a person would on another machine. @returns what it said */
export async function enterCode(running: Running, emulator: Emulator, person: Person = alice): Promise<string> {
  const [message, address = '', code = ''] = await heard(
    running,
    /^.*open the page (\S+) and enter the code (\S+).*\n/m,
  );
  await approveDeviceCode(address, code, person, emulator.ca);
  return message;
}

/** Makes the store's key, which is otherwise made when something is stored first, and said then. */
export async function givenKey(home: string): Promise<void> {
  const { secrets } = storeOf(home);
  await secrets.write('key', { clientSecret: 'none' });
  await secrets.remove('key');
}

/** Puts a public client's profile into a store whose key is there. */
export async function givenPerson(home: string, profile: Profile = personProfile): Promise<void> {
  await givenKey(home);
  await givenProfile(home, profile);
}

/** Where the store keeps what belongs to a person, in order: `profiles.json`, `tokens/person/1f3...token`. */
export function storedFiles(home: string): readonly string[] {
  const folder = join(home, '.config', 'entra-auth-cli');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}
