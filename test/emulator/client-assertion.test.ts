import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createSelfSignedCertificate } from '../../src/emulator/certificates.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  certificateApp,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  graphDefault,
  postToken,
  tokenAddress,
} from './client.ts';
import type { Answer } from './client.ts';

const registered = createSelfSignedCertificate('registered');
const foreign = createSelfSignedCertificate('foreign');
const expired = createSelfSignedCertificate('expired', { lifetimeMilliseconds: -1000 });

let clockOffset = 0;
const emulator = await emulatorOfFile({ now: () => Date.now() + clockOffset });
const application = emulator.directory.applications.find(({ id }) => id === certificateApp);
application?.certificates?.push(registered.certificate, expired.certificate);

const thumbprint = (algorithm: string, pem: string): string =>
  createHash(algorithm).update(new X509Certificate(pem).raw).digest('base64url');
const now = (): number => Math.floor(Date.now() / 1000);

interface Changes {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly privateKey?: string;
  readonly tenant?: string;
}

function sign({ header = {}, claims = {}, privateKey = registered.privateKey }: Changes): Promise<string> {
  const all = {
    aud: tokenAddress(emulator),
    iss: certificateApp,
    sub: certificateApp,
    jti: randomUUID(),
    nbf: now(),
    exp: now() + 600,
    ...claims,
  };
  const protectedHeader = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': thumbprint('sha256', registered.certificate),
    ...header,
  };
  return new SignJWT(all).setProtectedHeader(protectedHeader).sign(createPrivateKey(privateKey));
}

async function present(changes: Changes = {}, assertion?: string): Promise<Answer> {
  const form = {
    grant_type: 'client_credentials',
    client_id: certificateApp,
    scope: graphDefault,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion ?? (await sign(changes)),
    ...changes.form,
  };
  return postToken(emulator, form, { ...(changes.tenant !== undefined && { tenant: changes.tenant }) });
}

describe('an application with a certificate', () => {
  test.each([
    ['PS256 and x5t#S256', {}],
    ['RS256 and x5t', { alg: 'RS256', 'x5t#S256': undefined, x5t: thumbprint('sha1', registered.certificate) }],
    ['RS256 and x5t#S256', { alg: 'RS256' }],
    [
      'RS256 and a padded x5t, as MSAL for Python writes it',
      { alg: 'RS256', 'x5t#S256': undefined, x5t: `${thumbprint('sha1', registered.certificate)}=` },
    ],
    ['PS256 and both thumbprints', { x5t: thumbprint('sha1', registered.certificate) }],
  ])('gets a token for an assertion signed with %s', async (_, header) => {
    const answer = await present({ header });

    expect(answer.status).toBe(200);
    expect(claimsOf(answer)).toMatchObject({ appid: certificateApp, appidacr: '2', roles: ['User.Read.All'] });
  });

  test.each([
    ['the token endpoint by the id', () => tokenAddress(emulator)],
    ['the token endpoint by the domain in the address', () => tokenAddress(emulator, 'contoso.onmicrosoft.com')],
    ['the v1 token endpoint', () => `${emulator.authority}/${contoso}/oauth2/token`],
    ['the issuer', () => `${emulator.authority}/${contoso}/v2.0`],
  ])('may address the assertion to %s', async (_, audience) => {
    expect((await present({ claims: { aud: audience() }, tenant: 'contoso.onmicrosoft.com' })).status).toBe(200);
  });

  test('may write nbf and exp as digits in a string', async () => {
    const claims = { nbf: String(now()), exp: String(now() + 600) };

    expect((await present({ claims })).status).toBe(200);
  });

  test.each([
    ['ahead', { nbf: now() + 240, exp: now() + 600 }],
    ['behind', { nbf: now() - 600, exp: now() - 240 }],
  ])('may have a clock that is up to five minutes %s', async (_, claims) => {
    expect((await present({ claims })).status).toBe(200);
  });

  test('may send one assertion again, as MSAL does for ten minutes; the log says so', async () => {
    const assertion = await sign({ claims: { jti: 'jti-1' } });
    await present({}, assertion);
    const again = await present({}, assertion);

    expect(again.status).toBe(200);
    const entries = emulator.requests.filter(
      ({ clientAssertion }) => (clientAssertion?.claims as { jti?: string })?.jti === 'jti-1',
    );
    expect(entries.map(({ notes }) => notes)).toEqual([[], ["The client assertion's jti jti-1 was used before."]]);
  });
});

describe('what Entra refuses of an assertion, the emulator refuses:', () => {
  test.each<[string, Changes, number]>([
    [
      'a key whose certificate is not registered',
      { privateKey: foreign.privateKey, header: { 'x5t#S256': thumbprint('sha256', foreign.certificate) } },
      700027,
    ],
    ['a signature by another key', { privateKey: foreign.privateKey }, 700027],
    [
      'a certificate that has expired',
      { privateKey: expired.privateKey, header: { 'x5t#S256': thumbprint('sha256', expired.certificate) } },
      700027,
    ],
    ['thumbprints of two certificates', { header: { x5t: thumbprint('sha1', expired.certificate) } }, 700027],
    ['no thumbprint', { header: { 'x5t#S256': undefined } }, 50027],
    ['an assertion that has expired', { claims: { nbf: now() - 1200, exp: now() - 600 } }, 700024],
    ['one that has expired, in digits', { claims: { nbf: String(now() - 1200), exp: String(now() - 600) } }, 700024],
    ['one that is not valid yet', { claims: { nbf: now() + 600, exp: now() + 1200 } }, 700024],
    ['one that is not valid yet, in digits', { claims: { nbf: String(now() + 600), exp: now() + 1200 } }, 700024],
    ['one from a clock that is six minutes ahead', { claims: { nbf: now() + 360, exp: now() + 1200 } }, 700024],
    ['one from a clock that is six minutes behind', { claims: { nbf: now() - 1200, exp: now() - 360 } }, 700024],
    ['no exp', { claims: { exp: undefined } }, 50027],
    ['an exp that is no number', { claims: { exp: 'tomorrow' } }, 50027],
    ['an nbf that is no number', { claims: { nbf: 'today' } }, 50027],
    ['an nbf of something beside digits', { claims: { nbf: `${now()}s` } }, 50027],
    ['the audience of another service', { claims: { aud: 'https://login.example/token' } }, 700023],
    ['no audience', { claims: { aud: undefined } }, 700023],
    ['another issuer', { claims: { iss: confidential.id } }, 700021],
    ['another subject', { claims: { sub: confidential.id } }, 700021],
    ['another client_id', { form: { client_id: confidential.id } }, 700021],
  ])('%s', async (_, changes, code) => {
    const answer = await present(changes);

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([401, 'invalid_client', code]);
  });

  test('text that is no JWT', async () => {
    expect(codeOf(await present({}, 'no.jwt'))).toBe(50027);
  });

  test('an unsigned one', async () => {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const unsigned = `${encode({ alg: 'none' })}.${encode({ iss: certificateApp, sub: certificateApp })}.`;

    expect(codeOf(await present({}, unsigned))).toBe(5002738);
  });

  test('one signed with HMAC', async () => {
    const signed = await new SignJWT({ iss: certificateApp, sub: certificateApp })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.alloc(32));

    expect(codeOf(await present({}, signed))).toBe(5002738);
  });

  test('one signed with an elliptic curve', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = await new SignJWT({ iss: certificateApp, sub: certificateApp })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);

    expect(codeOf(await present({}, signed))).toBe(5002738);
  });

  test.each([
    ['no client_assertion_type', '', 900144],
    ['another client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer', 90023],
  ])('%s', async (_, type, code) => {
    const answer = await present({ form: { client_assertion_type: type } });

    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  test('the assertion that is fine for its own tenant at another one', async () => {
    const answer = await present({ tenant: '22222222-2222-4222-8222-222222222222' });

    expect(codeOf(answer)).toBe(700016);
  });
});

test('a certificate that is not valid yet is refused with AADSTS700027', async () => {
  // It is valid from an hour before it was made.
  clockOffset = -2 * 3600 * 1000;
  const answer = await present().finally(() => (clockOffset = 0));

  expect([answer.status, codeOf(answer)]).toEqual([401, 700027]);
  expect(answer.body['error_description']).toContain('Reason - The key used is expired.');
});

test('the times of an assertion that is out of date are said', async () => {
  const answer = await present({ claims: { nbf: 1_700_000_000, exp: 1_700_000_600 } });

  expect(answer.body['error_description']).toContain(
    'assertion valid from 2023-11-14T22:13:20.000Z, expiry time of assertion 2023-11-14T22:23:20.000Z.',
  );
});
