import { dirname } from 'node:path';
import { ProfileError } from './profile-error.ts';
import { makePrivateFolder, unusable } from './store-folder.ts';

/**
 * How long (milliseconds) the lock of a process that was killed is respected. Who lives renews it.
 */
const staleAfter = 4_000;

/** Some 10 seconds in all: more than a killed process's lock lasts. */
const retries = { retries: 120, factor: 1.5, minTimeout: 10, maxTimeout: 100, randomize: true };

/**
 * Runs `work` while no other process does what is locked by the same path.
 * @param path need not exist; the lock is a folder beside it
 * @throws ProfileError StoreUnavailable when the lock can't be had
 */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const { default: lockfile } = await import('proper-lockfile');
  refuseTooLargeFiles();
  const lockPath = `${path}.lock`;
  makePrivateFolder(dirname(path));
  const release = await lockfile
    .lock(path, {
      lockfilePath: lockPath,
      realpath: false,
      stale: staleAfter,
      retries,
      // The work takes milliseconds; who was stopped for longer than the lock lasts has lost it, and finishes.
      onCompromised: () => {},
    })
    .catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ELOCKED') throw unusable(lockPath, 'write', cause);
      throw new ProfileError(
        'StoreUnavailable',
        `Another process is changing '${path}' and does not finish. Try again; if none is running, delete '${lockPath}'.`,
        { cause },
      );
    });
  try {
    return await work();
  } finally {
    // A lock that was lost, or that somebody has deleted, needs no release.
    await release().catch(() => {});
  }
}

/**
 * A file that may not grow any more (`ulimit -f`) is an error of the write, as Node has it. proper-lockfile has signal-exit
 * listen for the signal too, which ends the program then, in the middle of its changes, unless somebody else listens.
 */
function refuseTooLargeFiles(): void {
  if (process.platform === 'win32' || process.listeners('SIGXFSZ').includes(ignore)) return;
  process.on('SIGXFSZ', ignore);
}

function ignore(): void {}
