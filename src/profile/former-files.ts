import { constants, copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makePrivateFolder, stateOf, unusable } from './store-folder.ts';

/** What is about to be replaced, kept in a folder of its own until all is well, each file at its place in the store. */
export interface FormerFiles {
  /** Absolute. */
  readonly folder: string;
  /**
   * Makes a file what it was: the former one, or none.
   * @throws ProfileError StoreUnavailable
   */
  putBack(path: string): void;
  /** @throws ProfileError StoreUnavailable */
  drop(): void;
}

/**
 * Keeps files of the store, those that are there. They are links to the same files, which the store never writes into but
 * replaces: on a full disk there is room for them, and for putting them back.
 * @throws ProfileError StoreUnavailable
 */
export function keepFormerFiles(storeFolder: string, paths: readonly string[]): FormerFiles {
  const folder = freeName(join(storeFolder, 'before-import'));
  const placeOf = (path: string): string => join(folder, relative(storeFolder, path));
  makePrivateFolder(folder);
  try {
    for (const path of paths) keep(path, placeOf(path));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    putBack(path) {
      const kept = placeOf(path);
      try {
        if (existsSync(kept)) renameSync(kept, path);
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
  if (!stateOf(path)?.isFile()) return;
  makePrivateFolder(dirname(place));
  try {
    linkSync(path, place);
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
