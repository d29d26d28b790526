import { writeSync } from 'node:fs';
import process from 'node:process';
import { exitCodes } from './exit-codes.ts';

type Name = 'stdout' | 'stderr';

const onWindows = process.platform === 'win32';

/** Node's streams that something was written to. To ask for one makes it, and making it takes milliseconds. */
const used = new Set<Name>();

/**
 * Writes to standard output, without Node's stream for it where that can be: making the one for a pipe takes a tenth of
 * a `get-token` from the cache. Windows' consoles take texts from the stream alone.
 * @throws Error for what the system refuses
 */
export function print(text: string): void {
  const rest = onWindows || used.has('stdout') ? text : leftOf(Buffer.from(text));
  if (rest.length > 0) stream('stdout').write(rest);
}

/** Writes to standard error. */
export function printError(text: string): void {
  stream('stderr').write(text);
}

/** Resolves when all of it is out, and on Windows, where consoles take their time, what prompts have written. */
export async function allPrinted(): Promise<void> {
  const names: Iterable<Name> = onWindows ? ['stdout', 'stderr'] : used;
  await Promise.all(Array.from(names, (name) => written(process[name])));
}

/** Writes what the system takes at once: everything, but to a pipe that is full and doesn't wait. */
function leftOf(bytes: Buffer): Buffer {
  try {
    return bytes.subarray(writeSync(1, bytes));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return bytes;
    if (code === 'EPIPE') return process.exit(exitCodes.success);
    throw refused(code, error);
  }
}

function refused(code: string | undefined, cause: unknown): Error {
  const advice = code === 'ENOSPC' ? 'Make room on the disk.' : 'Send it elsewhere.';
  return new Error(`Standard output can't be written (${code ?? 'unknown'}). ${advice}`, { cause });
}

function stream(name: Name): NodeJS.WriteStream {
  if (!used.has(name)) {
    used.add(name);
    // A reader that has seen enough, such as head, is no failure.
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.success);
      if (name === 'stdout') printError(`entra-auth-cli: ${refused(error.code, error).message}\n`);
      process.exit(exitCodes.generalError);
    });
  }
  return process[name];
}

function written(to: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  to.write('', () => resolve());
  return promise;
}
