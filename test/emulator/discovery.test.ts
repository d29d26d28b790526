import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { call, codeOf, confidential, contoso, graphDefault, orders, postToken } from './client.ts';

const emulator = await emulatorOfFile();

const openidConfiguration = (tenant: string) =>
  call(emulator, `${emulator.authority}/${tenant}/v2.0/.well-known/openid-configuration`);

describe('the OpenID configuration', () => {
  test.each([contoso, 'contoso.onmicrosoft.com', 'Contoso.com'])(
    'names the endpoints of tenant %s by its id',
    async (tenant) => {
      const base = `${emulator.authority}/${contoso}`;

      expect((await openidConfiguration(tenant)).body).toMatchObject({
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      });
    },
  );

  test.each(['common', 'organizations'])('of %s has a placeholder in the issuer', async (tenant) => {
    expect((await openidConfiguration(tenant)).body).toMatchObject({
      issuer: `${emulator.authority}/{tenantid}/v2.0`,
      token_endpoint: `${emulator.authority}/${tenant}/oauth2/v2.0/token`,
    });
  });

  test('of a tenant that is no text is refused with AADSTS90002, and the emulator goes on', async () => {
    const { status, body } = await call(emulator, `${emulator.authority}/%zz/v2.0/.well-known/openid-configuration`);

    expect([status, body['error'], body['error_codes']]).toEqual([400, 'invalid_tenant', [90002]]);
  });

  test('of an unknown tenant is refused with AADSTS90002', async () => {
    const answer = await openidConfiguration('nobody.onmicrosoft.com');

    expect(answer.status).toBe(400);
    expect(answer.body['error']).toBe('invalid_tenant');
    expect(answer.body['error_description']).toMatch(/^AADSTS90002: Tenant 'nobody\.onmicrosoft\.com' not found\./);
  });
});

describe('instance discovery', () => {
  const discover = (query: string) => call(emulator, `${emulator.authority}/common/discovery/instance?${query}`);

  test('knows the emulator as a cloud of its own', async () => {
    const { host } = new URL(emulator.authority);
    const endpoint = encodeURIComponent(`${emulator.authority}/${contoso}/oauth2/v2.0/authorize`);

    expect((await discover(`api-version=1.1&authorization_endpoint=${endpoint}`)).body).toEqual({
      tenant_discovery_endpoint: `${emulator.authority}/${contoso}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    });
  });

  test('refuses another host with AADSTS50049', async () => {
    const answer = await discover('authorization_endpoint=https://login.example.com/common/oauth2/v2.0/authorize');

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([400, 'invalid_instance', 50049]);
  });

  test('refuses a request that names no endpoint with AADSTS900144', async () => {
    expect(codeOf(await discover('api-version=1.1'))).toBe(900144);
  });
});

describe('the keys', () => {
  async function verify(scope: string, issuer: string, audience: string): Promise<void> {
    const { body } = await call(emulator, `${emulator.authority}/${contoso}/discovery/v2.0/keys`);
    const answer = await postToken(emulator, {
      grant_type: 'client_credentials',
      client_id: confidential.id,
      client_secret: confidential.secret,
      scope,
    });
    await jwtVerify(answer.body['access_token'] as string, createLocalJWKSet(body as unknown as JSONWebKeySet), {
      issuer,
      audience,
      algorithms: ['RS256'],
    });
  }

  test('verify a token for Microsoft Graph, which is of version 1.0', async () => {
    const issuer = `${emulator.authority}/${contoso}/`;

    await expect(verify(graphDefault, issuer, 'https://graph.microsoft.com')).resolves.toBeUndefined();
  });

  test('verify a token for an application of version 2.0', async () => {
    const issuer = `${emulator.authority}/${contoso}/v2.0`;

    await expect(verify('api://contoso-orders/.default', issuer, orders)).resolves.toBeUndefined();
  });

  test('come with the certificate that they are named by', async () => {
    const { body } = await call(emulator, `${emulator.authority}/common/discovery/v2.0/keys`);

    expect(body['keys']).toEqual([
      expect.objectContaining({
        kty: 'RSA',
        use: 'sig',
        alg: 'RS256',
        kid: expect.any(String),
        x5c: [expect.any(String)],
      }),
    ]);
  });
});

test('an address that is none of the endpoints is 404', async () => {
  expect((await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/nothing`)).status).toBe(404);
});
