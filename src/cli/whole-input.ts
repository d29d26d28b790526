import { createReadStream } from 'node:fs';
import process from 'node:process';
import { untilAborted } from '../platform/until-aborted.ts';
import { TokenError } from '../protocol/token-error.ts';

const megabyte = 1024 * 1024;

/** What is read, and how errors speak of it. */
export interface Wanted {
  /** In a sentence: `the profile`. */
  readonly what: string;
  /** Bytes; default 1 MB, where a token, a secret or a profile has some thousand. */
  readonly most?: number | undefined;
}

/** All of standard input. @throws TokenError InvalidParameter for what is too much or can't be read, Cancelled */
export async function wholeInput(wanted: Wanted, signal: AbortSignal): Promise<string> {
  try {
    return (await untilAborted(signal, wholeOf(process.stdin, 'in standard input', wanted))).toString('utf8');
  } catch (cause) {
    if (signal.aborted) throw new TokenError('Cancelled', 'The command was cancelled.', { cause });
    if (cause instanceof TokenError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TokenError(
      'InvalidParameter',
      `Standard input can't be read (${code}). Pipe ${wanted.what} in, or name a file.`,
      { cause },
    );
  }
}

/**
 * All of a file.
 * @param place where it is, in a sentence: `in the file 'x'`
 * @throws TokenError InvalidParameter for what is too much; the system's error (`code` ENOENT ...)
 */
export function wholeFile(path: string, place: string, wanted: Wanted): Promise<Buffer> {
  return wholeOf(createReadStream(path), place, wanted);
}

/** No more than is wanted, and a chunk, is ever in memory: a pipe or device may have no end. */
async function wholeOf(
  stream: AsyncIterable<Buffer>,
  place: string,
  { what, most = megabyte }: Wanted,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > most) {
      const size = `${most / megabyte} MB`;
      throw new TokenError(
        'InvalidParameter',
        `There is more than ${size} ${place}, where ${what} should be. Give it ${what} alone.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
