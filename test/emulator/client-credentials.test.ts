import { describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  call,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  desktop,
  fabrikam,
  graphDefault,
  orders,
  postToken,
  tokenAddress,
} from './client.ts';

const emulator = await emulatorOfFile();

const good = {
  grant_type: 'client_credentials',
  client_id: confidential.id,
  client_secret: confidential.secret,
  scope: graphDefault,
} as const;

/** The good request with changes; undefined takes a parameter out. */
function changed(changes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries: [string, string | undefined][] = Object.entries({ ...good, ...changes });
  return Object.fromEntries(entries.filter((each): each is [string, string] => each[1] !== undefined));
}

describe('an application with its secret', () => {
  test('gets a token for an hour', async () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = await postToken(emulator, good);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: expect.any(String),
    });
    const { exp = 0, nbf } = claimsOf(answer);
    expect(exp - before).toBeGreaterThanOrEqual(3600);
    expect(exp - before).toBeLessThan(3620);
    expect(nbf).toBe(exp - 3900);
  });

  test('gets the roles that an administrator gave it, and no scopes', async () => {
    const claims = claimsOf(await postToken(emulator, good));

    expect(claims).toMatchObject({
      aud: 'https://graph.microsoft.com',
      iss: `${emulator.authority}/${contoso}/`,
      appid: confidential.id,
      appidacr: '1',
      idtyp: 'app',
      tid: contoso,
      ver: '1.0',
      roles: ['User.Read.All', 'Directory.Read.All'],
    });
    expect(claims['oid']).toBe(claims.sub);
    expect(claims).not.toHaveProperty('scp');
    expect(claims).not.toHaveProperty('upn');
  });

  test('gets a version 2.0 token for a resource that wants those', async () => {
    const claims = claimsOf(await postToken(emulator, changed({ scope: 'api://contoso-orders/.default' })));

    expect(claims).toMatchObject({
      aud: orders,
      iss: `${emulator.authority}/${contoso}/v2.0`,
      azp: confidential.id,
      azpacr: '1',
      ver: '2.0',
      roles: ['Orders.Read.All'],
    });
    expect(claims).not.toHaveProperty('appid');
  });

  test.each([
    ['00000003-0000-0000-c000-000000000000/.default', '00000003-0000-0000-c000-000000000000'],
    ['https://management.azure.com//.default', 'https://management.azure.com/'],
    ['https://vault.azure.net/.default', 'https://vault.azure.net'],
  ])('gets the audience as it wrote the resource: %s', async (scope, audience) => {
    expect(claimsOf(await postToken(emulator, changed({ scope }))).aud).toBe(audience);
  });

  test('may show it as Basic authentication', async () => {
    const { client_id, client_secret, ...form } = good;
    const basic = Buffer.from(`${client_id}:${encodeURIComponent(client_secret)}`).toString('base64');

    expect((await postToken(emulator, form, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200);
  });

  test('says its capabilities and answers a claims challenge by the claims parameter', async () => {
    const claims = JSON.stringify({
      access_token: { xms_cc: { values: ['cp1'] }, acrs: { essential: true, value: 'c1' } },
    });

    expect(claimsOf(await postToken(emulator, changed({ claims })))).toMatchObject({ xms_cc: ['cp1'], acrs: ['c1'] });
  });
});

describe('what Entra refuses, the emulator refuses:', () => {
  test.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['a secret that has expired', { client_secret: 'Expired-Secret~1' }, 401, 'invalid_client', 7000222],
    ['no credential', { client_secret: undefined }, 401, 'invalid_client', 7000218],
    ['an empty secret', { client_secret: '' }, 401, 'invalid_client', 7000218],
    ['an unknown application', { client_id: fabrikam }, 400, 'unauthorized_client', 700016],
    ['no client_id', { client_id: undefined }, 400, 'invalid_request', 900144],
    ['no grant_type', { grant_type: undefined }, 400, 'invalid_request', 900144],
    ['an unknown grant_type', { grant_type: 'magic' }, 400, 'unsupported_grant_type', 70003],
    ['a grant_type that is the name of a method', { grant_type: 'toString' }, 400, 'unsupported_grant_type', 70003],
    ['no scope', { scope: undefined }, 400, 'invalid_request', 90014],
    ['a scope of spaces', { scope: ' \t' }, 400, 'invalid_scope', 70011],
    ['a scope other than .default', { scope: 'https://graph.microsoft.com/User.Read' }, 400, 'invalid_scope', 1002012],
    ['a resource without .default', { scope: 'https://graph.microsoft.com' }, 400, 'invalid_scope', 1002012],
    ['OpenID scopes', { scope: `${graphDefault} openid` }, 400, 'invalid_scope', 1002012],
    ['an unknown resource', { scope: 'https://nowhere.example/.default' }, 400, 'invalid_resource', 500011],
    ['two resources', { scope: `${graphDefault} https://vault.azure.net/.default` }, 400, 'invalid_scope', 28000],
    ['a public client with a secret', { client_id: desktop }, 401, 'invalid_client', 700025],
    ['a public client without one', { client_id: desktop, client_secret: undefined }, 401, 'invalid_client', 7000218],
    ['claims that are no JSON', { claims: '{' }, 400, 'invalid_request', 90023],
    ['claims that are no object', { claims: '[]' }, 400, 'invalid_request', 90023],
  ])('%s', async (_, changes, status, error, code) => {
    const answer = await postToken(emulator, changed(changes));

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([status, error, code]);
    expect(answer.body['error_description']).toMatch(new RegExp(`^AADSTS${code}: .+ Trace ID: `));
  });

  test.each([
    ['an unknown tenant', 'nobody.example', 'invalid_request', 90002],
    ['a tenant that has not got the application', fabrikam, 'unauthorized_client', 700016],
    ['no tenant: organizations', 'organizations', 'invalid_request', 50059],
    ['no tenant: common', 'common', 'invalid_request', 50059],
  ])('%s', async (_, tenant, error, code) => {
    const answer = await postToken(emulator, good, { tenant });

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([400, error, code]);
  });

  test('anything but POST, with AADSTS900561', async () => {
    const answer = await call(emulator, tokenAddress(emulator));

    expect(answer.status).toBe(400);
    expect(answer.body['error_description']).toContain(
      'AADSTS900561: The endpoint only accepts POST, OPTIONS requests. Received a GET request.',
    );
  });

  test('parameters that are not sent as a form', async () => {
    const answer = await call(emulator, tokenAddress(emulator), {
      text: JSON.stringify(good),
      headers: { 'content-type': 'application/json' },
    });

    expect(codeOf(answer)).toBe(900144);
  });

  test.each(['scope', 'client_id'] as const)('a %s that is there twice, with AADSTS9000411', async (name) => {
    const form = new URLSearchParams([...Object.entries(good), [name, good[name]]]);
    const answer = await call(emulator, tokenAddress(emulator), {
      text: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([400, 'invalid_request', 9000411]);
    expect(answer.body['error_description']).toMatch(
      new RegExp(`^AADSTS9000411: The request is not properly formatted\\. The parameter '${name}' is duplicated\\. `),
    );
  });

  test('a body of more than a megabyte, with 413', async () => {
    const answer = await postToken(emulator, changed({ claims: 'x'.repeat(1_100_000) }));

    expect(answer.status).toBe(413);
  });
});

describe("a refusal has Entra's shape", () => {
  test('with every member that clients read', async () => {
    const { body, headers } = await postToken(emulator, changed({ client_secret: 'wrong' }), {
      headers: { 'client-request-id': '0d3d513a-b641-403d-9aa9-32cd34a680ea' },
    });
    const traceId = body['trace_id'] as string;
    const timestamp = body['timestamp'] as string;

    expect(body).toEqual({
      error: 'invalid_client',
      error_description:
        'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client ' +
        `secret value, not the client secret ID, for a secret added to app '${confidential.id}'. ` +
        `Trace ID: ${traceId} Correlation ID: 0d3d513a-b641-403d-9aa9-32cd34a680ea Timestamp: ${timestamp}`,
      error_codes: [7000215],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlation_id: '0d3d513a-b641-403d-9aa9-32cd34a680ea',
      error_uri: `${emulator.authority}/error?code=7000215`,
    });
    expect(headers['client-request-id']).toBe('0d3d513a-b641-403d-9aa9-32cd34a680ea');
    expect(headers['cache-control']).toContain('no-store');
  });

  test('with the correlation id of the form, where MSAL puts it', async () => {
    const id = '6a2c2f6e-4d0c-4b7e-9a53-9f0a3a0f8f11';
    const { body } = await postToken(emulator, changed({ scope: undefined, 'client-request-id': id }));

    expect(body['correlation_id']).toBe(id);
  });

  test('with a new correlation id where the client sends none that is a GUID', async () => {
    const { body } = await postToken(emulator, changed({ scope: undefined }), {
      headers: { 'client-request-id': 'not a guid' },
    });

    expect(body['correlation_id']).toMatch(/^[0-9a-f]{8}-/);
  });
});

test('lifetimes are settable', async () => {
  const short = await startEmulator({ tokenLifetimeSeconds: 2 });
  try {
    const answer = await postToken(short, good);

    expect(answer.body['expires_in']).toBe(1);
    expect((claimsOf(answer).exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(2);
  } finally {
    await short.close();
  }
});

test('tokens of more than two hours say when to renew them', async () => {
  const long = await startEmulator({ tokenLifetimeSeconds: 86_400 });
  try {
    expect((await postToken(long, good)).body).toMatchObject({ expires_in: 86_399, refresh_in: 43_199 });
  } finally {
    await long.close();
  }
});

test('a secret that is added to the running directory counts from the next request on', async () => {
  const own = await startEmulator();
  try {
    const application = own.directory.applications.find(({ id }) => id === confidential.id);
    application?.secrets?.push({ value: 'Added-Later~1' });

    expect((await postToken(own, changed({ client_secret: 'Added-Later~1' }))).status).toBe(200);
    expect(codeOf(await postToken(emulator, changed({ client_secret: 'Added-Later~1' })))).toBe(7000215);
  } finally {
    await own.close();
  }
});
