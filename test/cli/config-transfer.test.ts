import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import {
  givenProfile,
  homeOfTest,
  personProfile,
  runCli,
  secretProfile,
  secrets,
  startCli,
  storeOf,
  type CliResult,
} from '../helpers/cli.ts';
import { towards, type Emulator } from '../helpers/flows.ts';
import { certificateClient } from '../helpers/partner-flows.ts';

const passphrase = 'correct horse battery';
/** Windows protects a file by its folder's access list, and has no mode to show. */
const ownerOnly = process.platform === 'win32' ? 0o666 : 0o600;

const here = homeOfTest();
const there = homeOfTest();
/** Where the export goes: a place that both machines see. */
let file: string;
let passphraseFile: string;

beforeEach(() => {
  file = join(here.path, 'profiles.export');
  passphraseFile = here.file('passphrase', `${passphrase}\n`);
});

function config(home: { readonly path: string }, args: readonly string[], input = ''): Promise<CliResult> {
  return runCli(['config', ...args], { home: home.path, input });
}
const exportTo = (...args: readonly string[]): Promise<CliResult> =>
  config(here, ['export', ...args, '--passphrase-file', passphraseFile]);
const importFrom = (...args: readonly string[]): Promise<CliResult> =>
  config(there, ['import', ...args, '--passphrase-file', passphraseFile]);
const profilesOf = (home: { readonly path: string }) => storeOf(home.path).profiles.list();

describe('config export and import', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  const getToken = (profile: string): Promise<CliResult> =>
    runCli(['get-token', '-p', profile], { home: there.path, environment: towards(emulator) });

  it('move a profile with its client secret to another machine, where it gets tokens', async () => {
    await givenProfile(here.path, secretProfile, secrets);
    expect(await exportTo('--file', file)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        `'${file}' has profile 'default' with its client secret.\n` +
        'Whoever has it and the passphrase can get tokens as these profiles do.\n',
    });
    expect(await importFrom(file)).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining("Imported 'default'.\n") as string,
    });
    expect(profilesOf(there)).toEqual([secretProfile]);
    const { exitCode, stdout } = await getToken('default');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('move a certificate with its password, also when its file is gone here', async () => {
    const certificate = makeCertificate();
    emulator.directory.applications
      .find(({ id }) => id === certificateClient)
      ?.certificates?.push(certificate.certificate);
    const certificatePath = join(here.path, 'app.pfx');
    writeFileSync(certificatePath, certificate.pfx('pass word'));
    const profile: Profile = {
      ...secretProfile,
      name: 'ci',
      clientId: certificateClient,
      authMethod: 'Certificate',
      certificatePath,
      cacheCertificatePassword: true,
    };
    await givenProfile(here.path, profile, { certificatePassword: 'pass word' });
    const { exitCode, stderr } = await exportTo('--file', file);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("has profile 'ci' with its certificate and certificate's password.");
    rmSync(certificatePath);

    expect(await importFrom(file)).toMatchObject({ exitCode: 0 });
    const [{ certificatePath: imported = '' } = profile] = profilesOf(there);
    expect(imported.startsWith(there.path)).toBe(true);
    expect(statSync(imported).mode & 0o777).toBe(ownerOnly);
    expect(await getToken('ci')).toMatchObject({ exitCode: 0 });
  });
});

describe('config export', () => {
  beforeEach(async () => {
    await givenProfile(here.path, secretProfile, secrets);
    await givenProfile(here.path, personProfile);
  });

  it('writes a file that only its owner can read, and in which nothing can be read without the passphrase', async () => {
    expect(await exportTo('--file', file)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(
        "has profile 'default' with its client secret, profile 'person' with no secret.",
      ) as string,
    });
    expect(statSync(file).mode & 0o777).toBe(ownerOnly);
    const text = readFileSync(file, 'utf8');
    for (const word of [secrets.clientSecret ?? '', secretProfile.clientId ?? '', 'person', passphrase]) {
      expect(text).not.toContain(word);
    }
  });

  it('takes the profiles that are named, each once', async () => {
    expect(await exportTo('PERSON', 'person', '--file', file)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`'${file}' has profile 'person' with no secret.\n`) as string,
    });
  });

  it('goes to standard output with --file -, and from there through standard input', async () => {
    const { exitCode, stdout } = await exportTo('--file', '-');
    expect(exitCode).toBe(0);
    expect(existsSync('-')).toBe(false);
    expect(await config(there, ['import', '-', '--passphrase-file', passphraseFile], stdout)).toMatchObject({
      exitCode: 0,
    });
    expect(profilesOf(there)).toEqual([secretProfile, personProfile]);
  });

  it('does not overwrite a file without --force', async () => {
    writeFileSync(file, 'precious');
    const { exitCode, stderr } = await exportTo('--file', file);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `entra-auth-cli: '${file}' is there already. Choose another file, or replace it with --force.\n`,
    );
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await exportTo('--file', file, '--force')).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'entra-auth-cli export' });
  });

  it('refuses a passphrase of under 8 characters', async () => {
    writeFileSync(passphraseFile, 'seven77\n');
    const { exitCode, stderr } = await exportTo('--file', file);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: The passphrase is too short. Use 8 characters at least; several words are best.\n',
    );
    expect(existsSync(file)).toBe(false);
  });

  it('refuses a passphrase as an argument, without repeating it', async () => {
    const { exitCode, stderr } = await config(here, ['export', '--file', file, '--passphrase', 'Hush-hush']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('--passphrase takes no value');
    expect(stderr).not.toContain('Hush');
  });

  it('says how to give the passphrase where nobody can be asked', async () => {
    const { exitCode, stderr } = await config(here, ['export', '--file', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: Nobody can be asked for the passphrase here. Give --passphrase-file FILE, or - for standard input.\n',
    );
  });

  it.skipIf(process.platform === 'win32')('writes nothing when it is cancelled meanwhile', async () => {
    // A pipe that is a file: who opens it for writing knows that the other end reads.
    const pipe = join(here.path, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const args = ['config', 'export', '--file', file, '--passphrase-file', pipe];
    const running = startCli(args, { home: here.path });
    const writer = await open(pipe, 'w');
    running.kill('SIGINT');
    await writer.writeFile(passphrase);
    await writer.close();
    const { exitCode, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'Cancelled. Nothing was changed.\n' });
    expect(existsSync(file)).toBe(false);
  });

  it('ends with 2 for a profile that is not there, and when there are none', async () => {
    const unknown = await exportTo('default', 'nobody', '--file', file);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain("There is no profile 'nobody'. There are: default, person.");
    const none = await config(there, ['export', '--file', file, '--passphrase-file', passphraseFile]);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('There are no profiles to export.');
    expect(existsSync(file)).toBe(false);
  });

  it('ends with 1 where the file can not be written', async () => {
    const nowhere = join(here.path, 'no', 'such', 'folder');
    const { exitCode, stderr } = await exportTo('--file', nowhere);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`entra-auth-cli: '${nowhere}' can't be written (ENOENT). Choose another place.\n`);
  });

  it('says which certificate could not come along, and import where to put it', async () => {
    const certificatePath = join(here.path, 'gone.pem');
    await givenProfile(here.path, {
      ...secretProfile,
      name: 'ci',
      authMethod: 'PasswordlessCertificate',
      certificatePath,
    });
    const { exitCode, stderr } = await exportTo('ci', '--file', file);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `The export has profile 'ci' without its certificate: '${certificatePath}' can't be read.`,
    );
    expect(await importFrom(file)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(
        `Profile 'ci' came without its certificate: put it at '${certificatePath}'`,
      ) as string,
    });
  });
});
