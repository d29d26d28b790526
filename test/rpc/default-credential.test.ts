import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, refusalOf, towards, type Emulator } from '../helpers/flows.ts';

/**
 * `az`, `azd` and `pwsh` here are small programs that print what the real ones print: the real ones sign in to
 * Microsoft's hosts only.
 */
let folder: string;
let emulator: Emulator;
let engine: Engine;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const exp = Math.floor(Date.now() / 1000) + 3600;
const token = `${part({ alg: 'none' })}.${part({ upn: 'az@contoso.com', tid: 'tenant-of-az', exp })}.x`;

async function tool(name: string, script: string): Promise<string> {
  const own = await mkdtemp(join(folder, `${name}-`));
  const file = join(own, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return own;
}

/** Only the given folders: what this machine has installed must not matter. `sh` is needed to run the tools. */
const only = (...folders: string[]): Record<string, string> => ({
  ...towards(emulator),
  AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9',
  PATH: folders.join(delimiter),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chain-'));
  emulator = await startEmulator();
  engine = await startEngine({ environment: towards(emulator) });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
  await rm(folder, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('The chain', () => {
  it("takes Azure CLI's token, with the token's own expiry and not the local time that old versions print", async () => {
    const az = await tool(
      'az',
      `echo '${JSON.stringify({ accessToken: token, expiresOn: '2001-01-01 00:00:00.000000', tokenType: 'Bearer' })}'`,
    );
    const result = await ask(engine, 'NonInteractive', {}, { environment: only(az) });
    expect(result).toMatchObject({
      token,
      identity: 'az@contoso.com',
      tenantId: 'tenant-of-az',
      expiresOn: exp * 1000,
    });
  });

  it("does not keep a developer tool's token: the person may have signed in as somebody else", async () => {
    const az = await tool('az', `echo '${JSON.stringify({ accessToken: token, expires_on: exp })}'`);
    const result = await ask(engine, 'NonInteractive', {}, { environment: only(az) });
    expect(result.reusableUntil).toBeNull();
  });

  it('asks Azure CLI for the resource and the tenant', async () => {
    const az = await tool(
      'az',
      `echo "$@" > "$(dirname "$0")/asked"; echo '${JSON.stringify({ accessToken: token, expires_on: exp })}'`,
    );
    const parameters = { resource: 'https://vault.azure.net/', tenantId: 'contoso.com' };
    await ask(engine, 'NonInteractive', parameters, { environment: { ...only(az), PATH: `${az}:/usr/bin:/bin` } });
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(join(az, 'asked'), 'utf8')).toContain(
      'account get-access-token --output json --resource https://vault.azure.net --tenant contoso.com',
    );
  });

  it('goes on to Azure Developer CLI when nobody is signed in to Azure CLI', async () => {
    const az = await tool('az', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const azd = await tool('azd', `echo '${JSON.stringify({ token, expiresOn: new Date(exp * 1000).toISOString() })}'`);
    const environment = only(az, azd);
    const result = await ask(engine, 'NonInteractive', {}, { environment });
    expect(result.token).toBe(token);
  });

  it('sees a PATH that the session has changed since the last request', async () => {
    expect(await refusalOf(ask(engine, 'NonInteractive', {}, { environment: only() }))).toMatchObject({
      data: { code: 'CredentialUnavailable' },
    });
    const az = await tool('az', `echo '${JSON.stringify({ accessToken: token, expires_on: exp })}'`);
    expect(await ask(engine, 'NonInteractive', {}, { environment: only(az) })).toMatchObject({ token });
  });

  it('follows -CredentialPrecedence and asks nobody else', async () => {
    const az = await tool('az', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const refusal = await refusalOf(
      ask(
        engine,
        'NonInteractive',
        { credentialPrecedence: ['ManagedIdentity', 'AzureCLI'] },
        { environment: only(az) },
      ),
    );
    expect(refusal.data.steps?.map(({ source }) => source)).toEqual([
      'Account of the last interactive sign-in',
      'Managed identity',
      'Azure CLI',
    ]);
  });

  it('tells what each source said when none has a token, in one readable message', async () => {
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment: only() }));
    expect(refusal.data).toMatchObject({ code: 'CredentialUnavailable', retryable: false });
    expect(refusal.data.steps?.map(({ source }) => source)).toEqual([
      'Account of the last interactive sign-in',
      'Environment variables',
      'Azure PowerShell',
      'Azure CLI',
      'Azure Developer CLI',
      'Visual Studio Code',
      'Visual Studio',
      'Managed identity',
    ]);
    const lines = refusal.message.split('\n');
    expect(lines[0]).toBe('No source has a token for https://graph.microsoft.com. Tried, in this order:');
    expect(lines).toContain(
      '  - Environment variables: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH are not set.',
    );
    expect(lines[4]).toMatch(/^ {2}- Azure CLI: .*az/);
    expect(lines.at(-1)).toBe('Set up one of them, or sign in with Get-AzToken -Interactive.');
    expect(lines).toHaveLength(10);
  });

  it("takes the token of Visual Studio's token provider", async () => {
    const provider = await tool(
      'provider',
      `echo '${JSON.stringify({ access_token: token, expires_on: new Date(exp * 1000).toISOString() })}'`,
    );
    const { mkdir } = await import('node:fs/promises');
    const home = join(folder, 'vs', '.IdentityService', 'AzureServiceAuth');
    await mkdir(home, { recursive: true });
    const providers = [{ Path: join(provider, 'provider'), Arguments: ['--one'], Preference: 1 }];
    await writeFile(join(home, 'tokenprovider.json'), JSON.stringify({ TokenProviders: providers }));
    const environment = { ...only(), LOCALAPPDATA: join(folder, 'vs') };
    expect(
      await ask(engine, 'NonInteractive', { credentialPrecedence: ['VisualStudio'] }, { environment }),
    ).toMatchObject({ token });
  });
});
