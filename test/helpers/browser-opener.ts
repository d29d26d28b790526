import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A program for the BROWSER variable that notes the address instead of showing it, so that a test's own browser can
 * go there. The engine tells of the wait only once the program has ended, so then the address is there.
 */
export interface BrowserOpener extends AsyncDisposable {
  /** For BROWSER. */
  readonly program: string;
  address(): Promise<string>;
}

export async function makeBrowserOpener(): Promise<BrowserOpener> {
  const folder = await mkdtemp(join(tmpdir(), 'browser-'));
  const program = join(folder, 'open');
  const note = join(folder, 'address');
  await writeFile(program, `#!/bin/sh\nprintf %s "$1" > '${note}'\n`);
  await chmod(program, 0o755);
  return {
    program,
    address: () => readFile(note, 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
