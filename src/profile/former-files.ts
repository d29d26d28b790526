import { constants, copyFileSync, existsSync, linkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { filesIn, makePrivateFolder, stateOf, type Tell, unusable } from './store-folder.ts';

/** What is about to be replaced, kept in a folder of its own until all is well, each file at its place in the store. */
export interface FormerFiles {
  /** Absolute. */
  readonly folder: string;
  /**
   * Makes a file what it was: the former one, or none. A symbolic link to it stays one.
   * @throws ProfileError StoreUnavailable
   */
  putBack(path: string): void;
  /** @throws ProfileError StoreUnavailable */
  drop(): void;
}

const folderName = 'before-import';

/**
 * Says where secrets and certificates lie that an import has kept which was killed, or could not be undone.
 * @throws ProfileError StoreUnavailable
 */
export function tellOfLeftFiles(storeFolder: string, tell: Tell): void {
  for (const folder of filesIn(storeFolder).filter((path) => basename(path).startsWith(folderName))) {
    tell(
      `'${folder}' has what an import that did not come to its end was to replace: ${whatToDoWithFormer(storeFolder)}`,
    );
  }
}

/** What to do with such a folder, at the end of a message. */
export function whatToDoWithFormer(storeFolder: string): string {
  return `copy it back to '${storeFolder}', or delete it.`;
}

/**
 * Keeps files of the store, those that are there. They are links to the same files, which the store never writes into but
 * replaces: on a full disk there is room for them, and for putting them back.
 * @throws ProfileError StoreUnavailable
 */
export function keepFormerFiles(storeFolder: string, paths: readonly string[]): FormerFiles {
  const folder = freeName(join(storeFolder, folderName));
  const placeOf = (path: string): string => join(folder, relative(storeFolder, path));
  const kept = paths.filter((path) => stateOf(path)?.isFile());
  makePrivateFolder(folder);
  try {
    for (const path of kept) keep(path, placeOf(path));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    putBack(path) {
      try {
        if (kept.includes(path)) renameSync(placeOf(path), existsSync(path) ? realpathSync(path) : path);
        else rmSync(path, { force: true });
      } catch (error) {
        throw unusable(path, 'write', error);
      }
    },
    drop() {
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch (error) {
        throw unusable(folder, 'remove', error);
      }
    },
  };
}

/** What an earlier import has kept is nobody's to replace. */
function freeName(path: string): string {
  let free = path;
  for (let number = 2; existsSync(free); number += 1) free = `${path}-${number}`;
  return free;
}

function keep(path: string, place: string): void {
  makePrivateFolder(dirname(place));
  try {
    // Where the store has a symbolic link, what it leads to is replaced.
    linkSync(realpathSync(path), place);
  } catch {
    copy(path, place);
  }
}

/** Not every file system has links. */
function copy(path: string, place: string): void {
  try {
    copyFileSync(path, place, constants.COPYFILE_EXCL);
  } catch (error) {
    throw unusable(place, 'write', error);
  }
}
