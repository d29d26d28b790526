import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/profile/profile.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, storeOf, type CliResult } from '../helpers/cli.ts';

const otherId = 'c0f1de00-0000-4000-8000-00000000000f';
const service: Profile = { ...secretProfile, name: 'service', redirectUri: 'http://localhost:8400' };

const home = homeOfTest(async (path) => {
  await givenProfile(path, service, secrets);
  await storeOf(path).tokens.write('service', 'key', { accessToken: 'a', expiresOn: 1, scopes: [] });
});

function edit(args: readonly string[], input?: string): Promise<CliResult> {
  return runCli(['config', 'edit', ...args], { home: home.path, ...(input === undefined ? {} : { input }) });
}

const profile = (name = 'service') => storeOf(home.path).profiles.get(name);
const secretsOf = (name = 'service') => storeOf(home.path).secrets.read(name);
const tokens = (name = 'service') => storeOf(home.path).tokens.list(name);

describe('config edit without a terminal', () => {
  it('changes what the options say and nothing else; cached tokens stay where they are still right', async () => {
    const result = await edit(['service', '--scope', 'User.Read', '--flow', 'authorization-code']);
    expect(result).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringMatching(/Profile 'service' is changed\.\n$/) as string,
    });
    expect(profile()).toEqual({ ...service, scopes: ['User.Read'], defaultFlow: 'AuthorizationCode' });
    expect(await secretsOf()).toEqual(secrets);
    expect(await tokens()).toHaveLength(1);
  });

  it('stores a new client secret, and removes the tokens that the old one was given', async () => {
    const { exitCode, stderr } = await edit(['service', '--client-secret-file', '-'], 'New~secret\n');
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Profile 'service' is changed. Its cached tokens are removed.\n");
    expect(profile()).toEqual(service);
    expect(await secretsOf()).toEqual({ clientSecret: 'New~secret' });
    expect(await tokens()).toEqual([]);
  });

  it.each([
    ['client', ['--client-id', otherId]],
    ['tenant', ['--tenant-id', 'contoso.onmicrosoft.com']],
    ['authority', ['--authority', 'https://login.microsoftonline.us']],
  ])('removes the cached tokens when the %s changes', async (_, args) => {
    expect(await edit(['service', ...args])).toMatchObject({ exitCode: 0 });
    expect(await tokens()).toEqual([]);
    expect(await secretsOf()).toEqual(secrets);
  });

  it('takes optional fields away with --unset, by their names in JSON or as options', async () => {
    expect(await edit(['service', '--unset', 'redirectUri', 'scope'])).toMatchObject({ exitCode: 0 });
    const { redirectUri: _, ...rest } = service;
    expect(profile()).toEqual({ ...rest, scopes: [] });
  });

  it('refuses to take away what a profile needs', async () => {
    const { exitCode, stderr } = await edit(['service', '--unset', 'tenantId']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Allowed choices are scopes, defaultFlow, redirectUri');
    expect((await edit(['service', '--unset', 'client-id'])).stderr).toContain(
      "Profile 'service' lacks the client id (--client-id ID).",
    );
    expect(profile()).toEqual(service);
  });

  it('renames with --name: the secret moves along', async () => {
    expect(await edit(['SERVICE', '--name', 'production'])).toMatchObject({ exitCode: 0 });
    expect(storeOf(home.path).profiles.list()).toEqual([{ ...service, name: 'production' }]);
    expect(await secretsOf('production')).toEqual(secrets);
    expect(await secretsOf()).toEqual({});
    expect(await tokens('production')).toEqual([]);
  });

  it('renames and gives a new secret at once', async () => {
    const { exitCode } = await edit(['service', '--name', 'new', '--client-secret-file', '-'], 'New~secret');
    expect(exitCode).toBe(0);
    expect(await secretsOf('new')).toEqual({ clientSecret: 'New~secret' });
  });

  it("changes the case of a name's letters", async () => {
    expect(await edit(['service', '--name', 'Service'])).toMatchObject({ exitCode: 0 });
    expect(profile()).toEqual({ ...service, name: 'Service' });
    expect(await secretsOf()).toEqual(secrets);
  });

  it("refuses another profile's name before anything is changed", async () => {
    await givenProfile(home.path, { name: 'taken', authMethod: 'ManagedIdentity', scopes: [] });
    const { exitCode, stderr } = await edit(['service', '--name', 'taken', '--client-secret-file', '-'], 'New~secret');
    expect(exitCode).toBe(1);
    expect(stderr).toContain("There is a profile 'taken' already.");
    expect(await secretsOf()).toEqual(secrets);
  });

  it('takes changes as JSON from a file', async () => {
    expect(await edit(['service', '--from-file', '-'], '{"scopes": ["User.Read"]}')).toMatchObject({ exitCode: 0 });
    expect(profile()).toEqual({ ...service, scopes: ['User.Read'] });
  });

  it('says what to do when nothing was said', async () => {
    const { exitCode, stderr } = await edit(['service']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "Nothing was said that profile 'service' should change to. Give it by options or in a file",
    );
  });

  it('ends with 2 for a profile that is not there, telling the names there are', async () => {
    const { exitCode, stderr } = await edit(['nobody', '--scope', 'User.Read']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("There is no profile 'nobody'. There are: service.");
  });

  it('refuses a secret as an argument, without repeating it', async () => {
    const { exitCode, stderr } = await edit(['service', '--client-secret', 'Hush-hush']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('--client-secret takes no value');
    expect(stderr).not.toContain('Hush');
  });
});

describe('config edit with another kind of credential', () => {
  it('removes the secret and the fields that do not belong to it', async () => {
    expect(await edit(['service', '--auth-method', 'ManagedIdentity'])).toMatchObject({ exitCode: 0 });
    const { name, clientId = '', scopes } = service;
    expect(profile()).toEqual({ name, clientId, scopes, authMethod: 'ManagedIdentity' });
    expect(await secretsOf()).toEqual({});
    expect(await tokens()).toEqual([]);
  });

  it('needs what the new kind needs, and changes nothing without', async () => {
    const { exitCode, stderr } = await edit(['service', '--auth-method', 'Certificate']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Profile 'service' lacks the certificate (--certificate FILE).");
    expect(profile()).toEqual(service);
    expect(await secretsOf()).toEqual(secrets);
  });

  it('keeps no secret of the kind before beside the new one', async () => {
    const certificate = join(home.path, 'app.pfx');
    writeFileSync(certificate, makeCertificate().pfx('pass word'));
    const args = ['--auth-method', 'Certificate', '--certificate', certificate, '--certificate-password-file', '-'];
    expect(await edit(['service', ...args], 'pass word')).toMatchObject({ exitCode: 0 });
    expect(profile()).toEqual({
      ...service,
      authMethod: 'Certificate',
      certificatePath: certificate,
      cacheCertificatePassword: true,
    });
    expect(await secretsOf()).toEqual({ certificatePassword: 'pass word' });

    expect(await edit(['service', '--unset', 'certificate-password'])).toMatchObject({ exitCode: 0 });
    expect(await secretsOf()).toEqual({});

    expect(await edit(['service', '--auth-method', 'ClientSecret'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'lacks the client secret (--client-secret-file FILE, - for standard input)',
      ) as string,
    });
    expect(await edit(['service', '--auth-method', 'ClientSecret', '--client-secret-file', '-'], 'x')).toMatchObject({
      exitCode: 0,
    });
    expect(profile()).toEqual(service);
    expect(await secretsOf()).toEqual({ clientSecret: 'x' });
  });

  it('needs the password when it is to be stored', async () => {
    const certificate = join(home.path, 'app.pfx');
    writeFileSync(certificate, makeCertificate().pfx('pass word'));
    const asked = { ...service, name: 'asked', authMethod: 'Certificate', certificatePath: certificate } as const;
    await givenProfile(home.path, asked);
    const { exitCode, stderr } = await edit(['asked', '--cache-certificate-password']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "lacks the certificate's password (--certificate-password-file FILE, - for standard input).",
    );
    const args = ['asked', '--cache-certificate-password', '--certificate-password-file', '-'];
    expect(await edit(args, 'pass word\n')).toMatchObject({ exitCode: 0 });
    expect(await secretsOf('asked')).toEqual({ certificatePassword: 'pass word' });
  });

  it('refuses a new certificate file that the stored password does not open', async () => {
    const [old, next, same] = ['old.pfx', 'next.pfx', 'same.pfx'].map((name) => join(home.path, name)) as [
      string,
      string,
      string,
    ];
    const certificate = makeCertificate();
    writeFileSync(old, certificate.pfx('pass word'));
    writeFileSync(next, certificate.pfx('another'));
    writeFileSync(same, certificate.pfx('pass word'));
    const ci: Profile = {
      ...secretProfile,
      name: 'ci',
      authMethod: 'Certificate',
      certificatePath: old,
      cacheCertificatePassword: true,
    };
    await givenProfile(home.path, ci, { certificatePassword: 'pass word' });
    const { exitCode, stderr } = await edit(['ci', '--certificate', next]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`The password is not the one of the certificate file '${next}'.`);
    expect(profile('ci')).toEqual(ci);

    expect(await edit(['ci', '--certificate', same])).toMatchObject({ exitCode: 0 });
    expect(profile('ci')).toEqual({ ...ci, certificatePath: same });
    expect(await secretsOf('ci')).toEqual({ certificatePassword: 'pass word' });
  });

  it('leaves behind what belonged to another source of federated tokens', async () => {
    const federated = {
      name: 'ci',
      authMethod: 'WorkloadIdentity',
      scopes: [],
      federatedTokenSource: 'AzurePipelines',
    } as const;
    const { tenantId = '', clientId = '' } = service;
    await givenProfile(home.path, { ...federated, tenantId, clientId, serviceConnectionId: otherId });
    expect(await edit(['ci', '--federated-token-source', 'GitHubActions'])).toMatchObject({ exitCode: 0 });
    expect(profile('ci')).toEqual({ ...federated, tenantId, clientId, federatedTokenSource: 'GitHubActions' });
  });
});
