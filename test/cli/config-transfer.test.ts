import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { sealExport } from '../../src/profile/export.ts';
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
  passphraseFile = join(here.path, 'passphrase');
  writeFileSync(passphraseFile, `${passphrase}\n`);
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

describe('config import', () => {
  let sealed: string;
  beforeAll(async () => {
    sealed = await sealExport(
      [
        { profile: secretProfile, secrets },
        { profile: personProfile, secrets: {} },
      ],
      passphrase,
    );
  });
  beforeEach(() => writeFileSync(file, sealed));

  it('imports nothing when names are taken, naming all of them; --force replaces them with their tokens', async () => {
    const mine: Profile = { name: 'Default', authMethod: 'ManagedIdentity', scopes: [] };
    await givenProfile(there.path, mine);
    await givenProfile(there.path, { ...mine, name: 'person' });
    await storeOf(there.path).tokens.write('default', 'key', { accessToken: 'a', expiresOn: 1, scopes: [] });
    const refused = await importFrom(file);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("There are profiles 'default', 'person' already; nothing was imported.");
    expect(profilesOf(there)).toEqual([mine, { ...mine, name: 'person' }]);

    expect(await importFrom(file, '--force')).toMatchObject({ exitCode: 0 });
    expect(profilesOf(there)).toEqual([secretProfile, personProfile]);
    expect(await storeOf(there.path).secrets.read('default')).toEqual(secrets);
    expect(await storeOf(there.path).tokens.list('default')).toEqual([]);
  });

  it('takes the passphrase from standard input', async () => {
    const args = ['import', file, '--passphrase-file', '-'];
    expect(await config(there, args, `${passphrase}\r\n`)).toMatchObject({ exitCode: 0 });
    expect(profilesOf(there)).toEqual([secretProfile, personProfile]);
  });

  it('ends with 1 for a wrong passphrase, and imports nothing', async () => {
    writeFileSync(passphraseFile, 'another horse');
    const { exitCode, stderr } = await importFrom(file);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: The passphrase is not the one of this export, or the file was altered. Try again with the right one.\n',
    );
    expect(profilesOf(there)).toEqual([]);
  });

  it.each([
    ['is no export', 'hello', 'What should be an export of profiles is none.'],
    [
      'was cut off',
      '{"format": "entra-auth-cli export", "version": 1, "kdf"',
      'What should be an export of profiles is none.',
    ],
    [
      'comes from a newer version',
      '{"format": "entra-auth-cli export", "version": 2}',
      'comes from a later version of entra-auth-cli: use that one.',
    ],
    ['is damaged', '{"format": "entra-auth-cli export", "version": 1, "kdf": {}}', 'is damaged.'],
  ])('ends with 1 for a file that %s', async (_, content, message) => {
    writeFileSync(file, content);
    const { exitCode, stderr } = await importFrom(file);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(profilesOf(there)).toEqual([]);
  });

  it('ends with 1 for a file that is not there', async () => {
    const nowhere = join(here.path, 'nowhere');
    const { exitCode, stderr } = await importFrom(nowhere);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`entra-auth-cli: The file '${nowhere}' for the export does not exist.\n`);
  });

  it('brings nothing that a terminal obeys, then or later', async () => {
    const certificatePath = join(there.path, 'a\u001B[2J\u202Eb');
    const hostile: Profile = { ...secretProfile, name: 'ci', authMethod: 'PasswordlessCertificate', certificatePath };
    writeFileSync(file, await sealExport([{ profile: hostile, secrets: {} }], passphrase));
    const { stderr } = await importFrom(file);
    expect(stderr).toContain(String.raw`a\u001b[2J\u202eb`);
    const { stdout } = await config(there, ['list', '--json']);
    expect(stdout).toContain(String.raw`a\u001b[2J\u202eb`);
    expect(JSON.parse(stdout)).toEqual([hostile]);
  });

  it('says where a profile signs in that is no cloud of Microsoft, for its secret goes there', async () => {
    const elsewhere: Profile = { ...secretProfile, name: 'elsewhere', authority: 'https://login.example.com:8443' };
    const others = ['https://login.microsoft.com', 'https://login.partner.microsoftonline.cn'].map(
      (authority, index): Profile => ({ ...secretProfile, name: `other${index}`, authority }),
    );
    const exported = [elsewhere, ...others, secretProfile].map((profile) => ({ profile, secrets }));
    writeFileSync(file, await sealExport(exported, passphrase));
    expect(await importFrom(file)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining(
        "Imported 'elsewhere', 'other0', 'other1', 'default'.\n" +
          "Profile 'elsewhere' signs in at login.example.com:8443, which is no cloud of Microsoft's that is known: what " +
          'it proves itself with is sent there. If that is wrong, change it with: ' +
          'entra-auth-cli config edit elsewhere --authority URL\n',
      ) as string,
    });
    expect(profilesOf(there)).toHaveLength(4);
  });

  it('leaves everything as it was when a profile can not be stored', async () => {
    const certificatePath = join(here.path, 'app.pem');
    const ci: Profile = { ...secretProfile, name: 'ci', authMethod: 'PasswordlessCertificate', certificatePath };
    const exported = [
      { profile: secretProfile, secrets },
      { profile: ci, secrets: {}, certificate: 'AAAA' },
    ];
    writeFileSync(file, await sealExport(exported, passphrase));
    const mine: Profile = { ...secretProfile, scopes: ['User.Read'] };
    await givenProfile(there.path, mine, { clientSecret: 'mine' });
    // Where the certificate's folder would be
    writeFileSync(join(storeOf(there.path).folder, 'certificates'), '');

    const { exitCode, stderr } = await importFrom(file, '--force');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/certificates' can't be written/);
    expect(profilesOf(there)).toEqual([mine]);
    expect(await storeOf(there.path).secrets.read('default')).toEqual({ clientSecret: 'mine' });
  });

  it('refuses to read file and passphrase both from standard input', async () => {
    const { exitCode, stderr } = await config(there, ['import', '-', '--passphrase-file', '-']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Standard input can be read once, and the file and --passphrase-file both want it.');
  });
});
