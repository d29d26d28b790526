import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A program for the BROWSER variable that notes the address instead of showing it, so that a test's own browser can go there. */
export interface BrowserOpener extends AsyncDisposable {
  /** For BROWSER. */
  readonly program: string;
  /** Resolves once it is noted. The engine doesn't wait for a slow opener's end before it tells that a browser has opened. */
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
    async address() {
      let address = '';
      await expect.poll(async () => (address = await readFile(note, 'utf8').catch(() => ''))).not.toBe('');
      return address;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
