import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { cliEnvironment, cliFile, temporaryHome } from '../helpers/cli.ts';

const home = temporaryHome();
afterAll(() => home[Symbol.dispose]());

const options = { env: cliEnvironment({ home: home.path }), extendEnv: false, reject: false } as const;

/** A token that no pipe takes at once, though it is not too long to be read, and its longest claim. */
const claim = 'x'.repeat(700_000);
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const longToken = `${part({ alg: 'none' })}.${part({ claim })}.${part({ signature: 1 })}`;

describe('What is printed', () => {
  it('is whole when it is more than a pipe takes', async () => {
    const { stdout } = await execa(process.execPath, [cliFile, 'inspect', '-o', 'json'], {
      ...options,
      input: longToken,
    });
    expect(JSON.parse(stdout)).toMatchObject({ payload: { claim } });
  });

  it.skipIf(process.platform === 'win32')('is whole in a pipe that does not wait for its reader', async () => {
    // Another program with the same standard output, such as a Node in the same pipeline, makes it one.
    const other = join(home.path, 'other.cjs');
    writeFileSync(
      other,
      `const { spawn } = require('node:child_process');
      spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' }).on('exit', (code) => process.exit(code));
      process.stdout._handle.setBlocking(false);`,
    );
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [other, cliFile, 'inspect', '--output', 'json'],
      { ...options, input: longToken },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ payload: { claim } });
  });

  it.skipIf(!existsSync('/dev/full'))('ends with 1 and the reason when the disk is full', async () => {
    const typed = `"${process.execPath}" "${cliFile}" --version > /dev/full`;
    const { exitCode, stderr } = await execa('bash', ['-c', typed], options);
    expect(stderr).toBe("entra-auth-cli: Standard output can't be written (ENOSPC). Make room on the disk.");
    expect(exitCode).toBe(1);
  });

  it.skipIf(process.platform === 'win32')('may be left unread', async () => {
    const { stderr } = await execa(
      'bash',
      [
        '-c',
        `set -o pipefail; "${process.execPath}" "${cliFile}" inspect -o json <"$0" | head -c 1 >/dev/null`,
        file(),
      ],
      options,
    );
    expect(stderr).toBe('');
  });
});

function file(): string {
  const path = join(home.path, 'token.txt');
  writeFileSync(path, longToken);
  return path;
}
