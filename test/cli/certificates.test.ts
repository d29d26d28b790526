/** Profiles whose application proves itself with a certificate file. */

import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/profile/profile.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenKey } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, runCli, type CliResult } from '../helpers/cli.ts';
import { contoso, tokenRequests, towards } from '../helpers/flows.ts';
import { certificateClient } from '../helpers/partner-flows.ts';
import { directoryWith, emulatorOfFile } from '../helpers/emulator.ts';

const registered = makeCertificate();
/** Registered too: what a person would replace the first one with. */
const successor = makeCertificate({ name: 'successor' });
const stranger = makeCertificate({ name: 'stranger' });
const password = 'Certificate-Passw0rd!';
const allowPassword = { cacheCertificatePassword: true };

const emulator = await emulatorOfFile({
  directory: directoryWith(certificateClient, { certificates: [registered.certificate, successor.certificate] }),
});
let file: string;
const home = homeOfTest((path) => {
  file = join(path, 'certificate');
  return givenKey(path);
});

function given(
  authMethod: 'Certificate' | 'PasswordlessCertificate',
  content: string | Buffer,
  { certificatePassword, ...changes }: Partial<Profile> & { certificatePassword?: string } = {},
): Promise<void> {
  writeFileSync(file, content, { mode: 0o600 });
  const profile: Profile = {
    name: 'default',
    tenantId: contoso,
    clientId: certificateClient,
    scopes: ['https://graph.microsoft.com/.default'],
    authMethod,
    certificatePath: file,
    ...changes,
  };
  return givenProfile(home.path, profile, certificatePassword === undefined ? undefined : { certificatePassword });
}

const getToken = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['get-token', ...args], { home: home.path, environment: towards(emulator) });

function expectToken({ exitCode, stdout, stderr }: CliResult): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(claimsIn(stdout)).toMatchObject({ appid: certificateClient, roles: ['User.Read.All'] });
}

describe('get-token proves the application', () => {
  it('with a PEM file that has certificate and key', async () => {
    await given('PasswordlessCertificate', registered.certificate + registered.privateKey);
    expectToken(await getToken());
  });

  it('with a PEM file whose key is encrypted, and the stored password', async () => {
    const content = registered.certificate + registered.encryptedKey(password);
    await given('Certificate', content, { ...allowPassword, certificatePassword: password });
    expectToken(await getToken());
  });

  it('with a PFX file and the stored password', async () => {
    await given('Certificate', registered.pfx(password), { ...allowPassword, certificatePassword: password });
    expectToken(await getToken());
  });

  it('with a PFX file that has no password', async () => {
    await given('PasswordlessCertificate', registered.pfx(''));
    expectToken(await getToken());
  });

  it('with a certificate file that has replaced another, and uses no token of that one', async () => {
    await given('PasswordlessCertificate', registered.certificate + registered.privateKey);
    const first = await getToken();
    expect((await getToken()).stdout).toBe(first.stdout);
    expect(tokenRequests(emulator)).toBe(1);
    const { mtimeMs } = statSync(file);
    writeFileSync(file, successor.certificate + successor.privateKey);
    // However coarse the file system's clock is
    utimesSync(file, new Date(), new Date(mtimeMs + 2_000));
    const second = await getToken();
    expectToken(second);
    expect(second.stdout).not.toBe(first.stdout);
    expect(tokenRequests(emulator)).toBe(2);
  });
});

describe('get-token ends with the exit code 3', () => {
  it('where the password is not stored and nobody can be asked, and says how to store it', async () => {
    await given('Certificate', registered.pfx(password));
    expect(await getToken()).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        `entra-auth-cli: The password of the certificate file '${file}' is not stored, and there is no terminal to ask at. ` +
        'Store it with: entra-auth-cli config edit default --cache-certificate-password --certificate-password-file -\n',
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    ['PFX', () => registered.pfx(password)],
    ['PEM', () => registered.certificate + registered.encryptedKey(password)],
  ])('where the stored password of the %s file is wrong', async (_kind, content) => {
    await given('Certificate', content(), { ...allowPassword, certificatePassword: 'Wrong-Passw0rd!' });
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toBe(
      `entra-auth-cli: The password is not the one for the certificate file '${file}'. ` +
        'Store the right one with: entra-auth-cli config edit default --certificate-password-file -\n',
    );
  });

  it('where a file that should need no password needs one', async () => {
    await given('PasswordlessCertificate', registered.pfx(password));
    const { exitCode, stderr } = await getToken();
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`The password is missing: one is needed for the certificate file '${file}'.`);
  });

  it('where the certificate is not registered, and the message has what to do', async () => {
    await given('PasswordlessCertificate', stranger.certificate + stranger.privateKey);
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /^entra-auth-cli: AADSTS700027: .*\(correlation id [0-9a-f-]{36}\) Register the certificate/,
    );
  });

  it.each([
    ['does not exist', undefined],
    ['is neither PEM nor PFX', 'some text'],
    ['has no private key', registered.certificate],
  ])('where the file %s', async (what, content) => {
    await given('PasswordlessCertificate', content ?? '', content === undefined ? { certificatePath: `${file}2` } : {});
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`The certificate file '${content === undefined ? `${file}2` : file}' ${what}`);
    expect(emulator.requests).toEqual([]);
  });
});
