/** What `config` asks, answered by somebody at a terminal. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenProfile, homeOfTest, secretProfile, secrets, storeOf, temporaryHome } from '../helpers/cli.ts';
import { cliCommand, keys, noTerminal, openShell, openTerminal, type Terminal } from '../helpers/terminal.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const clientId = 'c0f1de00-0000-4000-8000-000000000001';
const enter = '';

const home = homeOfTest();

const atTerminal = (...args: readonly string[]): Terminal => openTerminal(['config', ...args], { home: home.path });
const profiles = () => storeOf(home.path).profiles.list();
const secretsOf = (name: string) => storeOf(home.path).secrets.read(name);

/** Moves down to a choice and takes it. */
async function choose(terminal: Terminal, question: string, choice: string): Promise<void> {
  await terminal.shows(question);
  // The last line of the question, so that all of its choices are there
  await terminal.shows('⏎ select');
  while (!terminal.shownNow().includes(`❯ ${choice}`)) {
    terminal.type(keys.down);
    await terminal.shows('⏎ select');
  }
  terminal.type(keys.enter);
}

describe.skipIf(noTerminal !== '')(`config create at a terminal${noTerminal}`, () => {
  it('asks for everything; the secret does not show', async () => {
    await using terminal = atTerminal('create');
    await terminal.answer('Name of the profile: (default)', enter);
    await choose(terminal, 'What does it prove itself with?', 'A client secret');
    await terminal.answer('Tenant (its id or a domain):', tenantId);
    await terminal.answer('Application (client) id:', clientId);
    await terminal.answer('Client secret: [hidden]', 'S3cret~value');
    await choose(terminal, 'Who signs in?', 'The application itself');
    await terminal.answer('Scopes, separated by spaces', 'https://management.azure.com/.default');
    await terminal.shows("Profile 'default' is stored. Get a token with: entra-auth-cli get-token");
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toEqual([
      {
        name: 'default',
        tenantId,
        clientId,
        scopes: ['https://management.azure.com/.default'],
        authMethod: 'ClientSecret',
        defaultFlow: 'ClientCredentials',
      },
    ]);
    expect(await secretsOf('default')).toEqual({ clientSecret: 'S3cret~value' });
    expect(terminal.shown()).not.toContain('S3cret');
  });

  it('asks for a secret alone that comes from standard input, and that does not show', async () => {
    const said = ['--tenant-id', tenantId, '--client-id', clientId, '--client-secret-file', '-'];
    await using terminal = atTerminal('create', ...said);
    await terminal.answer('Client secret: [hidden]', enter);
    await terminal.answer('A value is needed.', 'S3cret~value');
    await terminal.shows("Profile 'default' is stored.");
    expect(await terminal.exitCode).toBe(0);
    expect(await secretsOf('default')).toEqual({ clientSecret: 'S3cret~value' });
    expect(terminal.shown()).not.toMatch(/S3cret|Name of|prove itself|Scopes/);
  });

  it('does not ask for a secret from standard input with --no-input: it says where else that may come from', async () => {
    const said = ['--tenant-id', tenantId, '--client-id', clientId, '--client-secret-file', '-', '--no-input'];
    await using terminal = atTerminal('create', ...said);
    expect(await terminal.exitCode).toBe(1);
    expect(terminal.shown().replaceAll(/\s+/g, ' ')).toContain(
      'entra-auth-cli: Standard input is a terminal here. Pipe the client secret into the command, or name a file.',
    );
    expect(profiles()).toEqual([]);
  });

  it('does not ask for what options say', async () => {
    await using terminal = atTerminal('create', 'me', '--auth-method', 'PublicClient', '--client-id', clientId);
    await terminal.answer('Tenant (its id or a domain): (organizations)', enter);
    await choose(terminal, 'Who signs in?', 'A person, with a code on another device');
    await terminal.answer('Scopes', 'User.Read');
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).not.toMatch(/Name of|prove itself|client\) id/);
    expect(profiles()).toEqual([
      {
        name: 'me',
        tenantId: 'organizations',
        clientId,
        scopes: ['User.Read'],
        authMethod: 'PublicClient',
        defaultFlow: 'DeviceCode',
      },
    ]);
  });

  it('asks nothing when options say all that is needed', async () => {
    await using terminal = atTerminal('create', 'vm', '--auth-method', 'ManagedIdentity');
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toMatchObject([{ name: 'vm' }]);
  });

  it('asks nothing with --no-input', async () => {
    await using terminal = atTerminal('create', '--no-input');
    expect(await terminal.exitCode).toBe(1);
    expect(terminal.shown()).toContain("Profile 'default' lacks the kind of credential (--auth-method METHOD)");
  });

  it('says at once what is wrong with an answer, which can be mended', async () => {
    await using terminal = atTerminal('create', 'x', '--tenant-id', tenantId, '--flow', 'device-code');
    await terminal.answer('Application (client) id:', 'my app');
    await terminal.shows("clientId is 'my app'. Write the application's id, a GUID.");
    terminal.type(keys.clearLine);
    await terminal.answer('Application (client) id:', enter);
    await terminal.shows('A value is needed.');
    await terminal.answer('Application (client) id:', clientId);
    await terminal.answer('Scopes', 'two "scopes"');
    await terminal.shows('scopes must be a list of scopes without spaces.');
    terminal.type(keys.clearLine);
    await terminal.answer('Scopes', enter);
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toMatchObject([{ name: 'x', clientId, scopes: [], authMethod: 'PublicClient' }]);
  });

  it('tries a certificate and its password', async () => {
    home.file('app.pfx', makeCertificate().pfx('pass word'));
    await using terminal = atTerminal('create', 'ci', '--tenant-id', tenantId, '--client-id', clientId);
    await choose(terminal, 'What does it prove itself with?', 'A certificate with a password');
    await terminal.answer('Certificate file (PEM or PFX):', '~/nowhere.pfx');
    await terminal.shows(`nowhere.pfx' does not exist.`);
    terminal.type(keys.clearLine);
    await terminal.answer('Certificate file (PEM or PFX):', '~/app.pfx');
    await terminal.answer('Store its password, encrypted? (No: it is asked for each time) (Y/n)', 'y');
    await terminal.answer('Its password: [hidden]', 'pass');
    await terminal.shows('The password is not the one of the certificate file');
    terminal.type(keys.clearLine);
    await terminal.answer('Its password: [hidden]', 'pass word');
    await choose(terminal, 'Who signs in?', 'The application itself');
    await terminal.answer('Scopes', enter);
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toMatchObject([{ authMethod: 'Certificate', cacheCertificatePassword: true }]);
    expect(await secretsOf('ci')).toEqual({ certificatePassword: 'pass word' });
  });

  it('asks a workload where its token comes from', async () => {
    await using terminal = atTerminal('create', 'pipeline', '--tenant-id', tenantId, '--client-id', clientId);
    await choose(terminal, 'What does it prove itself with?', 'Workload identity federation');
    await choose(terminal, 'Where does its token come from?', 'Azure Pipelines');
    await terminal.answer('Service connection id:', clientId);
    await terminal.answer('Scopes', enter);
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toMatchObject([{ federatedTokenSource: 'AzurePipelines', serviceConnectionId: clientId }]);
  });

  it.each([
    ['that is wrong', ['--tenant-id', 'no tenant'], "Profile 'x': tenantId is 'no tenant'."],
    ['of another kind', ['--redirect-uri', 'http://localhost'], "Profile 'x': the redirect address is for the kinds"],
  ])('asks nothing more when an option says something %s', async (_, args, message) => {
    await using terminal = atTerminal('create', 'x', '--auth-method', 'WorkloadIdentity', ...args);
    expect(await terminal.exitCode).toBe(1);
    expect(terminal.shown()).toContain(message);
    expect(terminal.shown()).not.toContain('?');
  });

  it('asks before it replaces a profile; no is the default, and ends with 1', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    await using terminal = atTerminal('create', '--auth-method', 'ManagedIdentity');
    await terminal.answer("There is a profile 'default' already. Replace it", enter);
    expect(await terminal.exitCode).toBe(1);
    expect(terminal.shown()).toContain('Nothing was changed.');
    expect(profiles()).toEqual([secretProfile]);
  });

  it.each([
    ['Ctrl+C', keys.ctrlC],
    ['Ctrl+D', keys.ctrlD],
  ])('ends with 130 by %s, and has written nothing', async (_, key) => {
    await using terminal = atTerminal(
      'create',
      'x',
      '--tenant-id',
      tenantId,
      '--client-id',
      clientId,
      '--auth-method',
      'ClientSecret',
    );
    await terminal.shows('Client secret:');
    terminal.type(key);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toContain('Cancelled. Nothing was changed.');
    expect(existsSync(join(home.path, '.config'))).toBe(false);
  });

  it('asks on standard error: standard output stays what the command prints', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    const stdoutFile = join(home.path, 'stdout');
    const command = `${cliCommand(['config', 'export', '--file', '-'])} > '${stdoutFile}'`;
    await using terminal = openShell(command, { home: home.path });
    await terminal.answer('Passphrase (8 characters or more): [hidden]', 'correct horse');
    await terminal.answer('The same again: [hidden]', 'correct horse');
    expect(await terminal.exitCode).toBe(0);
    expect(JSON.parse(readFileSync(stdoutFile, 'utf8'))).toMatchObject({ format: 'entra-auth-cli export' });
  });
});

describe.skipIf(noTerminal !== '')(`config edit at a terminal${noTerminal}`, () => {
  beforeEach(() => givenProfile(home.path, { ...secretProfile, defaultFlow: 'ClientCredentials' }, secrets));

  it('proposes what is there: Enter keeps it, the secret too', async () => {
    await using terminal = atTerminal('edit', 'default');
    await choose(terminal, 'What does it prove itself with?', 'A client secret');
    await terminal.answer(`(${tenantId})`, enter);
    await terminal.answer(`(${clientId})`, enter);
    await terminal.answer('Client secret (empty: the stored one stays):', enter);
    await choose(terminal, 'Who signs in?', 'The application itself');
    await terminal.answer('(https://graph.microsoft.com/.default)', 'api://contoso-orders/.default');
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toEqual([
      { ...secretProfile, defaultFlow: 'ClientCredentials', scopes: ['api://contoso-orders/.default'] },
    ]);
    expect(await secretsOf('default')).toEqual(secrets);
  });

  it('takes a value away by Backspace', async () => {
    await using terminal = atTerminal('edit', 'default');
    await choose(terminal, 'What does it prove itself with?', 'A managed identity');
    await terminal.shows(`(${clientId})`);
    terminal.type(keys.backspace);
    await terminal.answer("Client id (empty: the machine's own identity):", enter);
    await terminal.shows('Scopes');
    terminal.type(keys.backspace);
    await terminal.answer('Scopes', enter);
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toEqual([{ name: 'default', scopes: [], authMethod: 'ManagedIdentity' }]);
    expect(await secretsOf('default')).toEqual({});
  });

  it('does not offer to keep a secret of another kind', async () => {
    const profile = { ...secretProfile, name: 'ci', authMethod: 'Certificate', certificatePath: '/app.pfx' } as const;
    await givenProfile(home.path, { ...profile, cacheCertificatePassword: true }, { certificatePassword: 'x' });
    await using terminal = atTerminal('edit', 'ci', '--auth-method', 'ClientSecret');
    await terminal.answer('Client secret: [hidden]', 'New~secret');
    await choose(terminal, 'Who signs in?', 'The application itself');
    expect(await terminal.exitCode).toBe(0);
    expect(await secretsOf('ci')).toEqual({ clientSecret: 'New~secret' });
  });

  it('asks for what another kind of credential needs', async () => {
    const certificate = makeCertificate();
    home.file('app.pem', certificate.certificate + certificate.privateKey);
    await using terminal = atTerminal('edit', 'default', '--auth-method', 'PasswordlessCertificate');
    await terminal.answer('Certificate file (PEM or PFX):', '~/app.pem');
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('Tenant');
    expect(profiles()).toMatchObject([{ authMethod: 'PasswordlessCertificate', clientId }]);
    expect(await secretsOf('default')).toEqual({});
  });
});

describe.skipIf(noTerminal !== '')(`config delete, export and import at a terminal${noTerminal}`, () => {
  beforeEach(() => givenProfile(home.path, secretProfile, secrets));

  it('delete only after a yes', async () => {
    {
      await using terminal = atTerminal('delete', 'default');
      await terminal.answer("Delete profile 'default', its secrets and cached tokens? (y/N)", enter);
      expect(await terminal.exitCode).toBe(1);
      expect(terminal.shown()).toContain('Nothing was deleted.');
      expect(profiles()).toEqual([secretProfile]);
    }
    await using terminal = atTerminal('delete', 'default');
    await terminal.answer("Delete profile 'default', its secrets and cached tokens? (y/N)", 'y');
    expect(await terminal.exitCode).toBe(0);
    expect(profiles()).toEqual([]);
  });

  it('ask for a long enough passphrase twice, and once for it when importing', async () => {
    const file = join(home.path, 'profiles.export');
    await using exporting = atTerminal('export', '--file', file);
    await exporting.answer('Passphrase (8 characters or more): [hidden]', 'short');
    await exporting.shows('Use 8 characters at least; several words are best.');
    await exporting.answer('Passphrase', ' but longer');
    await exporting.answer('The same again:', 'another one');
    await exporting.shows('That is another one.');
    exporting.type(keys.clearLine);
    await exporting.answer('The same again:', 'short but longer');
    expect(await exporting.exitCode).toBe(0);
    expect(exporting.shown()).not.toContain('longer');

    using there = temporaryHome();
    await using importing = openTerminal(['config', 'import', file], { home: there.path });
    await importing.answer('Passphrase of the export: [hidden]', 'short but longer');
    await importing.shows("Imported 'default'.");
    expect(await importing.exitCode).toBe(0);
    expect(storeOf(there.path).profiles.list()).toEqual([secretProfile]);
  });
});
