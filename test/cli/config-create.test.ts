import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../helpers/certificates.ts';
import { homeOfTest, runCli, storeOf, type CliResult } from '../helpers/cli.ts';
import { storedFiles } from '../helpers/cli-people.ts';
import { confidentialClient, contoso } from '../helpers/flows.ts';

const tenantId = contoso;
const clientId = confidentialClient.id;
const application = ['--tenant-id', tenantId, '--client-id', clientId];

const home = homeOfTest();

function create(args: readonly string[], input?: string): Promise<CliResult> {
  return runCli(['config', 'create', ...args], { home: home.path, ...(input === undefined ? {} : { input }) });
}

const profile = (name: string) => storeOf(home.path).profiles.get(name);
const secretsOf = (name: string) => storeOf(home.path).secrets.read(name);
const hasNothing = () => expect(storeOf(home.path).profiles.list()).toEqual([]);

describe('config create without a terminal', () => {
  it('stores a profile and its client secret from standard input, without the line break at its end', async () => {
    const result = await create(['service', ...application, '--client-secret-file', '-'], 'S3cret~value\r\n');
    expect(result).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining(
        "Profile 'service' is stored. Get a token with: entra-auth-cli get-token --profile service\n",
      ) as string,
    });
    expect(profile('service')).toEqual({ name: 'service', tenantId, clientId, scopes: [], authMethod: 'ClientSecret' });
    expect(await secretsOf('service')).toEqual({ clientSecret: 'S3cret~value' });
  });

  it("calls the profile 'default' when no name is given", async () => {
    const { exitCode, stderr } = await create([...application, '--flow', 'device-code']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/get-token\n$/);
    expect(profile('default')).toMatchObject({ authMethod: 'PublicClient', defaultFlow: 'DeviceCode' });
  });

  it('leaves the secret in no file but the sealed one', async () => {
    await create(['service', ...application, '--client-secret-file', '-'], 'S3cret~value');
    const folder = join(home.path, '.config', 'entra-auth-cli');
    const texts = storedFiles(home.path).map((name) => readFileSync(join(folder, name), 'latin1'));
    expect(texts.length).toBeGreaterThanOrEqual(2);
    for (const text of texts) expect(text).not.toContain('S3cret~value');
  });

  it('takes all fields by options', async () => {
    await create([
      'all',
      ...application,
      '--client-secret-file',
      home.file('secret', 'S3cret'),
      '--scope',
      'User.Read  Mail.Read',
      '--flow',
      'authorization-code',
      '--redirect-uri',
      'http://localhost:8400/back',
      '--authority',
      'https://login.microsoftonline.us/',
    ]);
    expect(profile('all')).toEqual({
      name: 'all',
      tenantId,
      clientId,
      scopes: ['User.Read', 'Mail.Read'],
      authMethod: 'ClientSecret',
      defaultFlow: 'AuthorizationCode',
      redirectUri: 'http://localhost:8400/back',
      authority: 'https://login.microsoftonline.us',
    });
  });

  it.each([
    ['a managed identity', ['--auth-method', 'managed-identity'], { authMethod: 'ManagedIdentity' }],
    [
      'a user-assigned one',
      ['--auth-method', 'ManagedIdentity', '--client-id', clientId],
      { authMethod: 'ManagedIdentity', clientId },
    ],
    [
      'GitHub Actions',
      [...application, '--federated-token-source', 'github-actions'],
      { authMethod: 'WorkloadIdentity', federatedTokenSource: 'GitHubActions' },
    ],
    [
      'Azure Pipelines',
      [...application, '--service-connection-id', clientId],
      { authMethod: 'WorkloadIdentity', federatedTokenSource: 'AzurePipelines', serviceConnectionId: clientId },
    ],
    [
      'a token file',
      [...application, '--federated-token-file', '/var/run/token'],
      { authMethod: 'WorkloadIdentity', federatedTokenSource: 'File', federatedTokenFile: resolve('/var/run/token') },
    ],
    [
      'a person',
      [...application, '--flow', 'interactive'],
      { authMethod: 'PublicClient', defaultFlow: 'InteractiveBrowser' },
    ],
  ])('makes a profile for %s', async (_, args, expected) => {
    expect(await create(['one', ...args])).toMatchObject({ exitCode: 0 });
    expect(profile('one')).toMatchObject(expected);
    expect(storedFiles(home.path).filter((name) => name.startsWith('secrets'))).toEqual([]);
  });

  it('takes a profile with its secret as JSON from standard input; options win over it', async () => {
    const given = { name: 'piped', tenantId, clientId, clientSecret: 'S3cret', scopes: 'User.Read', redirectUri: null };
    const { exitCode } = await create(['--from-file', '-', '--scope', 'Mail.Read'], JSON.stringify(given));
    expect(exitCode).toBe(0);
    expect(profile('piped')).toMatchObject({ authMethod: 'ClientSecret', scopes: ['Mail.Read'] });
    expect(await secretsOf('piped')).toEqual({ clientSecret: 'S3cret' });
  });

  it('takes a file that a Windows editor has saved, and the name of the command line before its name', async () => {
    const path = home.file('profile.json', `\uFEFF${JSON.stringify({ name: 'other', authMethod: 'ManagedIdentity' })}`);
    expect(await create(['mine', '--from-file', path])).toMatchObject({ exitCode: 0 });
    expect(profile('mine')).toMatchObject({ name: 'mine' });
  });
});

describe('config create with a certificate', () => {
  const certificate = makeCertificate();

  it('stores its whole path, and its password where one is given', async () => {
    home.file('app.pfx', certificate.pfx('pass word'));
    const password = home.file('password', 'pass word\n');
    const args = ['--certificate', '~/app.pfx', '--certificate-password-file', password];
    expect(await create(['pfx', ...application, ...args])).toMatchObject({ exitCode: 0 });
    expect(profile('pfx')).toMatchObject({
      authMethod: 'Certificate',
      certificatePath: join(home.path, 'app.pfx'),
      cacheCertificatePassword: true,
    });
    expect(await secretsOf('pfx')).toEqual({ certificatePassword: 'pass word' });
  });

  it('needs no password for one that has none', async () => {
    const path = home.file('app.pem', certificate.certificate + certificate.privateKey);
    expect(await create(['pem', ...application, '--certificate', path])).toMatchObject({ exitCode: 0 });
    expect(profile('pem')).toMatchObject({ authMethod: 'PasswordlessCertificate', certificatePath: path });
  });

  it('stores no password for one that is asked for each time', async () => {
    const path = home.file('app.pfx', certificate.pfx('pass word'));
    const args = [...application, '--auth-method', 'Certificate', '--certificate', path];
    expect(await create(['each', ...args])).toMatchObject({ exitCode: 0 });
    expect(await secretsOf('each')).toEqual({});
  });

  it('is stored before its file is there, which is said', async () => {
    const path = join(home.path, 'later.pem');
    const { exitCode, stderr } = await create(['later', ...application, '--certificate', path]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `The certificate file '${path}' does not exist. Correct the path, or put the file there. The profile is stored all the same.`,
    );
    expect(profile('later')).toMatchObject({ certificatePath: path });
  });

  it.each([
    [
      'a wrong password',
      ['--certificate-password-file', 'wrong'],
      'The password is not the one of the certificate file',
    ],
    ['no password', [], 'has a password. Choose the kind Certificate (--auth-method Certificate).'],
  ])('is refused with %s', async (_, args, message) => {
    home.file('wrong', 'wrong');
    const path = home.file('app.pfx', certificate.pfx('pass word'));
    const password = args.map((arg) => (arg === 'wrong' ? join(home.path, arg) : arg));
    const { exitCode, stderr } = await create(['pfx', ...application, '--certificate', path, ...password]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    hasNothing();
  });
});
