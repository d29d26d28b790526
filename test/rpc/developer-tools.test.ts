import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { AzTokenParameters, AzTokenResult, CredentialSource } from '../../src/protocol/az-token.ts';
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
import { ask, refusalOf, towards, type Emulator } from '../helpers/flows.ts';

let shed: ToolShed;
let emulator: Emulator;
let engine: Engine;

beforeAll(async () => {
  shed = await ToolShed.open();
  emulator = await startEmulator();
  engine = await startEngine({ environment: towards(emulator) });
});
beforeEach(() => void engine.logs.splice(0));
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
  await shed[Symbol.asyncDispose]();
});

const expiry = new Date(toolExpiry * 1000).toISOString();
const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const claimsInBase64 = Buffer.from(claims).toString('base64');

/** Notes its arguments. */
const noting = `echo "$@" >> "$here/asked"`;
const az = (): Promise<string> =>
  shed.tool('az', `${noting}; ${printing({ accessToken: toolToken, expires_on: toolExpiry })}`);
const azd = (): Promise<string> => shed.tool('azd', `${noting}; ${printing({ token: toolToken, expiresOn: expiry })}`);

/** Stands in for PowerShell with Az.Accounts: the library asks whether it runs (`/?`), then has a script written as JSON. */
const pwsh = (): Promise<string> =>
  shed.tool(
    'pwsh',
    `[ "$1" = '/?' ] && exit
    echo "$AZURE_IDENTITY_POWERSHELL_RESOURCE $AZURE_IDENTITY_POWERSHELL_TENANT_ID" > "$here/asked"
    ${printing({ ExpiresOn: expiry, Token: toolToken })}`,
  );

const from = (
  source: CredentialSource,
  environment: Environment,
  parameters: AzTokenParameters = {},
): Promise<AzTokenResult> =>
  ask(engine, 'NonInteractive', { credentialPrecedence: [source], ...parameters }, { environment });

const leftOut = (scopes: string): string =>
  `This developer tool's token is always for a whole resource, with the permissions that the tool has been given. ` +
  `Scope ${scopes} was left out; the token is for https://graph.microsoft.com.`;

describe.skipIf(process.platform === 'win32')('Azure PowerShell', () => {
  it('is asked for the resource and the tenant, and gives its token', async () => {
    const folder = await pwsh();
    const result = await from('AzurePowerShell', withToolsOf(emulator, folder), {
      resource: 'https://vault.azure.net/',
      tenantId: 'contoso.com',
    });
    expect(result).toMatchObject({ token: toolToken, expiresOn: toolExpiry * 1000, identity: 'az@contoso.com' });
    expect(result.reusableUntil).toBeNull();
    expect(await noteOf(folder, 'asked')).toBe('https://vault.azure.net contoso.com\n');
  });

  it('is asked for the whole resource of a narrower scope, with a warning', async () => {
    const folder = await pwsh();
    expect(await from('AzurePowerShell', withToolsOf(emulator, folder), { scope: ['User.Read'] })).toMatchObject({
      token: toolToken,
    });
    expect(await noteOf(folder, 'asked')).toBe('https://graph.microsoft.com \n');
    expect(engine.logs).toMatchObject([{ level: 'warning', message: leftOut('User.Read') }]);
  });

  it('says how to sign in when nobody is', async () => {
    const folder = await shed.tool(
      'pwsh',
      `[ "$1" = '/?' ] || { echo 'Get-AzAccessToken: Run Connect-AzAccount to login.' >&2; exit 1; }`,
    );
    const refusal = await refusalOf(from('AzurePowerShell', withToolsOf(emulator, folder)));
    expect(refusal.data).toMatchObject({ code: 'CredentialUnavailable' });
    expect(refusal.data.steps?.at(-1)).toEqual({
      source: 'Azure PowerShell',
      outcome: 'unavailable',
      reason: "Please run 'Connect-AzAccount' from PowerShell to authenticate before using this credential.",
    });
  });
});

describe.skipIf(process.platform === 'win32')('A token in an answer that can not be read', () => {
  it('of Azure PowerShell is in no message', async () => {
    const folder = await shed.tool('pwsh', `echo '{"Token":"${toolToken}","ExpiresOn": 1/1/2030 }'`);
    const refusal = await refusalOf(from('AzurePowerShell', withToolsOf(emulator, folder)));
    expect(refusal.data.steps?.at(-1)?.reason).toContain('Received output: {"Token":"***"');
    expect(JSON.stringify(refusal)).not.toContain(toolToken.split('.')[1]);
  });
});

describe.skipIf(process.platform === 'win32')('Scopes that are narrower than the resource', () => {
  it('are left out with a warning for Azure CLI, which takes a resource', async () => {
    const folder = await az();
    const scope = ['User.Read', 'Mail.Read'];
    expect(await from('AzureCLI', withToolsOf(emulator, folder), { scope })).toMatchObject({ token: toolToken });
    expect(await noteOf(folder, 'asked')).toBe(
      'account get-access-token --output json --resource https://graph.microsoft.com\n',
    );
    expect(engine.logs).toMatchObject([{ level: 'warning', message: leftOut('User.Read, Mail.Read') }]);
  });

  it('are no reason for a warning when there are none', async () => {
    await from('AzureCLI', withToolsOf(emulator, await az()), { scope: ['.default'] });
    expect(engine.logs).toEqual([]);
  });

  it('are no reason for a warning of a tool that has no token', async () => {
    const folder = await shed.tool('az', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    await refusalOf(from('AzureCLI', withToolsOf(emulator, folder), { scope: ['User.Read'] }));
    expect(engine.logs).toEqual([]);
  });

  it('reach Azure Developer CLI, which takes scopes', async () => {
    const folder = await azd();
    await from('AzureDeveloperCli', withToolsOf(emulator, folder), { scope: ['User.Read', 'Mail.Read'] });
    expect(await noteOf(folder, 'asked')).toBe(
      'auth token --output json --no-prompt --scope https://graph.microsoft.com/User.Read ' +
        '--scope https://graph.microsoft.com/Mail.Read\n',
    );
    expect(engine.logs).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('A claims challenge', () => {
  it('is nothing for Azure CLI, which is not asked, and the reason says what to run', async () => {
    const folder = await az();
    const refusal = await refusalOf(from('AzureCLI', withToolsOf(emulator, folder), { claim: claims }));
    expect(refusal.data.code).toBe('CredentialUnavailable');
    expect(refusal.data.steps?.at(-1)?.reason).toBe(
      "This credential doesn't support claims challenges. To authenticate with the required claims, please run the " +
        `following command: az login --claims-challenge ${claimsInBase64} --scope https://graph.microsoft.com/.default`,
    );
    expect(await noteOf(folder, 'asked')).toBe('');
  });

  it('is nothing for Azure PowerShell, which is not asked, and the reason says what to run', async () => {
    const folder = await pwsh();
    const refusal = await refusalOf(from('AzurePowerShell', withToolsOf(emulator, folder), { claim: claims }));
    expect(refusal.data.code).toBe('CredentialUnavailable');
    expect(refusal.data.steps?.at(-1)?.reason).toMatch(`: Connect-AzAccount -ClaimsChallenge ${claimsInBase64}`);
    expect(await noteOf(folder, 'asked')).toBe('');
  });

  it('reaches Azure Developer CLI', async () => {
    const folder = await azd();
    await from('AzureDeveloperCli', withToolsOf(emulator, folder), { claim: claims });
    expect(await noteOf(folder, 'asked')).toContain(` --claims ${claimsInBase64}\n`);
  });
});

describe.skipIf(process.platform === 'win32')("A tool's environment", () => {
  it('has what Azure CLI needs to answer as it does in the session, and nothing that is not listed', async () => {
    const folder = await shed.tool(
      'az',
      `export -p > "$here/seen"; ${printing({ accessToken: toolToken, expires_on: toolExpiry })}`,
    );
    const needed = {
      REQUESTS_CA_BUNDLE: '/etc/proxy.pem',
      CURL_CA_BUNDLE: '/etc/curl.pem',
      AZURE_CLOUD_NAME: 'AzureUSGovernment',
      AZURE_CORE_INSTANCE_DISCOVERY: 'false',
      AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'false',
    };
    await from('AzureCLI', { ...withToolsOf(emulator, folder), ...needed, AZURE_CORE_OUTPUT: 'yaml' });
    const seen = await noteOf(folder, 'seen');
    for (const [name, value] of Object.entries(needed)) expect(seen).toMatch(new RegExp(`${name}=['"]${value}['"]`));
    expect(seen).not.toContain('AZURE_CORE_OUTPUT');
  });
});

describe.skipIf(process.platform === 'win32')('Visual Studio', () => {
  const provider = async (script: string): Promise<{ folder: string; Path: string }> => {
    const folder = await shed.tool('provider', `${noting}; ${script}`);
    return { folder, Path: join(folder, 'provider') };
  };
  const withProviders = async (providers: readonly object[]): Promise<Environment> => ({
    ...withToolsOf(emulator),
    LOCALAPPDATA: await shed.visualStudio(providers),
  });

  it("has its provider asked for the resource and the tenant, after the provider's own arguments", async () => {
    const { folder, Path } = await provider(printing(providerAnswer));
    const environment = await withProviders([{ Path, Arguments: ['--own', '1'], Preference: 1 }]);
    const parameters = { resource: 'https://vault.azure.net', tenantId: 'contoso.com' };
    expect(await from('VisualStudio', environment, parameters)).toMatchObject({
      token: toolToken,
      expiresOn: toolExpiry * 1000,
      reusableUntil: null,
    });
    expect(await noteOf(folder, 'asked')).toBe('--own 1 --resource https://vault.azure.net --tenant contoso.com\n');
  });

  it('has its provider asked for the whole resource of a narrower scope, with a warning', async () => {
    const { folder, Path } = await provider(printing(providerAnswer));
    await from('VisualStudio', await withProviders([{ Path }]), { scope: ['User.Read'] });
    expect(await noteOf(folder, 'asked')).toBe('--resource https://graph.microsoft.com\n');
    expect(engine.logs).toMatchObject([{ level: 'warning', message: leftOut('User.Read') }]);
  });

  it('has the provider asked first whose preference is the lowest, and no other when that one has a token', async () => {
    const second = await provider(printing({ ...providerAnswer, access_token: 'second' }));
    const first = await provider(printing(providerAnswer));
    const environment = await withProviders([
      { Path: second.Path, Preference: 2 },
      { Path: first.Path, Preference: 1 },
    ]);
    expect(await from('VisualStudio', environment)).toMatchObject({ token: toolToken });
    expect(await noteOf(second.folder, 'asked')).toBe('');
  });

  it.each([
    ['fails', 'echo "not signed in" >&2; exit 1'],
    ['prints no token', 'echo {}'],
    ['is not there', undefined],
  ])('goes on to the next provider when one %s', async (_what, script) => {
    const one = script === undefined ? { Path: '/nowhere/provider' } : await provider(script);
    const other = await provider(printing(providerAnswer));
    const environment = await withProviders([{ Path: one.Path }, { Path: other.Path, Preference: 1 }]);
    expect(await from('VisualStudio', environment)).toMatchObject({ token: toolToken });
  });

  it('is unavailable when no provider has a token, with what each of them said', async () => {
    const failing = await provider('echo "not signed in" >&2; exit 1');
    const silent = await provider('exit 0');
    const environment = await withProviders([{ Path: failing.Path }, { Path: silent.Path }]);
    const refusal = await refusalOf(from('VisualStudio', environment));
    expect(refusal.data.code).toBe('CredentialUnavailable');
    expect(refusal.data.steps?.at(-1)?.reason).toBe(
      `Visual Studio's token provider gave none: not signed in; ${silent.Path} exited without a token. ` +
        'Choose an account in Visual Studio: Tools, Options, Azure Service Authentication.',
    );
  });

  it('is quoted by the beginning of what it says, without colours', async () => {
    const long = `printf '\\033[31mno account\\033[0m %01000d\\n' 0 >&2; exit 1`;
    const environment = await withProviders([{ Path: (await provider(long)).Path }]);
    const refusal = await refusalOf(from('VisualStudio', environment));
    expect(refusal.data.steps?.at(-1)?.reason).toMatch(
      /^Visual Studio's token provider gave none: no account 0{589}\. Choose an account /,
    );
  });
});
