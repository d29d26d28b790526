import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import {
  askAsAgent,
  askParentToken,
  assertionType,
  blueprint,
  exchangeId,
  formOf,
  invoiceAgent,
  tampered,
  tokenIn,
  userToken,
  workload,
} from './agents.ts';
import {
  call,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  graphDefault,
  postToken,
  refusalIn,
  startWithClock,
} from './client.ts';
import type { Answer } from './client.ts';

const subject = 'repo:contoso/scripts:ref:refs/heads/main';
const kubernetes = 'https://oidc.example/cluster';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  const credentials = emulator.directory.applications.find(({ id }) => id === workload)?.federatedCredentials;
  credentials?.push(
    { issuer: kubernetes, subject: 'system:serviceaccount:scripts:runner', keys: [await exportJWK(publicKey)] },
    { issuer: 'https://no-keys.example', subject },
    { issuer: `{authority}/${contoso}/v2.0`, subject: 'a5516000-0000-4000-8000-0000000000f2' },
  );
});
afterAll(() => emulator.close());

/** A token of the emulator's own issuer. */
async function workloadToken(changes: Readonly<Record<string, string>> = {}, service = emulator): Promise<string> {
  const { body } = await call(service, `${service.authority}/emulator/issuer/token`, { form: { subject, ...changes } });
  return body['value'] as string;
}

const present = (
  assertion: string,
  changes: Readonly<Record<string, string>> = {},
  service = emulator,
): Promise<Answer> =>
  postToken(
    service,
    formOf(
      {
        grant_type: 'client_credentials',
        client_id: workload,
        client_assertion_type: assertionType,
        client_assertion: assertion,
        scope: graphDefault,
      },
      changes,
    ),
  );

/** A token of an issuer whose keys the directory has. */
const foreignToken = (claims: JWTPayload = {}): Promise<string> =>
  new SignJWT({
    iss: kubernetes,
    sub: 'system:serviceaccount:scripts:runner',
    aud: ['api://AzureADTokenExchange', 'sts.example'],
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);

/** What an App Service with the managed identity contoso-shared gets for the token exchange. */
async function managedIdentityToken(clientId = 'a5516000-0000-4000-8000-000000000002'): Promise<string> {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = emulator.managedIdentityEnvironment.appService;
  const query = new URLSearchParams({
    'api-version': '2019-08-01',
    resource: 'api://AzureADTokenExchange',
    client_id: clientId,
  });
  const answer = await call(emulator, `${IDENTITY_ENDPOINT}?${query.toString()}`, {
    headers: { 'x-identity-header': IDENTITY_HEADER },
  });
  return tokenIn(answer);
}

describe('an application with a federated credential', () => {
  test("gets a token for one of the emulator's own issuer", async () => {
    const answer = await present(await workloadToken());

    expect(claimsOf(answer)).toMatchObject({ appid: workload, appidacr: '2', roles: ['User.Read.All'] });
  });

  test('gets a token for one of an issuer whose keys stand in the directory', async () => {
    expect((await present(await foreignToken())).status).toBe(200);
  });

  test('gets a token for one of a managed identity', async () => {
    expect((await present(await managedIdentityToken())).status).toBe(200);
  });

  const refusals: [string, () => Promise<Answer>, readonly [number, string, number]][] = [
    [
      'another subject',
      async () => present(await workloadToken({ subject: 'repo:x' })),
      [401, 'invalid_client', 700213],
    ],
    [
      'the subject in other letters',
      async () => present(await workloadToken({ subject: subject.toUpperCase() })),
      [401, 'invalid_client', 700213],
    ],
    ['another audience', async () => present(await workloadToken({ audience: 'x' })), [401, 'invalid_client', 700212]],
    [
      'an issuer that it does not trust',
      async () => present(await foreignToken({ iss: 'https://elsewhere.example' })),
      [401, 'invalid_client', 700211],
    ],
    [
      'an issuer whose keys nobody has',
      async () => present(await foreignToken({ iss: 'https://no-keys.example' })),
      [400, 'invalid_request', 90061],
    ],
    ['a token that was changed', async () => present(tampered(await workloadToken())), [401, 'invalid_client', 50013]],
    [
      "a token that another issuer's key has signed",
      async () => present(await foreignToken({ iss: `${emulator.authority}/emulator/issuer`, sub: subject })),
      [401, 'invalid_client', 50013],
    ],
    [
      'a token of an application of the tenant',
      async () =>
        present(
          tokenIn(
            await askParentToken(emulator, '', {
              client_id: confidential.id,
              client_secret: confidential.secret,
              fmi_path: undefined,
            }),
          ),
        ),
      [401, 'invalid_client', 700226],
    ],
    ["a user's token", async () => present(await userToken(emulator)), [401, 'invalid_client', 700229]],
    [
      'a token of another managed identity',
      async () => present(await managedIdentityToken('5e1f0000-0000-4000-8000-000000000001')),
      [401, 'invalid_client', 700213],
    ],
    [
      'any such token where the application has no federated credential',
      async () => present(await workloadToken(), { client_id: confidential.id }),
      [401, 'invalid_client', 70025],
    ],
  ];
  test.each(refusals)('is refused %s', async (_, request, expected) => {
    expect(refusalIn(await request())).toEqual(expected);
  });

  test('is told the subject that it presented', async () => {
    expect((await present(await workloadToken({ subject: 'repo:x' }))).body['error_description']).toContain(
      "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:x'.",
    );
  });

  test('is refused a token that has expired', async () => {
    const { emulator: timed, clock } = await startWithClock();
    try {
      const token = await workloadToken({ lifetime: '60' }, timed);
      clock.forward(60 + 310);

      expect(refusalIn(await present(token, {}, timed))).toEqual([401, 'invalid_client', 700024]);
    } finally {
      await timed.close();
    }
  });
});

test('a blueprint may be proven by a managed identity', async () => {
  const parent = await askParentToken(emulator, invoiceAgent, {
    client_secret: undefined,
    client_assertion_type: assertionType,
    client_assertion: await managedIdentityToken(),
  });
  const answer = await askAsAgent(emulator, { client_assertion: tokenIn(parent), scope: graphDefault });

  expect(claimsOf(parent)).toMatchObject({ aud: exchangeId, azp: blueprint.id, azpacr: '2' });
  expect(claimsOf(answer)).toMatchObject({ appid: invoiceAgent, xms_par_app_azp: blueprint.id });
});

describe("the emulator's own issuer", () => {
  const address = (tail: string): string => `${emulator.authority}/emulator/issuer/${tail}`;

  test('has a discovery document and keys', async () => {
    const { body } = await call(emulator, address('.well-known/openid-configuration'));
    const keys = await call(emulator, body['jwks_uri'] as string);

    expect(body['issuer']).toBe(`${emulator.authority}/emulator/issuer`);
    expect(keys.body['keys']).toEqual([expect.objectContaining({ kty: 'RSA', use: 'sig', alg: 'RS256' })]);
    expect(JSON.stringify(keys.body)).not.toMatch(/"(d|p|q)":/);
  });

  test("signs with another key than the token service's", async () => {
    const theirs = await call(emulator, `${emulator.authority}/${contoso}/discovery/v2.0/keys`);
    const own = await call(emulator, address('keys'));
    const idOf = ({ body }: Answer): unknown => (body['keys'] as { kid: string }[])[0]?.kid;

    expect(idOf(own)).not.toBe(idOf(theirs));
  });

  test('wants a subject, a lifetime in seconds, and a POST', async () => {
    expect(codeOf(await call(emulator, address('token'), { form: {} }))).toBe(900144);
    expect(codeOf(await call(emulator, address('token'), { form: { subject, lifetime: 'long' } }))).toBe(90023);
    expect((await call(emulator, address('token'))).status).toBe(405);
    expect((await call(emulator, address('toString'))).status).toBe(404);
  });
});
