/** What comes on standard input, or is in a file, and is more than any token, secret or profile has. */

import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliEnvironment, cliFile, runCli, temporaryHome, type CliResult } from '../helpers/cli.ts';

const home = temporaryHome();
afterAll(() => home[Symbol.dispose]());

const megabyte = 1024 * 1024;
const create = [
  'config',
  'create',
  'dev',
  '--tenant-id',
  'contoso.com',
  '--client-id',
  `${'1'.repeat(8)}-1111-1111-1111-${'1'.repeat(12)}`,
];
const importing = ['config', 'import'];
const passphraseFile = join(home.path, 'passphrase');
beforeAll(() => writeFileSync(passphraseFile, 'correct horse battery\n'));

/** Runs the program in a shell that opens its standard input. */
async function runIn(shell: string, args: readonly string[]): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', shell, process.execPath, cliFile, ...args], {
    env: cliEnvironment({ home: home.path }),
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
  });
  return { exitCode, stdout, stderr };
}

/** Which commands take standard input or a file, and how they are told of a file. */
const readers: readonly (readonly [what: string, size: string, args: (file: string) => readonly string[]])[] = [
  ['the token', '1 MB', (file) => ['inspect', '--file', file]],
  ['the token', '1 MB', (file) => ['discover', '--file', file]],
  ['the client secret', '1 MB', (file) => [...create, '--client-secret-file', file]],
  ['the profile', '1 MB', (file) => [...create, '--from-file', file]],
  ['the export', '64 MB', (file) => [...importing, file, '--passphrase-file', passphraseFile]],
  ['the passphrase', '1 MB', (file) => [...importing, passphraseFile, '--passphrase-file', file]],
];

// Without an end, but for a test whose program would read on.
const endless = 200_000_000;

describe.skipIf(process.platform === 'win32')('An input without an end', () => {
  const zeros = join(home.path, 'zeros');
  beforeAll(() => {
    writeFileSync(zeros, '');
    truncateSync(zeros, endless);
  });

  it.each(readers)('is refused on standard input where %s should be, at %s', async (what, size, args) => {
    expect(await runIn(`yes | head -c ${endless} | "$0" "$@"`, args('-'))).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `entra-auth-cli: There is more than ${size} in standard input, where ${what} should be. Give it ${what} alone.\n`,
    });
  });

  it.each(readers)('is refused in a file where %s should be, at %s', async (what, size, args) => {
    const { exitCode, stdout, stderr } = await runCli(args(zeros), { home: home.path });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^entra-auth-cli: There is more than ${size} in .*, where ${what} should be\\. Give it ${what} alone\\.\n$`,
      ),
    );
  });
});

describe('An input', () => {
  it('may have 1 MB, and not a byte more', async () => {
    const most = await runCli(['inspect'], { home: home.path, input: 'x'.repeat(megabyte) });
    expect(most.stderr).toContain('This is no JWT');
    const more = await runCli(['inspect'], { home: home.path, input: 'x'.repeat(megabyte + 1) });
    expect(more.stderr).toContain('There is more than 1 MB in standard input');
  });

  it.skipIf(process.platform === 'win32')(
    'that is a file which can not be read is named, with what to do',
    async () => {
      const circle = join(home.path, 'circle');
      symlinkSync(circle, circle);
      const folder = join(home.path, 'folder');
      mkdirSync(folder);
      expect((await runCli(['inspect', '--file', circle], { home: home.path })).stderr).toBe(
        `entra-auth-cli: '${circle}' can't be read: the system says ELOOP. Check the path.\n`,
      );
      expect((await runCli([...create, '--from-file', folder], { home: home.path })).stderr).toBe(
        `entra-auth-cli: The file '${folder}' for the profile can't be read (EISDIR). Name a file that you may read.\n`,
      );
    },
  );
});
