import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, storeOf, type CliResult } from '../helpers/cli.ts';
import { confidentialClient, contoso } from '../helpers/flows.ts';

const tenantId = contoso;
const clientId = confidentialClient.id;
const application = ['--tenant-id', tenantId, '--client-id', clientId];

const home = homeOfTest();

function create(args: readonly string[], input?: string): Promise<CliResult> {
  return runCli(['config', 'create', ...args], { home: home.path, ...(input === undefined ? {} : { input }) });
}

const hasNothing = () => expect(storeOf(home.path).profiles.list()).toEqual([]);

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
    expect(storeOf(home.path).profiles.get('service')).toMatchObject({ authMethod: 'ClientSecret' });

    expect(await create(['service', '--auth-method', 'ManagedIdentity', '--force'])).toMatchObject({ exitCode: 0 });
    expect(storeOf(home.path).profiles.list()).toEqual([
      { name: 'service', scopes: [], authMethod: 'ManagedIdentity' },
    ]);
    expect(await storeOf(home.path).secrets.read('service')).toEqual({});
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
    const path = home.file('secret', Buffer.from('\uFEFFS3cret\r\n', 'utf16le'));
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
    ['a long unknown field', `{"${'x'.repeat(1000)}": 1}`, `has ${'x'.repeat(100)}..., which no profile has.`],
    ['a long unknown kind', `{"authMethod": "${'x'.repeat(1000)}"}`, `authMethod is '${'x'.repeat(100)}...'. Allowed`],
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
