import { expect, test } from 'vitest';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  alice,
  authorizeAddress,
  call,
  confidential,
  contoso,
  desktop,
  graphDefault,
  newPkce,
  postToken,
} from './client.ts';

const lines: string[] = [];
const emulator = await emulatorOfFile({ log: (line) => lines.push(line) });

test('a request is logged with what it was for and what came of it', async () => {
  const before = Date.now();
  await postToken(emulator, {
    grant_type: 'client_credentials',
    client_id: confidential.id,
    client_secret: 'wrong',
    scope: graphDefault,
  });

  expect(emulator.requests).toHaveLength(1);
  const [entry] = emulator.requests;
  expect(entry).toMatchObject({
    method: 'POST',
    path: `/${contoso}/oauth2/v2.0/token`,
    tenant: contoso,
    grantType: 'client_credentials',
    clientId: confidential.id,
    status: 401,
    error: 'invalid_client',
    errorCode: 7000215,
    body: { client_secret: '***', scope: graphDefault },
    notes: [],
  });
  expect(entry?.time).toBeGreaterThanOrEqual(before);
});

test('no secret, code or token is in the log or in the lines of a whole sign-in', async () => {
  lines.length = 0;
  const pkce = newPkce();
  const { location } = await signInAs(authorizeAddress(emulator, pkce), alice, emulator.ca, { follow: false });
  const code = new URL(location ?? '').searchParams.get('code') ?? '';
  const form = {
    client_id: desktop,
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://localhost:8400',
    code_verifier: pkce.verifier,
  };
  const { body } = await postToken(emulator, form);
  const refreshToken = String(body['refresh_token']);
  await postToken(emulator, { client_id: desktop, grant_type: 'refresh_token', refresh_token: refreshToken });
  const basic = Buffer.from(`${confidential.id}:${confidential.secret}`).toString('base64');
  await postToken(
    emulator,
    { grant_type: 'client_credentials', client_secret: confidential.secret },
    { headers: { authorization: `Basic ${basic}` } },
  );
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = emulator.managedIdentityEnvironment.appService;
  await call(emulator, IDENTITY_ENDPOINT, { headers: { 'x-identity-header': IDENTITY_HEADER } });

  const everything = JSON.stringify(emulator.requests) + lines.join('\n');
  expect(emulator.requests.length).toBeGreaterThanOrEqual(6);
  for (const secret of [
    alice.password,
    code,
    pkce.verifier,
    refreshToken,
    String(body['access_token']),
    confidential.secret,
    basic,
    IDENTITY_HEADER,
  ]) {
    expect(everything).not.toContain(secret);
  }
});

test.each([
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'device_code',
  'flow_token',
  'id_token_hint',
  'password',
  'refresh_token',
  'user_federated_identity_credential',
])('%s is masked in a form and in an address, whatever comes of the request', async (name) => {
  const secret = 'nobody-shall-see-this';
  await postToken(emulator, { grant_type: 'magic', [name]: secret });
  await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/authorize?${name}=${secret}`);

  expect(emulator.requests.map(({ body, query }) => [body[name], query[name]])).toEqual([
    ['***', undefined],
    [undefined, '***'],
  ]);
  expect(JSON.stringify(emulator.requests)).not.toContain(secret);
});

test.each(['authorization', 'cookie', 'secret', 'x-identity-header'])('the header %s is masked', async (name) => {
  const secret = 'nobody-shall-see-this';
  await call(emulator, `${emulator.managedIdentity}/msi/token`, { headers: { [name]: secret } });

  expect(emulator.requests.map(({ headers }) => headers[name])).toEqual(['***']);
  expect(JSON.stringify(emulator.requests)).not.toContain(secret);
});

test('a line tells status, grant, client and AADSTS number', async () => {
  lines.length = 0;
  await postToken(emulator, {
    grant_type: 'client_credentials',
    client_id: confidential.id,
    client_secret: 'wrong',
    scope: graphDefault,
  });

  expect(lines).toEqual([
    expect.stringMatching(
      new RegExp(
        `^\\S+Z POST /${contoso}/oauth2/v2.0/token 401 client_credentials client ${confidential.id} AADSTS7000215$`,
      ),
    ),
  ]);
});
