import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { endProcessTree } from './process-tree.ts';

/** What ends processes. */
interface Ending {
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /** How long each of them may take, in milliseconds. */
  readonly timeout: number;
}

/** Some work's processes. */
interface Processes extends Ending {
  /** Whether one of them took too long, and was ended. */
  tooLong: boolean;
}

const storage = new AsyncLocalStorage<Processes>();

/**
 * Runs work whose processes, and whatever these start, end with the signal: libraries have no door for it. Node tells of
 * each process that is created, in the context of the work.
 * @param work hears of a process that was ended as of any that ends, and can ask whether one was ended for its time
 * @throws what the work throws
 */
export function endingProcesses<Result>(
  ending: Ending,
  work: (tookTooLong: () => boolean) => Promise<Result>,
): Promise<Result> {
  const processes = { ...ending, tooLong: false };
  return storage.run(processes, work, () => processes.tooLong);
}

subscribe('child_process', (message) => {
  const processes = storage.getStore();
  if (processes) endWith(processes, (message as { readonly process: ChildProcess }).process);
});

function endWith(processes: Processes, child: ChildProcess): void {
  const { signal, timeout } = processes;
  const end = (): void => {
    // One that has ended may have left its number to another.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endProcessTree(child.pid);
    // Whoever reads them waits for all that have them open: also for one whose parent has ended, so that it isn't found.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const timer = setTimeout(() => {
    processes.tooLong = true;
    end();
  }, timeout).unref();
  signal.addEventListener('abort', end, { once: true });
  child.once('spawn', () => {
    if (signal.aborted) end();
  });
  child.once('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  });
}
