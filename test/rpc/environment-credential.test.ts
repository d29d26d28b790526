import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { forget } from '../../src/protocol/session.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import {
  ask,
  confidentialClient,
  contoso,
  refusalOf,
  tokenRequests,
  towards,
  withSecret,
  type Emulator,
} from '../helpers/flows.ts';
import { directoryWith } from '../helpers/emulator.ts';

const certificateClient = 'ce470000-0000-4000-8000-000000000002';
const registered = makeCertificate();
const absentFile = { AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere/absent.pem' };
let folder: string;
let emulator: Emulator;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environment-'));
  emulator = await startEmulator({
    directory: directoryWith(certificateClient, { certificates: [registered.certificate] }),
  });
  engine = await startEngine({ environment: withSecret(emulator) });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  emulator.clearRequests();
  // A request that was given up may have left its answer.
  emulator.nextAnswers.clear();
});

describe('The environment with a secret', () => {
  it('gets a token for the application', async () => {
    const result = await ask(engine, 'NonInteractive', { force: true }, { environment: withSecret(emulator) });
    expect(result.tenantId).toBe(contoso);
    expect(result.scopes).toEqual(['.default']);
    expect(result.expiresOn).toBeGreaterThan(Date.now() + 50 * 60_000);
    expect(result.claims).toContainEqual(['aud', 'https://graph.microsoft.com']);
    expect(result.claims.find(([name]) => name === 'roles')).toContain('User.Read.All');
  });

  it('is served from the cache the second time, without a request', async () => {
    const environment = withSecret(emulator);
    const first = await ask(engine, 'NonInteractive', {}, { environment });
    emulator.clearRequests();
    const second = await ask(engine, 'NonInteractive', {}, { environment });
    expect(second.token).toBe(first.token);
    expect(emulator.requests).toEqual([]);
    expect(second.reusableUntil).toBe(second.expiresOn - 5 * 60_000);
  });

  it.each([
    ['Force, and may be given to who asks without', { force: true }, true],
    ['Claim, and is for the one who was challenged', { claim: '{"access_token":{"nbf":{"essential":true}}}' }, false],
  ])('goes past the cache with %s', async (_what, parameters, reusable) => {
    const environment = withSecret(emulator);
    await ask(engine, 'NonInteractive', {}, { environment });
    emulator.clearRequests();
    const result = await ask(engine, 'NonInteractive', parameters, { environment });
    expect(tokenRequests(emulator)).toBe(1);
    expect(result.reusableUntil).toBe(reusable ? result.expiresOn - 5 * 60_000 : null);
  });

  it('is sent once when the same is asked for twenty times at once', async () => {
    const environment = withSecret(emulator);
    const parameters = { resource: 'https://management.azure.com' };
    const results = await Promise.all(
      Array.from({ length: 20 }, () => ask(engine, 'NonInteractive', parameters, { environment })),
    );
    expect(new Set(results.map(({ token }) => token)).size).toBe(1);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('never gives the token of another secret: a wrong one is refused, although a good one was used before', async () => {
    await ask(engine, 'NonInteractive', {}, { environment: withSecret(emulator) });
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment: withSecret(emulator, 'wrong') }));
    expect(refusal).toMatchObject({
      code: -32000,
      data: { code: 'InvalidClient', aadsts: 7000215, oauthError: 'invalid_client', retryable: false },
    });
    expect(refusal.message).toMatch(
      /^Environment variables: AADSTS7000215: .* \(correlation id [0-9a-f-]{36}\) Check the client secret: its value is needed, not its id\.$/,
    );
    expect(refusal.data.steps?.map(({ outcome }) => outcome)).toEqual(['unavailable', 'failed']);
    expect(refusal.data.traceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs((refusal.data.timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('says that the secret has expired', async () => {
    const environment = withSecret(emulator, confidentialClient.expiredSecret);
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000222 });
    expect(refusal.message).toContain('The client secret has expired. Create a new one for the app registration.');
  });

  it.each([
    ['an unknown application', { AZURE_CLIENT_ID: contoso }, {}, 'ApplicationNotFound', 700016],
    ['an unknown tenant', {}, { tenantId: 'nobody.example' }, 'InvalidTenant', 90002],
    ['an unknown resource', {}, { resource: 'https://nobody.example' }, 'InvalidResource', 500011],
    ['a scope that is not .default', {}, { scope: ['User.Read'] }, 'InvalidScope', 1002012],
  ] as const)('says so for %s', async (_what, changes, parameters, code, aadsts) => {
    const environment = { ...withSecret(emulator), ...changes };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', parameters, { environment }));
    expect(refusal.data).toMatchObject({ code, aadsts });
    expect(refusal.message).toContain(`AADSTS${aadsts}`);
  });

  it.each([
    ['AZURE_TENANT_ID', 'common', { AZURE_TENANT_ID: 'common' }, {}],
    ['AZURE_TENANT_ID', 'Organizations', { AZURE_TENANT_ID: 'Organizations' }, {}],
    ['AZURE_TENANT_ID', 'consumers', { AZURE_TENANT_ID: 'consumers', AZURE_CLIENT_SECRET: '', ...absentFile }, {}],
    ['-TenantId', 'common', {}, { tenantId: 'common' }],
    ['-TenantId', 'Organizations', {}, { tenantId: 'Organizations' }],
  ])('asks nobody when %s is %s, and says that it is no tenant', async (name, tenant, changes, parameters) => {
    const environment = { ...withSecret(emulator), ...changes };
    expect(await refusalOf(ask(engine, 'NonInteractive', parameters, { environment }))).toMatchObject({
      code: -32602,
      message:
        `Environment variables: ${name} is '${tenant}', which is no tenant of its own. ` +
        'An application signs in to one: give its id or domain.',
      data: { code: 'InvalidParameter', parameter: name.replace('-', '') },
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each([`${contoso} `, 'contoso.com/x', '../..', '..'])('asks nobody when AZURE_TENANT_ID is %j', async (tenant) => {
    const environment = { ...withSecret(emulator), AZURE_TENANT_ID: tenant };
    expect(await refusalOf(ask(engine, 'NonInteractive', {}, { environment }))).toMatchObject({
      message:
        `Environment variables: AZURE_TENANT_ID is '${tenant}', which is no tenant. ` +
        'Set it to the id of one (a GUID) or one of its domains.',
      data: { code: 'InvalidParameter', parameter: 'AZURE_TENANT_ID' },
    });
    expect(emulator.requests).toEqual([]);
  });

  it('asks the tenant that -TenantId names', async () => {
    const environment = { ...withSecret(emulator), AZURE_TENANT_ID: 'nobody.example' };
    const result = await ask(engine, 'NonInteractive', { tenantId: 'contoso.onmicrosoft.com' }, { environment });
    expect(result.tenantId).toBe(contoso);
  });

  it('never shows the secret in a debug line', async () => {
    engine.logs.length = 0;
    await ask(engine, 'NonInteractive', { force: true }, { environment: withSecret(emulator), logLevel: 'debug' });
    const lines = engine.logs.map(({ message }) => message).join('\n');
    expect(lines).toContain('/oauth2/v2.0/token');
    expect(lines).not.toContain(confidentialClient.secret);
    expect(lines).not.toMatch(/ey\w+\.ey/);
  });
});

describe('session/forget', () => {
  it('forgets the cached tokens: the next request goes to the service again', async () => {
    const environment = withSecret(emulator);
    await ask(engine, 'NonInteractive', {}, { environment });
    expect(await engine.connection.sendRequest(forget)).toBeNull();
    emulator.clearRequests();
    await ask(engine, 'NonInteractive', {}, { environment });
    expect(tokenRequests(emulator)).toBe(1);
  });
});

describe('A parameter that the set does not take', () => {
  it('is refused when another set has it', async () => {
    const parameters = { credentialPrecedence: ['AzureCLI'] } as const;
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', parameters));
    expect(refusal).toMatchObject({
      code: -32602,
      message: "Parameter CredentialPrecedence can't be used together with the parameter set ManagedIdentity.",
      data: { code: 'InvalidParameterCombination', parameter: 'CredentialPrecedence' },
    });
  });

  it('is refused when there is none of its name', async () => {
    const refusal = await refusalOf(ask(engine, 'NonInteractive', { username: 'alice' } as never));
    expect(refusal).toMatchObject({
      code: -32602,
      message: 'Parameter Username: there is no such parameter.',
      data: { code: 'InvalidParameter', parameter: 'Username' },
    });
  });
});

describe('The environment with a certificate', () => {
  const environment = (path: string, password?: string): Record<string, string> => ({
    ...towards(emulator),
    AZURE_TENANT_ID: contoso,
    AZURE_CLIENT_ID: certificateClient,
    AZURE_CLIENT_CERTIFICATE_PATH: path,
    ...(password === undefined ? {} : { AZURE_CLIENT_CERTIFICATE_PASSWORD: password }),
  });

  it.each([
    ['PEM', 'good.pem', registered.certificate + registered.privateKey, undefined],
    ['PFX', 'good.pfx', registered.pfx('pass'), 'pass'],
  ])('gets a token with a %s file', async (_what, name, content, password) => {
    const path = join(folder, name);
    await writeFile(path, content);
    const result = await ask(engine, 'NonInteractive', { force: true }, { environment: environment(path, password) });
    expect(result.claims).toContainEqual(['appid', certificateClient]);
    // Another file may be there at the next call, which only the engine sees.
    expect(result.reusableUntil).toBeNull();
  });

  it('is served the cached token without a request', async () => {
    const path = join(folder, 'cached.pem');
    await writeFile(path, registered.certificate + registered.privateKey);
    const first = await ask(engine, 'NonInteractive', {}, { environment: environment(path) });
    emulator.clearRequests();
    expect((await ask(engine, 'NonInteractive', {}, { environment: environment(path) })).token).toBe(first.token);
    expect(emulator.requests).toHaveLength(0);
  });

  it('says that the certificate is not the registered one', async () => {
    const stranger = makeCertificate();
    const path = join(folder, 'stranger.pem');
    await writeFile(path, stranger.certificate + stranger.privateKey);
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment: environment(path) }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 700027 });
    expect(refusal.message).toContain('Register the certificate with the app registration');
  });

  it('says that the file does not exist', async () => {
    const path = join(folder, 'absent.pem');
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment: environment(path) }));
    expect(refusal).toMatchObject({
      message: `Environment variables: The certificate file '${path}' does not exist. Correct the path, or put the file there.`,
      data: { code: 'CertificateNotFound' },
    });
  });
});

describe('The authority', () => {
  it('must be https', async () => {
    const environment = { ...withSecret(emulator), AZURE_AUTHORITY_HOST: 'http://localhost' };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment }));
    expect(refusal.data).toMatchObject({ code: 'InvalidParameter', parameter: 'AZURE_AUTHORITY_HOST' });
  });
});
