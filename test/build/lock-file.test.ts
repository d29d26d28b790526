import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface LockFile {
  readonly packages: Record<
    string,
    { readonly integrity?: string; readonly optionalDependencies?: object } | undefined
  >;
}

test("The lock file has every system's binaries, for npm ci refuses it elsewhere otherwise", async () => {
  const { packages } = JSON.parse(
    await readFile(join(import.meta.dirname, '../../package-lock.json'), 'utf8'),
  ) as LockFile;
  const binaries = Object.values(packages).flatMap((entry) => Object.keys(entry?.optionalDependencies ?? {}));
  expect(binaries).toContain('@rolldown/binding-win32-x64-msvc');
  expect(binaries.filter((name) => !packages[`node_modules/${name}`]?.integrity)).toEqual([]);
});
