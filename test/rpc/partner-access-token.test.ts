import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  newPartnerAccessToken,
  newSecMgmtAccessToken,
  type PartnerTokenParameters,
} from '../../src/protocol/partner-token.ts';
import { forget } from '../../src/protocol/session.ts';
import { startEngine } from '../helpers/engine.ts';
import { confidentialClient, contoso, refusalOf, tokenRequests, towards } from '../helpers/flows.ts';
import { aliceId, graphDefault, partner, secMgmt } from '../helpers/partner-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

const emulator = await emulatorOfFile();
const engine = await engineOfFile({ environment: towards(emulator) });

const application: PartnerTokenParameters = {
  applicationId: confidentialClient.id,
  credential: { userName: confidentialClient.id, password: confidentialClient.secret },
  scopes: [graphDefault],
  servicePrincipal: true,
  tenant: contoso,
};

/** A proxy on this machine that lets nobody through and keeps where they wanted to go. */
async function startRefusingProxy(): Promise<AsyncDisposable & { address: string; wanted: (string | undefined)[] }> {
  const wanted: (string | undefined)[] = [];
  const server = createServer().on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    wanted.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wanted,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

describe('The set AccessToken', () => {
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  const ask = (accessToken: string, changes: PartnerTokenParameters = {}) =>
    partner(engine, 'AccessToken', { accessToken, applicationId: contoso, scopes: ['a/b', 'c/d'], ...changes });

  it('gives back the token with what is in it, and asks nobody', async () => {
    const token = jwt({ exp: inAnHour, tid: contoso, oid: aliceId, upn: 'alice@contoso.com' });
    expect(await ask(token)).toEqual({
      accessToken: token,
      isExtendedLifeTimeToken: false,
      uniqueId: null,
      expiresOn: inAnHour * 1000,
      extendedExpiresOn: inAnHour * 1000,
      tenantId: contoso,
      account: {
        username: 'alice@contoso.com',
        environment: new URL(emulator.authority).host,
        homeAccountId: { identifier: `${aliceId}.${contoso}`, objectId: aliceId, tenantId: contoso },
      },
      idToken: null,
      scopes: ['a/b', 'c/d'],
      correlationId: '00000000-0000-0000-0000-000000000000',
      refreshToken: null,
      reusableUntil: null,
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    ['AzureCloud', 'login.microsoftonline.com'],
    ['AzureChinaCloud', 'login.chinacloudapi.cn'],
    ['AzureGermanCloud', 'login.microsoftonline.de'],
    ['AzurePPE', 'login.windows-ppe.net'],
    ['AzureUSGovernment', 'login.microsoftonline.us'],
  ] as const)('has the sign-in host of -Environment %s in the account', async (environment, host) => {
    const token = jwt({ exp: inAnHour, tid: contoso, oid: aliceId, upn: 'alice@contoso.com' });
    expect((await ask(token, { environment })).account?.environment).toBe(host);
  });

  it('has no account for a token without upn', async () => {
    expect((await ask(jwt({ exp: inAnHour, tid: contoso, oid: aliceId }))).account).toBeNull();
  });

  it.each([
    ['a text that is no JWT', 'not-a-token', 'the value is no JWT. Give the whole access token, as it was handed out.'],
    [
      'a JWT cut short',
      jwt({ exp: inAnHour, tid: contoso }).split('.').slice(0, 2).join('.').slice(0, -4),
      'the value is no JWT.',
    ],
    ['a token without tid', jwt({ exp: inAnHour }), 'the token does not say of which tenant it is (claim tid).'],
    ['a token without exp', jwt({ tid: contoso }), 'the token does not say when it expires (claim exp).'],
  ])('refuses %s', async (_what, token, words) => {
    const refusal = await refusalOf(ask(token));
    expect(refusal).toMatchObject({ code: -32602, data: { code: 'InvalidParameter', parameter: 'AccessToken' } });
    expect(refusal.message).toContain(`Parameter AccessToken: ${words}`);
    expect(JSON.stringify(refusal)).not.toContain(token);
  });

  it('refuses a token that has expired, and says when', async () => {
    const refusal = await refusalOf(ask(jwt({ exp: 1_700_000_000, tid: contoso })));
    expect(refusal).toMatchObject({
      code: -32000,
      message:
        'Parameter AccessToken: the token expired on 2023-11-14T22:13:20.000Z. Get a new one and run the command again.',
      data: { code: 'TokenExpired', parameter: 'AccessToken', retryable: false },
    });
  });
});

describe('The set ServicePrincipal', () => {
  it.each([
    ['New-PartnerAccessToken', partner],
    ['New-SecMgmtAccessToken', secMgmt],
  ])('gets a token for the application with %s', async (_command, ask) => {
    const result = await ask(engine, 'ServicePrincipal', application);
    expect(result).toMatchObject({
      isExtendedLifeTimeToken: false,
      uniqueId: null,
      tenantId: contoso,
      account: null,
      idToken: null,
      scopes: [graphDefault],
      refreshToken: null,
    });
    const claims = JSON.parse(Buffer.from(result.accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
      appid: string;
    };
    expect(claims.appid).toBe(confidentialClient.id);
    expect(result.expiresOn).toBe(claims.exp * 1000);
    expect(result.extendedExpiresOn).toBe(result.expiresOn);
    expect(result.reusableUntil).toBe(result.expiresOn - 5 * 60_000);
    expect(result.correlationId).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
  });

  it("takes the client from -ApplicationId, whatever the credential's user name is", async () => {
    await engine.connection.sendRequest(forget);
    const credential = { userName: 'anything', password: confidentialClient.secret };
    await partner(engine, 'ServicePrincipal', { ...application, credential });
    expect(emulator.requests.find(({ grantType }) => grantType)?.clientId).toBe(confidentialClient.id);
  });

  it('is sent once when both commands ask for the same at once, and then served from the cache', async () => {
    await engine.connection.sendRequest(forget);
    const answers = await Promise.all(
      [partner, secMgmt, partner, secMgmt].map((ask) => ask(engine, 'ServicePrincipal', application)),
    );
    answers.push(await partner(engine, 'ServicePrincipal', application));
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('never serves another secret from the cache', async () => {
    await partner(engine, 'ServicePrincipal', application);
    const credential = { userName: confidentialClient.id, password: 'wrong-Secret~1' };
    const refusal = await refusalOf(partner(engine, 'ServicePrincipal', { ...application, credential }));
    expect(refusal).toMatchObject({ code: -32000, data: { code: 'InvalidClient', aadsts: 7000215 } });
    expect(refusal.message).toContain('Check the client secret: its value is needed, not its id.');
  });

  it.each([
    [
      'an expired secret',
      { credential: { userName: 'x', password: confidentialClient.expiredSecret } },
      'InvalidClient',
      7000222,
    ],
    ['an unknown application', { applicationId: contoso }, 'ApplicationNotFound', 700016],
    ['an unknown tenant', { tenant: 'nobody.example' }, 'InvalidTenant', 90002],
    ['an unknown resource', { scopes: ['https://nobody.example/.default'] }, 'InvalidResource', 500011],
    ['a scope of a user', { scopes: ['https://graph.microsoft.com/User.Read'] }, 'InvalidScope', 1002012],
    [
      'scopes of two resources',
      { scopes: ['https://graph.microsoft.com/.default', 'https://vault.azure.net/.default'] },
      'InvalidScope',
      28000,
    ],
  ] as const)('says so for %s', async (_what, changes, code, aadsts) => {
    const refusal = await refusalOf(partner(engine, 'ServicePrincipal', { ...application, ...changes }));
    expect(refusal.data).toMatchObject({ code, aadsts });
    expect(refusal.message).toContain(`AADSTS${aadsts}`);
    expect(refusal.message).not.toMatch(/-Scope\b(?!s)|-Resource|Get-AzToken/);
    // After Entra's words comes what to do.
    expect(refusal.message).toMatch(/\(correlation id [-\w]+\) \w/);
  });

  it("asks for the application's own tenant where only a group of tenants is named", async () => {
    const refusal = await refusalOf(partner(engine, 'ServicePrincipal', { ...application, tenant: 'organizations' }));
    expect(refusal).toMatchObject({
      code: -32602,
      message:
        "Parameter Tenant: 'organizations' is no tenant of its own. An application signs in to one: give its id or domain.",
      data: { code: 'InvalidParameter', parameter: 'Tenant' },
    });
  });

  it('never shows the secret: not in debug lines, not in errors', async () => {
    engine.logs.length = 0;
    const password = 'Planted-Secret~42';
    const credential = { userName: confidentialClient.id, password };
    const refusal = await refusalOf(
      partner(engine, 'ServicePrincipal', { ...application, credential }, { logLevel: 'debug' }),
    );
    const told = JSON.stringify([refusal, engine.logs, engine.lastWords()]);
    expect(told).toContain('/oauth2/v2.0/token');
    expect(told).not.toContain(password);
    expect(told).not.toContain(encodeURIComponent(password));
  });
});

describe('-Environment', () => {
  it.each([
    ['AzureCloud', 'login.microsoftonline.com'],
    // MSAL goes to the newer of the two names that this cloud has, as MSAL.NET does.
    ['AzureChinaCloud', 'login.partner.microsoftonline.cn'],
    ['AzureGermanCloud', 'login.microsoftonline.de'],
    ['AzurePPE', 'login.windows-ppe.net'],
    ['AzureUSGovernment', 'login.microsoftonline.us'],
  ] as const)('%s asks %s and nobody else, whatever AZURE_AUTHORITY_HOST says', async (environment, host) => {
    await using proxy = await startRefusingProxy();
    await using behindProxy = await startEngine({ environment: { ...towards(emulator), HTTPS_PROXY: proxy.address } });
    const refusal = await refusalOf(partner(behindProxy, 'ServicePrincipal', { ...application, environment }));
    expect(refusal).toMatchObject({ code: -32000, data: { code: 'NetworkError', retryable: false } });
    expect(refusal.message).toContain(`The proxy did not connect to ${host}: it answered 403.`);
    expect(new Set(proxy.wanted)).toEqual(new Set([`${host}:443`]));
    expect(emulator.requests).toEqual([]);
  });
});

describe('Parameters', () => {
  /** Whatever a client may send. */
  const refused = (
    parameterSet: string,
    parameters: object,
    type: { readonly method: string } = newPartnerAccessToken,
  ) => refusalOf(engine.connection.sendRequest(type.method, { parameterSet, parameters }));

  it.each([
    ['AccessToken', ['accessToken', 'applicationId', 'scopes']],
    ['RefreshToken', ['refreshToken', 'scopes']],
    ['ServicePrincipal', ['applicationId', 'credential', 'scopes', 'servicePrincipal', 'tenant']],
    ['ServicePrincipalCertificate', ['applicationId', 'certificate', 'scopes', 'tenant']],
    ['User', ['applicationId', 'scopes']],
    ['ByModule', ['module']],
  ])('of the set %s that are mandatory are missed by name', async (set, names) => {
    const all: Record<string, unknown> = {
      ...application,
      accessToken: 'x',
      refreshToken: 'x',
      module: 'ExchangeOnline',
      certificate: { handle: 'h', thumbprint: 't', x5c: [], algorithms: [] },
    };
    for (const name of names) {
      const given = Object.fromEntries(names.filter((one) => one !== name).map((one) => [one, all[one]]));
      const parameter = name === 'certificate' ? 'CertificateThumbprint' : name[0]?.toUpperCase() + name.slice(1);
      expect(await refused(set, given)).toMatchObject({
        code: -32602,
        message: `The parameter set ${set} needs the parameter ${parameter}.`,
        data: { code: 'MissingParameter', parameter },
      });
    }
  });

  it.each([
    ['AccessToken', { useAuthorizationCode: true }, 'UseAuthorizationCode'],
    ['RefreshToken', { accessToken: 'x' }, 'AccessToken'],
    ['ServicePrincipal', { certificate: {} }, 'CertificateThumbprint'],
    ['ServicePrincipalCertificate', { credential: {} }, 'Credential'],
    ['User', { refreshToken: 'x' }, 'RefreshToken'],
    ['ByModule', { scopes: ['x'] }, 'Scopes'],
  ])('of other sets are refused in %s', async (set, parameters, parameter) => {
    expect(await refused(set, parameters)).toMatchObject({
      code: -32602,
      message: `Parameter ${parameter} can't be used together with the parameter set ${set}.`,
      data: { code: 'InvalidParameterCombination', parameter },
    });
  });

  it.each(['AccessToken', 'ByModule'])('of the set %s are unknown to New-SecMgmtAccessToken', async (set) => {
    expect(await refused(set, {}, newSecMgmtAccessToken)).toMatchObject({
      code: -32602,
      message: `New-SecMgmtAccessToken has no parameter set '${set}'. It has RefreshToken, ServicePrincipal, ServicePrincipalCertificate, User.`,
      data: { code: 'InvalidParameterSet' },
    });
  });

  it('Module is unknown to New-SecMgmtAccessToken', async () => {
    expect(await refused('RefreshToken', { module: 'ExchangeOnline' }, newSecMgmtAccessToken)).toMatchObject({
      message: 'Parameter Module: there is no such parameter.',
      data: { code: 'InvalidParameter', parameter: 'Module' },
    });
  });

  it.each([
    ['Tenant', { tenant: 'no tenant' }, "'no tenant' is no tenant."],
    ['ApplicationId', { applicationId: 'me' }, "'me' is no client id."],
    ['Scopes', { scopes: ['a b'] }, "'a b' is no scope."],
    ['Scopes', { scopes: [] }, 'a list of scopes is needed.'],
    ['Environment', { environment: 'Mars' }, "'Mars' is none of AzureCloud, AzureChinaCloud,"],
    ['Credential', { credential: 'secret' }, 'an object with userName and password is needed.'],
    ['Credential', { credential: { userName: 'x', password: '' } }, 'the password is empty.'],
    ['ServicePrincipal', { servicePrincipal: 'yes' }, 'true or false is needed.'],
    ['TimeoutSeconds', { timeoutSeconds: 0 }, "'0' is no number of seconds from 1 to 86400."],
  ])('%s is checked: %j', async (parameter, changes, words) => {
    const refusal = await refused('ServicePrincipal', { ...application, ...changes });
    expect(refusal).toMatchObject({ code: -32602, data: { code: 'InvalidParameter', parameter } });
    expect(refusal.message).toContain(`Parameter ${parameter}: ${words}`);
  });
});

it('is among the methods that the engine says it has', () => {
  expect(engine.initialized.capabilities.methods).toEqual(
    expect.arrayContaining(['partnerAccessToken/new', 'secMgmtAccessToken/new']),
  );
});
