/** Files and folders that the system gives nobody: a sentence names each, and says what to do. */

import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/profile/profile.ts';
import { cliEnvironment, cliFile, givenProfile, homeOfTest, runCli, secretProfile, secrets } from '../helpers/cli.ts';
import { towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile();
const home = homeOfTest((path) => givenProfile(path, secretProfile, secrets));
const folder = (...names: readonly string[]): string => join(home.path, '.config', 'entra-auth-cli', ...names);

/** A link that leads to itself: the system refuses it to everybody, root too. */
function makeCircle(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  symlinkSync(path, path);
}

function makeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

const environment = () => towards(emulator);
const circle = 'It is a link that leads to itself: remove it.';
const noFile = 'It is a folder, where a file should be: move it away.';
const edit = ['config', 'edit', 'default', '--client-secret-file', '-'];
const getToken = ['get-token'];

describe.skipIf(process.platform === 'win32')('What the system refuses', () => {
  it.each([
    ["the store's folder", makeCircle, [], ['config', 'list'], 'read (ELOOP)', circle],
    ["the store's folder", makeCircle, [], getToken, 'read (ELOOP)', circle],
    ['the list of profiles', makeCircle, ['profiles.json'], getToken, 'read (ELOOP)', circle],
    ['the list of profiles', makeFolder, ['profiles.json'], getToken, 'read (EISDIR)', noFile],
    ['the key', makeCircle, ['key'], getToken, 'read (ELOOP)', circle],
    ['the key', makeFolder, ['key'], getToken, 'read (EISDIR)', noFile],
    ["a profile's secrets", makeCircle, ['secrets', 'default.sealed'], getToken, 'read (ELOOP)', circle],
    ["a profile's secrets", makeCircle, ['secrets', 'default.sealed'], edit, 'read (ELOOP)', circle],
    ["a profile's secrets", makeFolder, ['secrets', 'default.sealed'], getToken, 'read (EISDIR)', noFile],
    ["a profile's secrets", makeFolder, ['secrets', 'default.sealed'], edit, 'written (EISDIR)', noFile],
    ["a profile's tokens", makeCircle, ['tokens', 'default'], getToken, 'read (ELOOP)', circle],
  ])('is named with what to do: %s %#', async (_, make, names, args, what, advice) => {
    make(folder(...names));
    expect(await runCli(args, { home: home.path, environment: environment(), input: 'new secret' })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `entra-auth-cli: '${folder(...names)}' can't be ${what}. ${advice}\n`,
    });
  });

  it("is named where it is a profile's certificate", async () => {
    const certificatePath = join(home.path, 'app.pem');
    const profile: Profile = { ...secretProfile, name: 'ci', authMethod: 'PasswordlessCertificate', certificatePath };
    await givenProfile(home.path, profile);
    makeCircle(certificatePath);
    const { exitCode, stderr } = await runCli(['get-token', '-p', 'ci'], {
      home: home.path,
      environment: environment(),
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: `entra-auth-cli: The certificate file '${certificatePath}' can't be read (ELOOP). Name a file that you may read.\n`,
    });
  });

  it('is named where a profile goes whose certificate an import has made', async () => {
    const certificatePath = folder('certificates', '0123456789abcdef.pem');
    const profile: Profile = { ...secretProfile, name: 'ci', authMethod: 'PasswordlessCertificate', certificatePath };
    await givenProfile(home.path, profile);
    makeFolder(certificatePath);
    expect(await runCli(['config', 'delete', 'ci', '--yes'], { home: home.path })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `entra-auth-cli: '${certificatePath}' can't be removed (EISDIR). ${noFile}\n`,
    });
  });

  it('is said of files that would be too large for the disk, and leaves what there was', async () => {
    // No file may grow, which is refused as a full disk is.
    const typed = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`;
    const { exitCode, stderr } = await execa('bash', ['-c', typed, process.execPath, cliFile, ...edit], {
      env: cliEnvironment({ home: home.path }),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      input: 'new secret',
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `entra-auth-cli: '${folder('secrets', 'default.sealed')}' can't be written (EFBIG). Check its rights and the disk.\n`,
    });
    expect(await runCli(getToken, { home: home.path, environment: environment() })).toMatchObject({ exitCode: 0 });
  });

  it('is said of the current folder when it is gone', async () => {
    const gone = join(home.path, 'gone');
    makeFolder(gone);
    const typed = 'cd "$1" && rmdir "$1" && shift && exec "$0" "$@"';
    const args = ['config', 'edit', 'default', '--auth-method', 'PasswordlessCertificate', '--certificate', 'app.pem'];
    const { exitCode, stderr } = await execa('bash', ['-c', typed, process.execPath, gone, cliFile, ...args], {
      env: cliEnvironment({ home: home.path }),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "entra-auth-cli: 'app.pem' can't be found from here: the current folder is gone. Give the whole path.\n",
    });
  });
});
