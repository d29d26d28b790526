import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { Environment } from '../protocol/environment.ts';
import { ProfileError } from './profile-error.ts';

/** Tells a person what they must know: one sentence or two, without secrets. */
export type Tell = (message: string) => void;

/**
 * Where profiles, secrets and tokens lie: below %APPDATA% on Windows, else below XDG_CONFIG_HOME (absolute, as the XDG
 * Base Directory specification wants it), else below ~/.config.
 * @throws ProfileError StoreUnavailable for who has no home
 */
export function storeFolder(environment: Environment, windows = process.platform === 'win32'): string {
  const chosen = environment[windows ? 'APPDATA' : 'XDG_CONFIG_HOME'];
  if (chosen && isAbsolute(chosen)) return join(chosen, 'entra-auth-cli');
  const home = homeOf(environment[windows ? 'USERPROFILE' : 'HOME']);
  return join(home, ...(windows ? ['AppData', 'Roaming'] : ['.config']), 'entra-auth-cli');
}

/** Never the folder that one happens to be in: secrets would lie in somebody's repository. */
function homeOf(named: string | undefined): string {
  if (named && isAbsolute(named)) return named;
  try {
    const { homedir } = userInfo();
    if (isAbsolute(homedir)) return homedir;
  } catch {
    // A container's user whom the system does not know
  }
  throw new ProfileError(
    'StoreUnavailable',
    'There is no home folder. Set HOME or XDG_CONFIG_HOME to a folder of your own.',
  );
}

/**
 * Makes a folder that its owner alone may enter, and what is missing above it.
 * @throws ProfileError StoreUnavailable
 */
export function makePrivateFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    throw unusable(path, 'write', error);
  }
}

/** One by one: Node's own `recursive` goes on for ever where the system says of a folder's child that it can't be (/proc). */
function makeFolders(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Sees to it that nobody else may read a file or folder of the store; what is too open is tightened, and said.
 * @returns whether it is there
 * @throws ProfileError StoreUnavailable when it belongs to another user
 */
export function keepPrivate(path: string, tell: Tell): boolean {
  const found = stateOf(path);
  if (!found) return false;
  // Windows protects a profile by its access list, which its folders inherit.
  if (!process.getuid) return true;
  if (found.uid !== process.getuid()) {
    throw new ProfileError(
      'StoreUnavailable',
      `'${path}' belongs to another user (id ${found.uid}). Run as that user, or set XDG_CONFIG_HOME to a folder of your own.`,
    );
  }
  if ((found.mode & 0o077) !== 0) tighten(path, found.isDirectory() ? 0o700 : 0o600, tell);
  return true;
}

function tighten(path: string, mode: number, tell: Tell): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
  // Some file systems take chmod for done and do nothing.
  const closed = ((stateOf(path)?.mode ?? 0) & 0o077) === 0;
  tell(
    closed
      ? `Others could read '${path}'; now only you can. If somebody else uses this machine, renew the secrets stored there.`
      : `Others can read '${path}', and its mode can't be changed. Set XDG_CONFIG_HOME to a folder on another file system.`,
  );
}

/**
 * What the system says of a file or folder; undefined when there is none.
 * @throws ProfileError StoreUnavailable
 */
export function stateOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(path, 'read', error);
  }
}

/** A file's bytes; undefined when there is none. Synchronous: starting a thread for it takes longer. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw unusable(path, 'read', error);
  }
}

/** The paths of the files in a folder whose names end so; none when it is no folder. */
export function filesIn(folder: string, ending = ''): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => join(folder, name));
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw unusable(folder, 'read', error);
  }
}

/**
 * Puts a broken file out of the way under another name, so that nothing in it is lost.
 * @param content what was found broken: a file that has been replaced meanwhile stays where it is
 * @returns its new path
 */
export function setAside(path: string, content: Uint8Array): string {
  let aside = `${path}.corrupt`;
  for (let number = 2; existsSync(aside); number += 1) aside = `${path}.corrupt-${number}`;
  try {
    if (readFileSync(path).equals(content)) renameSync(path, aside);
  } catch (error) {
    // Another process has found it broken too, and was faster.
    if (!isSystemError(error) || error.code !== 'ENOENT') throw unusable(path, 'rename', error);
  }
  return aside;
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

const full = 'Make room on the disk.';

/** What to do, by the system's code for its refusal. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'You may not: check whose it is, and its mode.',
  EPERM: 'You may not: check whose it is, and its mode.',
  EROFS: 'Its file system is read-only: set XDG_CONFIG_HOME (on Windows APPDATA) to a folder on another.',
  ENOSPC: full,
  EDQUOT: full,
  EISDIR: 'It is a folder, where a file should be: move it away.',
  ENOTDIR: 'There is a file where a folder should be: move it away.',
  ELOOP: 'It is a link that leads to itself: remove it.',
};

/** A file system's refusal, as an error of the store. */
export function unusable(path: string, action: 'read' | 'write' | 'rename' | 'remove', cause: unknown): ProfileError {
  const done = { read: 'read', write: 'written', rename: 'renamed', remove: 'removed' }[action];
  const code = isSystemError(cause) ? (cause.code ?? '').replace(/^ERR_FS_/, '') : '';
  const advice = remedies[code] ?? 'Check its rights and the disk.';
  const reason = code === '' ? '' : ` (${code})`;
  return new ProfileError('StoreUnavailable', `'${path}' can't be ${done}${reason}. ${advice}`, { cause });
}
