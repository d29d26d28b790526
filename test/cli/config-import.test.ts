import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealExport } from '../../src/profile/export.ts';
import type { Profile } from '../../src/profile/profile.ts';
import {
  givenProfile,
  homeOfTest,
  personProfile,
  runCli,
  secretProfile,
  secrets,
  storeOf,
  type CliResult,
} from '../helpers/cli.ts';

const passphrase = 'correct horse battery';

/** Where the export comes from. */
const here = homeOfTest();
const there = homeOfTest();
let file: string;
let passphraseFile: string;

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
beforeEach(() => {
  file = here.file('profiles.export', sealed);
  passphraseFile = here.file('passphrase', `${passphrase}\n`);
});

function config(args: readonly string[], input = ''): Promise<CliResult> {
  return runCli(['config', ...args], { home: there.path, input });
}
const importFrom = (...args: readonly string[]): Promise<CliResult> =>
  config(['import', ...args, '--passphrase-file', passphraseFile]);
const profiles = () => storeOf(there.path).profiles.list();

describe('config import', () => {
  it('imports nothing when names are taken, naming all of them; --force replaces them with their tokens', async () => {
    const mine: Profile = { name: 'Default', authMethod: 'ManagedIdentity', scopes: [] };
    await givenProfile(there.path, mine);
    await givenProfile(there.path, { ...mine, name: 'person' });
    await storeOf(there.path).tokens.write('default', 'key', { accessToken: 'a', expiresOn: 1, scopes: [] });
    const refused = await importFrom(file);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("There are profiles 'default', 'person' already; nothing was imported.");
    expect(profiles()).toEqual([mine, { ...mine, name: 'person' }]);

    expect(await importFrom(file, '--force')).toMatchObject({ exitCode: 0 });
    expect(profiles()).toEqual([secretProfile, personProfile]);
    expect(await storeOf(there.path).secrets.read('default')).toEqual(secrets);
    expect(await storeOf(there.path).tokens.list('default')).toEqual([]);
  });

  it('takes the passphrase from standard input', async () => {
    const args = ['import', file, '--passphrase-file', '-'];
    expect(await config(args, `${passphrase}\r\n`)).toMatchObject({ exitCode: 0 });
    expect(profiles()).toEqual([secretProfile, personProfile]);
  });

  it('ends with 1 for a wrong passphrase, and imports nothing', async () => {
    writeFileSync(passphraseFile, 'another horse');
    const { exitCode, stderr } = await importFrom(file);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: The passphrase is not the one of this export, or the file was altered. Try again with the right one.\n',
    );
    expect(profiles()).toEqual([]);
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
    expect(profiles()).toEqual([]);
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
    const { stdout } = await config(['list', '--json']);
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
    expect(profiles()).toHaveLength(4);
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
    expect(profiles()).toEqual([mine]);
    expect(await storeOf(there.path).secrets.read('default')).toEqual({ clientSecret: 'mine' });
  });

  it('refuses to read file and passphrase both from standard input', async () => {
    const { exitCode, stderr } = await config(['import', '-', '--passphrase-file', '-']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Standard input can be read once, and the file and --passphrase-file both want it.');
  });
});
