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

const storage = new AsyncLocalStorage<Ending>();

/**
 * Runs work whose processes, and whatever these start, end with the signal: libraries have no door for it. Node tells of
 * each process that is created, in the context of the work.
 * @throws what the work throws, which hears of a process that was ended as of any that ends
 */
export function endingProcesses<Result>(ending: Ending, work: () => Promise<Result>): Promise<Result> {
  return storage.run(ending, work);
}

subscribe('child_process', (message) => {
  const ending = storage.getStore();
  if (ending) endWith(ending, (message as { readonly process: ChildProcess }).process);
});

function endWith({ signal, timeout }: Ending, child: ChildProcess): void {
  const end = (): void => {
    // One that has ended may have left its number to another.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endProcessTree(child.pid);
    // Whoever reads them waits for all that have them open: also for one whose parent has ended, so that it isn't found.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const timer = setTimeout(end, timeout).unref();
  signal.addEventListener('abort', end, { once: true });
  child.once('spawn', () => {
    if (signal.aborted) end();
  });
  child.once('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  });
}
