import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { managedIdentityPaths } from '../../src/emulator/managed-identity.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { call, claimsOf, contoso } from './client.ts';
import type { Answer } from './client.ts';

const system = { clientId: '5e1f0000-0000-4000-8000-000000000001', objectId: '5e1f0000-0000-4000-8000-0000000000f1' };
const shared = {
  clientId: 'a5516000-0000-4000-8000-000000000002',
  objectId: 'a5516000-0000-4000-8000-0000000000f2',
  resourceId:
    '/subscriptions/33333333-3333-4333-8333-333333333333/resourcegroups/contoso/providers/Microsoft.ManagedIdentity/userAssignedIdentities/contoso-shared',
};

const keyFolder = mkdtempSync(join(tmpdir(), 'arc-keys-'));
let emulator: Emulator;
beforeAll(async () => void (emulator = await startEmulator({ arcKeyDirectory: keyFolder })));
afterAll(async () => {
  await emulator.close();
  rmSync(keyFolder, { recursive: true });
});

const query = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString();
const resource = 'https://vault.azure.net';

describe("App Service's endpoint", () => {
  const get = (parameters: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Answer> => {
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = emulator.managedIdentityEnvironment.appService;
    const address = `${IDENTITY_ENDPOINT}?${query({ 'api-version': '2019-08-01', resource, ...parameters })}`;
    return call(emulator, address, { headers: { 'x-identity-header': IDENTITY_HEADER, ...headers } });
  };

  test('gives the system-assigned identity a token for a day', async () => {
    const answer = await get();
    const claims = claimsOf(answer);

    expect(answer.body).toEqual({
      access_token: expect.any(String),
      expires_on: String(claims.exp),
      resource,
      token_type: 'Bearer',
      client_id: system.clientId,
    });
    expect((claims.exp ?? 0) - (claims.nbf ?? 0)).toBe(86_400 + 300);
    expect(claims).toMatchObject({
      aud: resource,
      appid: system.clientId,
      oid: system.objectId,
      tid: contoso,
      idtyp: 'app',
    });
  });

  test.each([
    ['client_id', shared.clientId],
    ['principal_id', shared.objectId],
    ['mi_res_id', shared.resourceId],
    ['mi_res_id', shared.resourceId.toUpperCase()],
  ])('gives a user-assigned identity its token by %s %s', async (name, value) => {
    const answer = await get({ [name]: value, resource: 'https://graph.microsoft.com' });

    expect(claimsOf(answer)).toMatchObject({ appid: shared.clientId, roles: ['Directory.Read.All'] });
  });

  test.each<[string, Record<string, string>, Record<string, string>, number, RegExp]>([
    ['a wrong X-IDENTITY-HEADER', {}, { 'x-identity-header': 'wrong' }, 401, /X-IDENTITY-HEADER/],
    ['an empty X-IDENTITY-HEADER', {}, { 'x-identity-header': '' }, 401, /X-IDENTITY-HEADER/],
    ['no resource', { resource: '' }, {}, 400, /'resource'/],
    ['no api-version', { 'api-version': '' }, {}, 400, /'api-version'/],
    ['another api-version', { 'api-version': '2017-09-01' }, {}, 400, /'api-version'/],
    [
      'an identity that it has not got',
      { client_id: contoso },
      {},
      400,
      /^No User Assigned or Delegated Managed Identity/,
    ],
    ['an unknown resource', { resource: 'https://nowhere.example' }, {}, 400, /^AADSTS500011: /],
  ])('refuses %s', async (_, parameters, headers, status, message) => {
    const answer = await get(parameters, headers);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      statusCode: status,
      message: expect.stringMatching(message),
      correlationId: expect.any(String),
    });
  });
});

describe("Azure Automation's way to the same endpoint", () => {
  const post = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> => {
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = emulator.managedIdentityEnvironment.appService;
    return call(emulator, IDENTITY_ENDPOINT, {
      form,
      headers: { metadata: 'true', 'x-identity-header': IDENTITY_HEADER, ...headers },
    });
  };

  test('is a POST of a form without api-version', async () => {
    const answer = await post({ resource });

    expect([answer.status, answer.body['client_id']]).toEqual([200, system.clientId]);
  });

  test('takes the client_id of a user-assigned identity', async () => {
    expect((await post({ resource, client_id: shared.clientId })).body['client_id']).toBe(shared.clientId);
  });

  test.each<[string, Record<string, string>, Record<string, string>, number]>([
    ['without the Metadata header', { resource }, { metadata: '' }, 400],
    ['without the X-IDENTITY-HEADER', { resource }, { 'x-identity-header': '' }, 401],
    ['without a resource', {}, {}, 400],
  ])('is refused %s', async (_, form, headers, status) => {
    expect((await post(form, headers)).status).toBe(status);
  });
});

describe('the metadata service of a virtual machine', () => {
  const get = (
    parameters: Record<string, string> = {},
    headers: Record<string, string> = { metadata: 'true' },
  ): Promise<Answer> => {
    const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host } = emulator.managedIdentityEnvironment.imds;
    const address = `${host}/metadata/identity/oauth2/token?${query({ 'api-version': '2018-02-01', resource, ...parameters })}`;
    return call(emulator, address, { headers });
  };

  test('gives the system-assigned identity a token, with its numbers as text', async () => {
    const answer = await get();
    const { exp, nbf } = claimsOf(answer);

    expect(answer.body).toEqual({
      access_token: expect.any(String),
      client_id: system.clientId,
      expires_in: '86399',
      expires_on: String(exp),
      ext_expires_in: '86399',
      not_before: String(nbf),
      resource,
      token_type: 'Bearer',
    });
  });

  test.each([
    ['client_id', shared.clientId],
    ['object_id', shared.objectId],
    ['msi_res_id', shared.resourceId],
  ])('gives a user-assigned identity its token by %s', async (name, value) => {
    expect((await get({ [name]: value })).body['client_id']).toBe(shared.clientId);
  });

  test('answers a probe without the Metadata header at once with 400', async () => {
    const answer = await call(emulator, `${emulator.managedIdentity}/metadata/identity/oauth2/token`);

    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'Required metadata header not specified' },
    ]);
  });

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['a request that was forwarded', {}, { metadata: 'true', 'x-forwarded-for': '10.0.0.1' }, 'X-Forwarded-For'],
    ['no resource', { resource: '' }, { metadata: 'true' }, 'Required audience parameter not specified'],
    ['no api-version', { 'api-version': '' }, { metadata: 'true' }, 'api-version was not specified'],
    ['an old api-version', { 'api-version': '2017-01-01' }, { metadata: 'true' }, 'api-version is invalid'],
    ['an identity that it has not got', { client_id: contoso }, { metadata: 'true' }, 'Identity not found'],
    ['an unknown resource', { resource: 'https://nowhere.example' }, { metadata: 'true' }, 'AADSTS500011'],
  ])('refuses %s', async (_, parameters, headers, description) => {
    const answer = await get(parameters, headers);

    expect(answer.status).toBe(400);
    expect(answer.body['error_description']).toContain(description);
  });

  test('has no system-assigned identity where the directory has none', async () => {
    const bare = await startEmulator({ directory: {} });
    try {
      const address = `${bare.managedIdentity}/metadata/identity/oauth2/token?${query({ 'api-version': '2018-02-01', resource })}`;
      const answer = await call(bare, address, { headers: { metadata: 'true' } });

      expect(answer.body).toEqual({ error: 'invalid_request', error_description: 'Identity not found' });
    } finally {
      await bare.close();
    }
  });
});

describe("Arc's endpoint", () => {
  const get = (headers: Record<string, string> = {}, parameters: Record<string, string> = {}): Promise<Answer> => {
    const { IDENTITY_ENDPOINT } = emulator.managedIdentityEnvironment.arc;
    const address = `${IDENTITY_ENDPOINT}?${query({ 'api-version': '2020-06-01', resource, ...parameters })}`;
    return call(emulator, address, { headers: { metadata: 'true', ...headers } });
  };
  const keyFileOf = ({ headers }: Answer): string =>
    /^Basic realm=(.+\.key)$/.exec(headers['www-authenticate'] ?? '')?.[1] ?? '';

  test('asks for the content of a file that only the owner can read, and then gives the token', async () => {
    const challenge = await get();
    const file = keyFileOf(challenge);
    const mode = statSync(file).mode & 0o777;
    const answer = await get({ authorization: `Basic ${readFileSync(file, 'utf8')}` });

    expect(challenge.status).toBe(401);
    expect(mode).toBe(0o600);
    expect(answer.body['client_id']).toBe(system.clientId);
    expect(existsSync(file)).toBe(false);
  });

  test('confirms a user-assigned identity', async () => {
    const key = readFileSync(keyFileOf(await get()), 'utf8');

    const answer = await get({ authorization: `Basic ${key}` }, { object_id: shared.objectId });
    expect(answer.body).toMatchObject({ client_id: shared.clientId, object_id: shared.objectId });
  });

  test('refuses a key that it did not write, and one that was used', async () => {
    const key = readFileSync(keyFileOf(await get()), 'utf8');
    await get({ authorization: `Basic ${key}` });

    expect((await get({ authorization: `Basic ${key}` })).status).toBe(403);
    expect((await get({ authorization: 'Basic wrong' })).status).toBe(403);
  });

  test.each(['Bearer ', ''])('refuses the key after "%s" in place of Basic', async (scheme) => {
    const key = readFileSync(keyFileOf(await get()), 'utf8');

    expect((await get({ authorization: `${scheme}${key}` })).status).toBe(403);
  });

  test.each([
    ['an old api-version', { 'api-version': '2019-08-14' }, 'api-version is invalid'],
    ['no resource', { resource: '' }, 'Required audience parameter not specified'],
  ])('refuses %s', async (_, parameters, description) => {
    const { status, body } = await get({}, parameters);

    expect([status, body['error_description']]).toEqual([400, expect.stringContaining(description)]);
  });

  test('refuses a request without the Metadata header', async () => {
    expect((await get({ metadata: 'false' })).status).toBe(400);
  });

  test('leaves no key file behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'arc-keys-'));
    const own = await startEmulator({ arcKeyDirectory: folder });
    const address = `${own.managedIdentityEnvironment.arc.IDENTITY_ENDPOINT}?${query({ 'api-version': '2020-06-01', resource })}`;
    const challenge = await call(own, address, { headers: { metadata: 'true' } });
    const written = existsSync(keyFileOf(challenge));
    await own.close();

    expect([written, readdirSync(folder)]).toEqual([true, []]);
    rmSync(folder, { recursive: true });
  });
});

describe('a method that the service has not got is refused with 405', () => {
  const send = (path: string, method: string): Promise<Answer> => {
    const headers = { metadata: 'true', 'x-identity-header': emulator.directory.identityHeader };
    const address = `${emulator.managedIdentity}${path}?${query({ 'api-version': '2020-06-01', resource })}`;
    return call(emulator, address, { method, headers });
  };

  test.each(['PUT', 'DELETE'])("%s at App Service's endpoint", async (method) => {
    const { status, body } = await send(managedIdentityPaths.appService, method);

    expect(status).toBe(405);
    expect(body).toEqual({
      statusCode: 405,
      message: 'Only GET and POST are supported.',
      correlationId: expect.any(String),
    });
  });

  const { imds, arc } = managedIdentityPaths;
  test.each([
    ['POST', imds],
    ['DELETE', imds],
    ['POST', arc],
    ['DELETE', arc],
  ])('%s at %s', async (method, path) => {
    const { status, body } = await send(path, method);

    expect([status, body]).toEqual([405, { error: 'Method not allowed' }]);
  });
});

test('the plain listener serves nothing of the token service', async () => {
  expect(
    (await call(emulator, `${emulator.managedIdentity}/${contoso}/v2.0/.well-known/openid-configuration`)).status,
  ).toBe(404);
});
