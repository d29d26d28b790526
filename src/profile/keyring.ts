import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../protocol/environment.ts';
import type { Tell } from './store-folder.ts';

/** What {@link askKeyring} asks its process: to keep this key, base64; without one, for the key that is kept. */
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
 * desktop. It always comes to an answer, see keyring-process.ts.
 * @param environment says where the session's keyring is
 */
export async function askKeyring(
  question: KeyringQuestion,
  environment: Environment,
  tell: Tell,
  longest = patience,
): Promise<KeyringAnswer> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`./keyring-process.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [program], {
    // What is meant for the program (a debugger, a preload) is not meant for its helper.
    env: Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('NODE_'))),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  const prompt = setTimeout(tell, promptness, 'Waiting for the keyring, which may want to be unlocked.');
  const end = setTimeout(() => child.kill('SIGKILL'), longest);
  try {
    const { promise: closed, resolve, reject } = Promise.withResolvers<unknown>();
    child.once('error', reject).once('close', resolve);
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    // A process that has ended already says so by its answer.
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(question));
    await closed;
    if (child.signalCode === 'SIGKILL') return { kind: 'refused', reason: 'nobody has unlocked it' };
    // Ctrl+C ends the whole group of processes, and is no sign that there is no keyring.
    if (isEnding(child.signalCode)) return { kind: 'refused', reason: 'the question was interrupted' };
    return JSON.parse(answer) as KeyringAnswer;
  } catch (error) {
    // The native code may crash where it does not fit the system.
    return { kind: 'no keyring', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(prompt);
    clearTimeout(end);
  }
}

function isEnding(signal: NodeJS.Signals | null): boolean {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP';
}
