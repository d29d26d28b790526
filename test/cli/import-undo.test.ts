/** An import that replaces profiles and fails midway: everything is as it was, or it is said where it is. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { sealExport, type ExportedProfile } from '../../src/profile/export.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { cliEnvironment, cliFile, givenProfile, homeOfTest, runCli, secretProfile, storeOf } from '../helpers/cli.ts';

const passphrase = 'correct horse battery';
const home = homeOfTest();
const folder = (...names: readonly string[]): string => join(home.path, '.config', 'entra-auth-cli', ...names);
const former = (...names: readonly string[]): string => folder('before-import', ...names);

const imported: Profile = { ...secretProfile, authority: 'https://login.example.com' };
const ci: Profile = {
  ...secretProfile,
  name: 'ci',
  authMethod: 'PasswordlessCertificate',
  certificatePath: '/app.pem',
};
const certificate = Buffer.from('no certificate');
const certificateFile = `${createHash('sha256').update(certificate).digest('hex').slice(0, 16)}.pfx`;

async function givenExport(...profiles: readonly ExportedProfile[]): Promise<readonly string[]> {
  const file = join(home.path, 'profiles.export');
  writeFileSync(file, await sealExport(profiles, passphrase));
  const passphraseFile = join(home.path, 'passphrase');
  writeFileSync(passphraseFile, passphrase);
  return ['config', 'import', file, '--force', '--passphrase-file', passphraseFile];
}

/** The first profile can be stored, and the second can not: a folder is where its certificate should be. */
function givenFailingExport(): Promise<readonly string[]> {
  mkdirSync(folder('certificates', certificateFile), { recursive: true });
  return givenExport(
    { profile: imported, secrets: { clientSecret: 'imported' } },
    { profile: ci, secrets: {}, certificate: certificate.toString('base64') },
  );
}

describe.skipIf(process.platform === 'win32')('An import that fails midway', () => {
  it('takes nothing away: certificate, secrets and sign-ins are as they were', async () => {
    mkdirSync(folder('certificates'), { recursive: true });
    const certificatePath = folder('certificates', 'mine.pem');
    writeFileSync(certificatePath, 'my certificate');
    const mine: Profile = { ...secretProfile, authMethod: 'Certificate', certificatePath };
    await givenProfile(home.path, mine, { certificatePassword: 'mine' });
    const store = storeOf(home.path);
    await store.tokens.writeSignIn('default', 'key', { refreshToken: 'r' });
    const revision = store.secrets.revision('default');

    const { exitCode, stderr } = await runCli(await givenFailingExport(), { home: home.path });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `entra-auth-cli: '${folder('certificates', certificateFile)}' can't be written (EISDIR). It is a folder, where a file should be: move it away.\n`,
    });
    expect(store.profiles.list()).toEqual([mine]);
    expect(readFileSync(certificatePath, 'utf8')).toBe('my certificate');
    expect(await store.secrets.read('default')).toEqual({ certificatePassword: 'mine' });
    expect(store.secrets.revision('default')).toBe(revision);
    expect(await store.tokens.readSignIn('default', 'key')).toEqual({ refreshToken: 'r' });
    expect(existsSync(former())).toBe(false);
  });

  it('needs no room to undo it', async () => {
    // What is over a kilobyte can't be written by the import: the certificate, and the list of profiles as it was.
    const mine: Profile = {
      ...secretProfile,
      scopes: Array.from({ length: 60 }, (_, index) => `Scope.Number${index}`),
    };
    await givenProfile(home.path, mine, { clientSecret: 'mine' });
    const args = await givenExport(
      { profile: imported, secrets: { clientSecret: 'imported' } },
      { profile: ci, secrets: {}, certificate: Buffer.alloc(5000).toString('base64') },
    );
    const typed = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
    const { exitCode, stderr } = await execa('bash', ['-c', typed, process.execPath, cliFile, ...args], {
      env: cliEnvironment({ home: home.path }),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^entra-auth-cli: '.*\.pfx' can't be written \(EFBIG\)\. Check its rights and the disk\.\n$/,
    );
    expect(storeOf(home.path).profiles.list()).toEqual([mine]);
    expect(await storeOf(home.path).secrets.read('default')).toEqual({ clientSecret: 'mine' });
    expect(existsSync(former())).toBe(false);
  });

  it('leaves the entry of a profile that could not be used as it was', async () => {
    await givenProfile(home.path, { ...secretProfile, name: 'other' });
    const entry = { name: 'default', authMethod: 'Nonsense', note: 'precious' };
    const { profiles } = JSON.parse(readFileSync(folder('profiles.json'), 'utf8')) as { profiles: unknown[] };
    const written = JSON.stringify({ version: 1, profiles: [entry, ...profiles] });
    writeFileSync(folder('profiles.json'), written);

    const { exitCode } = await runCli(await givenFailingExport(), { home: home.path });
    expect(exitCode).toBe(1);
    expect(readFileSync(folder('profiles.json'), 'utf8')).toBe(written);
    expect(existsSync(former())).toBe(false);
  });
});

describe('An import that replaces profiles', () => {
  it('leaves nothing of them behind', async () => {
    await givenProfile(home.path, secretProfile, { clientSecret: 'mine' });
    const args = await givenExport({ profile: imported, secrets: { clientSecret: 'imported' } });
    expect(await runCli(args, { home: home.path })).toMatchObject({ exitCode: 0 });
    expect(existsSync(former())).toBe(false);
    expect(await storeOf(home.path).secrets.read('default')).toEqual({ clientSecret: 'imported' });
  });

  it('does not touch what an earlier one has kept', async () => {
    await givenProfile(home.path, secretProfile, { clientSecret: 'mine' });
    mkdirSync(former());
    const args = await givenExport({ profile: imported, secrets: { clientSecret: 'imported' } });
    expect(await runCli(args, { home: home.path })).toMatchObject({ exitCode: 0 });
    expect(existsSync(former())).toBe(true);
    expect(existsSync(`${former()}-2`)).toBe(false);
  });

  it('was killed: config delete says where secrets still are', async () => {
    await givenProfile(home.path, secretProfile, { clientSecret: 'mine' });
    mkdirSync(former());
    expect(await runCli(['config', 'delete', 'default', '--yes'], { home: home.path })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        "Deleted profile 'default', its secrets and cached tokens.\n" +
        `'${former()}' has what an import that did not come to its end was to replace: ` +
        `copy it back to '${folder()}', or delete it.\n`,
    });
  });
});
