import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, storeOf, type CliResult } from '../helpers/cli.ts';
import { storedFiles } from '../helpers/cli-people.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const clientId = 'c0f1de00-0000-4000-8000-000000000001';
const application = ['--tenant-id', tenantId, '--client-id', clientId];

const home = homeOfTest();

function create(args: readonly string[], input?: string): Promise<CliResult> {
  return runCli(['config', 'create', ...args], { home: home.path, ...(input === undefined ? {} : { input }) });
}

/** A file in the person's home folder. */
function file(name: string, content: string | Buffer): string {
  const path = join(home.path, name);
  writeFileSync(path, content);
  return path;
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
      file('secret', 'S3cret'),
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
    const path = file('profile.json', `\uFEFF${JSON.stringify({ name: 'other', authMethod: 'ManagedIdentity' })}`);
    expect(await create(['mine', '--from-file', path])).toMatchObject({ exitCode: 0 });
    expect(profile('mine')).toMatchObject({ name: 'mine' });
  });
});

describe('config create with a certificate', () => {
  const certificate = makeCertificate();

  it('stores its whole path, and its password where one is given', async () => {
    file('app.pfx', certificate.pfx('pass word'));
    const password = file('password', 'pass word\n');
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
    const path = file('app.pem', certificate.certificate + certificate.privateKey);
    expect(await create(['pem', ...application, '--certificate', path])).toMatchObject({ exitCode: 0 });
    expect(profile('pem')).toMatchObject({ authMethod: 'PasswordlessCertificate', certificatePath: path });
  });

  it('stores no password for one that is asked for each time', async () => {
    const path = file('app.pfx', certificate.pfx('pass word'));
    const args = [...application, '--auth-method', 'Certificate', '--certificate', path];
    expect(await create(['each', ...args])).toMatchObject({ exitCode: 0 });
    expect(await secretsOf('each')).toEqual({});
  });

  it('is stored before its file is there, which is said', async () => {
    const path = join(home.path, 'later.pem');
    const { exitCode, stderr } = await create(['later', ...application, '--certificate', path]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`The certificate file '${path}' does not exist. The profile is stored all the same.`);
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
    file('wrong', 'wrong');
    const path = file('app.pfx', certificate.pfx('pass word'));
    const password = args.map((arg) => (arg === 'wrong' ? join(home.path, arg) : arg));
    const { exitCode, stderr } = await create(['pfx', ...application, '--certificate', path, ...password]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    hasNothing();
  });
});

describe('config create refuses, and stores nothing', () => {
  it('what is incomplete, listing all that is missing with its options', async () => {
    const { exitCode, stdout, stderr } = await create(['service', '--auth-method', 'ClientSecret']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      "entra-auth-cli: Profile 'service' lacks the tenant (--tenant-id ID), the client id (--client-id ID), " +
        'the client secret (--client-secret-file FILE, - for standard input). Give it by options or in a file (--from-file), ' +
        'or run the command on a terminal, where it asks.\n',
    );
    hasNothing();
  });

  it('a variable that is empty in a pipeline, as if it was missing', async () => {
    const { exitCode, stderr } = await create([
      'x',
      '--tenant-id',
      '',
      '--client-id',
      clientId,
      '--flow',
      'interactive',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('lacks the tenant (--tenant-id ID).');
  });

  it('to say what proves a profile when nothing tells it', async () => {
    const { exitCode, stderr } = await create([]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "Profile 'default' lacks the kind of credential (--auth-method METHOD), the tenant (--tenant-id ID)",
    );
  });

  it.each(['--client-secret', '--certificate-password'])(
    'a secret behind %s, and does not repeat it',
    async (option) => {
      for (const typed of [[option, 'Hush-hush'], [`${option}=Hush-hush`]]) {
        const { exitCode, stdout, stderr } = await create(['x', ...application, ...typed]);
        expect(exitCode).toBe(1);
        expect(stderr).toContain(`${option} takes no value: on a command line`);
        expect(stderr).toContain(
          `Give ${option}-file FILE, or - for standard input, or nothing, to be asked on a terminal.`,
        );
        expect(stdout + stderr).not.toContain('Hush');
      }
      hasNothing();
    },
  );

  it.each([
    [
      'a tenant',
      ['--tenant-id', 'no tenant', '--client-id', clientId],
      "tenantId is 'no tenant'. Write a GUID, a domain",
    ],
    [
      'a client id',
      ['--tenant-id', tenantId, '--client-id', 'app'],
      "clientId is 'app'. Write the application's id, a GUID.",
    ],
    ['a redirect address', [...application, '--redirect-uri', 'https://example.org'], 'redirectUri is'],
    ['an authority', [...application, '--authority', 'http://localhost'], 'authority is'],
  ])('%s that is none, naming the field', async (_, args, message) => {
    const { exitCode, stderr } = await create(['x', ...args, '--flow', 'interactive']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Profile 'x': ${message}`);
    hasNothing();
  });

  it.each([
    ['auth-method', 'Password', 'Allowed choices are ClientSecret, Certificate'],
    ['flow', 'magic', 'Allowed choices are client-credentials, interactive'],
    ['scope', 'a"b', 'Give scopes separated by spaces'],
  ])('--%s %s', async (option, value, message) => {
    const { exitCode, stderr } = await create(['x', ...application, `--${option}`, value]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });

  it('a name that can not be one', async () => {
    const { exitCode, stderr } = await create(['../x', '--auth-method', 'ManagedIdentity']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("'../x' can't be a profile's name.");
  });

  it('what another kind of profile has, naming the option', async () => {
    const { exitCode, stderr } = await create(['x', '--auth-method', 'ManagedIdentity', '--tenant-id', tenantId]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "Profile 'x': the tenant is for all kinds but ManagedIdentity, and this one is of the kind ManagedIdentity. " +
        'Leave --tenant-id out, or choose another --auth-method.',
    );
    hasNothing();
  });

  it('a name that is taken, in any case of its letters, until --force says so', async () => {
    await givenProfile(home.path, { ...secretProfile, name: 'Service' }, secrets);
    await storeOf(home.path).tokens.write('service', 'key', { accessToken: 'a', expiresOn: 1, scopes: [] });
    const refused = await create(['service', '--auth-method', 'ManagedIdentity']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toBe(
      "entra-auth-cli: There is a profile 'service' already. Choose another name, replace it with --force, " +
        'or change it with: entra-auth-cli config edit service\n',
    );
    expect(profile('service')).toMatchObject({ authMethod: 'ClientSecret' });

    expect(await create(['service', '--auth-method', 'ManagedIdentity', '--force'])).toMatchObject({ exitCode: 0 });
    expect(storeOf(home.path).profiles.list()).toEqual([
      { name: 'service', scopes: [], authMethod: 'ManagedIdentity' },
    ]);
    expect(await secretsOf('service')).toEqual({});
    expect(await storeOf(home.path).tokens.list('service')).toEqual([]);
  });

  it('what it has no key to seal with, and leaves no half profile behind', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    rmSync(join(storeOf(home.path).folder, 'key'));
    const { exitCode, stderr } = await create(['service', ...application, '--client-secret-file', '-'], 'S3cret');
    expect(exitCode).toBe(1);
    expect(stderr).toContain("can't be had");
    expect(storeOf(home.path).profiles.list()).toEqual([secretProfile]);
  });

  it('to read standard input twice', async () => {
    const { exitCode, stderr } = await create(['x', '--from-file', '-', '--client-secret-file', '-'], '{}');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Standard input can be read once, and --from-file and --client-secret-file both want it.');
  });

  it.each([
    ['nothing', '', 'There is nothing in standard input, where the client secret should be.'],
    ['an empty line', '\n', 'There is nothing in standard input, where the client secret should be.'],
    ['two lines', 'one\ntwo\n', 'There is more than one line in standard input, where the client secret should be.'],
  ])('%s for a secret', async (_, input, message) => {
    const { exitCode, stderr } = await create(['x', ...application, '--client-secret-file', '-'], input);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    hasNothing();
  });

  it('a secret in UTF-16, as Windows PowerShell writes it', async () => {
    const path = file('secret', Buffer.from('\uFEFFS3cret\r\n', 'utf16le'));
    const { exitCode, stderr } = await create(['x', ...application, '--client-secret-file', path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The file of --client-secret-file is no UTF-8 text. Save it as UTF-8.');
  });

  it('a file for the secret that does not exist, without its name: it may be the secret', async () => {
    const { exitCode, stderr } = await create(['x', ...application, '--client-secret-file', 'Hush-hush']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: The file of --client-secret-file does not exist. ' +
        "It takes a file's name, not the client secret itself; - is standard input.\n",
    );
  });

  it.each([
    ['no JSON', '{"clientSecret": Hush-hush', 'has no profile. Write one JSON object'],
    ['a list', '[{}]', 'has no profile. Write one JSON object'],
    [
      'an unknown field',
      '{"tenant": "x", "authMethod": "ManagedIdentity"}',
      'has tenant, which no profile has. A profile has name, authMethod',
    ],
    ['an unknown kind', '{"authMethod": "Password"}', "authMethod is 'Password'. Allowed choices are ClientSecret"],
    ['a secret that is no text', '{"clientSecret": 12345}', 'clientSecret is no text. Write it in quotes.'],
  ])('a file with %s, without repeating secrets', async (_, content, message) => {
    const { exitCode, stderr } = await create(['x', '--from-file', '-'], content);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/Hush|12345/);
    hasNothing();
  });
});
