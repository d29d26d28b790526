import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import {
  noteOf,
  printing,
  providerAnswer,
  toolExpiry,
  ToolShed,
  toolToken,
  withToolsOf,
} from '../helpers/developer-tools.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, contoso, refusalOf, towards, type Emulator } from '../helpers/flows.ts';

let shed: ToolShed;
let emulator: Emulator;
let engine: Engine;

const only = (...folders: string[]): Environment => withToolsOf(emulator, ...folders);
const azAnswer = { accessToken: toolToken, expires_on: toolExpiry };

beforeAll(async () => {
  shed = await ToolShed.open();
  emulator = await startEmulator();
  engine = await startEngine({ environment: towards(emulator) });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
  await shed[Symbol.asyncDispose]();
});

describe.skipIf(process.platform === 'win32')('The chain', () => {
  it("takes Azure CLI's token, with the token's own expiry and not the local time that old versions print", async () => {
    const localTime = { expiresOn: '2001-01-01 00:00:00.000000', tokenType: 'Bearer' };
    const az = await shed.tool('az', printing({ accessToken: toolToken, ...localTime }));
    const result = await ask(engine, 'NonInteractive', {}, { environment: only(az) });
    expect(result).toMatchObject({
      token: toolToken,
      identity: 'az@contoso.com',
      tenantId: 'tenant-of-az',
      expiresOn: toolExpiry * 1000,
    });
  });

  it("does not keep a developer tool's token: the person may have signed in as somebody else", async () => {
    const az = await shed.tool('az', printing(azAnswer));
    const result = await ask(engine, 'NonInteractive', {}, { environment: only(az) });
    expect(result.reusableUntil).toBeNull();
  });

  it('asks Azure CLI for the resource and the tenant', async () => {
    const az = await shed.tool('az', `echo "$@" > "$here/asked"; ${printing(azAnswer)}`);
    const parameters = { resource: 'https://vault.azure.net/', tenantId: 'contoso.com' };
    await ask(engine, 'NonInteractive', parameters, { environment: only(az) });
    expect(await noteOf(az, 'asked')).toContain(
      'account get-access-token --output json --resource https://vault.azure.net --tenant contoso.com',
    );
  });

  it('goes on to Azure Developer CLI when nobody is signed in to Azure CLI', async () => {
    const az = await shed.tool('az', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const azd = await shed.tool(
      'azd',
      printing({ token: toolToken, expiresOn: new Date(toolExpiry * 1000).toISOString() }),
    );
    const environment = only(az, azd);
    const result = await ask(engine, 'NonInteractive', {}, { environment });
    expect(result.token).toBe(toolToken);
  });

  it('sees a PATH that the session has changed since the last request', async () => {
    expect(await refusalOf(ask(engine, 'NonInteractive', {}, { environment: only() }))).toMatchObject({
      data: { code: 'CredentialUnavailable' },
    });
    const az = await shed.tool('az', printing(azAnswer));
    expect(await ask(engine, 'NonInteractive', {}, { environment: only(az) })).toMatchObject({ token: toolToken });
  });

  it.each([
    ['AZURE_TENANT_ID is not set, so AZURE_CLIENT_SECRET', { AZURE_CLIENT_ID: contoso, AZURE_CLIENT_SECRET: 's' }],
    ['AZURE_CLIENT_ID is not set, so AZURE_CLIENT_SECRET', { AZURE_TENANT_ID: contoso, AZURE_CLIENT_SECRET: 's' }],
    [
      'AZURE_TENANT_ID, AZURE_CLIENT_ID are not set, so AZURE_CLIENT_CERTIFICATE_PATH',
      { AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere/application.pem' },
    ],
  ])(
    "warns of a credential that counts for nothing, when another one's token is taken: %s",
    async (what, variables) => {
      const az = await shed.tool('az', printing(azAnswer));
      engine.logs.length = 0;
      const result = await ask(engine, 'NonInteractive', {}, { environment: { ...only(az), ...variables } });
      expect(result.token).toBe(toolToken);
      expect(engine.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
        `warning: ${what} counts for nothing; the token came from Azure CLI.`,
      ]);
    },
  );

  it('gives no warning of variables that other sources go by too', async () => {
    const az = await shed.tool('az', printing(azAnswer));
    engine.logs.length = 0;
    const environment = { ...only(az), AZURE_TENANT_ID: contoso, AZURE_CLIENT_ID: contoso };
    await ask(engine, 'NonInteractive', {}, { environment });
    expect(engine.logs).toEqual([]);
  });

  it('follows -CredentialPrecedence and asks nobody else', async () => {
    const az = await shed.tool('az', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
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
    expect(lines).toContain(
      '  - Visual Studio Code: Its sign-in needs the npm package @azure/identity-vscode, which is not beside the engine.',
    );
    expect(lines.at(-1)).toBe('Set up one of them, or sign in with Get-AzToken -Interactive.');
    expect(lines).toHaveLength(10);
  });

  it("takes the token of Visual Studio's token provider", async () => {
    const provider = await shed.tool('provider', printing(providerAnswer));
    const localData = await shed.visualStudio([
      { Path: join(provider, 'provider'), Arguments: ['--one'], Preference: 1 },
    ]);
    const environment = { ...only(), LOCALAPPDATA: localData };
    expect(
      await ask(engine, 'NonInteractive', { credentialPrecedence: ['VisualStudio'] }, { environment }),
    ).toMatchObject({ token: toolToken });
  });
});
