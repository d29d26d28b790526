import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it("another checkout's packages are not replaced through a link to them", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'entra-token-bridge-run-'));
  try {
    const others = join(folder, 'others');
    const checkout = join(folder, 'checkout');
    await mkdir(others);
    await writeFile(join(others, 'package'), '');
    await cp(join(root, 'scripts', 'run.mjs'), join(checkout, 'scripts', 'run.mjs'));
    for (const file of ['package.json', 'package-lock.json']) await cp(join(root, file), join(checkout, file));
    await symlink(others, join(checkout, 'node_modules'), 'junction');
    const run = [join(checkout, 'scripts', 'run.mjs'), 'scripts/build.ts'];
    const { exitCode, stderr } = await execa(process.execPath, run, { reject: false });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/node_modules is a link to \S+others, whose packages are not those of this checkout\./);
    expect(await readdir(others)).toEqual(['package']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
