import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignParams } from '../../src/protocol/host.ts';
import type { HostCertificate, PartnerTokenParameters } from '../../src/protocol/partner-token.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { alice, contoso, refusalOf, tokenRequests, towards } from '../helpers/flows.ts';
import {
  certificateClient,
  directoryOfCertificate,
  graphDefault,
  keptRefreshToken,
  partner,
  secMgmt,
  userRead,
  withCertificateOf,
} from '../helpers/partner-flows.ts';
import { descriptionOf, signatureOf, signWith, storedCertificate } from '../helpers/signing-host.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const registered = storedCertificate();
const stranger = storedCertificate();
let engine: Engine;

const emulator = await emulatorOfFile({ directory: directoryOfCertificate(registered.certificate) });
// An engine of its own for each test: one that has a token or an assertion asks for no signature.
beforeEach(async () => {
  engine = await startEngine({ environment: towards(emulator), capabilities: { sign: true } });
});
afterEach(() => engine[Symbol.asyncDispose]());

const withCertificate = (
  certificate: HostCertificate = descriptionOf(registered),
  changes: PartnerTokenParameters = {},
): PartnerTokenParameters => withCertificateOf(certificate, changes);

/** Header and claims of what was signed. */
function partsOf({ data }: SignParams): readonly Record<string, unknown>[] {
  const parts = Buffer.from(data, 'base64').toString().split('.');
  return parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
}

describe('The set ServicePrincipalCertificate', () => {
  it.each([
    ['PS256', ['PS256', 'RS256']],
    ['PS256', ['RS256', 'PS256']],
    ['PS256', ['PS256']],
    ['RS256', ['RS256']],
  ] as const)('has the host sign with %s where its key can do %j', async (algorithm, algorithms) => {
    const asked = signWith(engine, registered);
    const description = descriptionOf(registered, { algorithms });
    const started = Math.floor(Date.now() / 1000);
    const result = await partner(engine, 'ServicePrincipalCertificate', withCertificate(description));
    expect(result).toMatchObject({ tenantId: contoso, account: null, idToken: null, refreshToken: null });
    expect(result.reusableUntil).toBe(result.expiresOn - 5 * 60_000);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ handle: 'key-1', algorithm });
    const [header, claims] = partsOf(asked[0] as SignParams);
    const sha256 = Buffer.from(new X509Certificate(registered.certificate).fingerprint256.replaceAll(':', ''), 'hex');
    expect(header).toEqual({
      alg: algorithm,
      typ: 'JWT',
      'x5t#S256': sha256.toString('base64url'),
      x5c: description.x5c,
    });
    expect(claims).toMatchObject({
      aud: `${emulator.authority}/${contoso}/oauth2/v2.0/token`,
      iss: certificateClient,
      sub: certificateClient,
    });
    expect(claims?.['jti']).toMatch(/^[0-9a-f-]{36}$/);
    expect(claims?.['nbf']).toBeGreaterThanOrEqual(started);
    expect(Number(claims?.['exp']) - Number(claims?.['nbf'])).toBe(600);
  });

  it('works with New-SecMgmtAccessToken, with -ServicePrincipal said as well', async () => {
    signWith(engine, registered);
    const parameters = withCertificate(undefined, { servicePrincipal: true });
    const result = await secMgmt(engine, 'ServicePrincipalCertificate', parameters);
    expect(result.scopes).toEqual([graphDefault]);
  });

  it('needs no second signature for a cached token, nor for another one soon after', async () => {
    const asked = signWith(engine, registered);
    const first = await partner(engine, 'ServicePrincipalCertificate', withCertificate());
    const again = await partner(
      engine,
      'ServicePrincipalCertificate',
      withCertificate(descriptionOf(registered, { handle: 'key-2' })),
    );
    expect(again.accessToken).toBe(first.accessToken);
    await partner(
      engine,
      'ServicePrincipalCertificate',
      withCertificate(undefined, { tenant: 'contoso.onmicrosoft.com' }),
    );
    expect(tokenRequests(emulator)).toBe(2);
    // Another tenant is another audience.
    expect(asked).toHaveLength(2);
  });

  it('says that the certificate is not registered', async () => {
    signWith(engine, stranger);
    const parameters = withCertificate(descriptionOf(stranger));
    const refusal = await refusalOf(partner(engine, 'ServicePrincipalCertificate', parameters));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 700027 });
    expect(refusal.message).toContain('Register the certificate with the app registration');
  });
});

describe('The set RefreshToken with a certificate', () => {
  it('redeems the refresh token with a signed assertion', async () => {
    const asked = signWith(engine, registered);
    const refreshToken = await keptRefreshToken(emulator, { id: certificateClient, authentication: assertion() });
    const parameters = withCertificate(undefined, { refreshToken, scopes: [userRead] });
    const result = await partner(engine, 'RefreshToken', parameters);
    expect(result.account?.username).toBe(alice.username);
    expect(result.refreshToken).not.toBe(refreshToken);
    expect(asked).toHaveLength(1);
  });

  it('takes either a credential or a certificate', async () => {
    const parameters = withCertificate(undefined, {
      refreshToken: '1.x',
      credential: { userName: certificateClient, password: 'x' },
    });
    expect(await refusalOf(partner(engine, 'RefreshToken', parameters))).toMatchObject({
      code: -32602,
      message:
        'Parameters Credential and CertificateThumbprint: an application proves itself with one of them, leave the other out.',
      data: { code: 'InvalidParameterCombination', parameter: 'CertificateThumbprint' },
    });
  });

  /** Alice's first sign-in, by a client that has the key. */
  function assertion(): Record<string, string> {
    const now = Math.floor(Date.now() / 1000);
    const { raw, fingerprint256 } = new X509Certificate(registered.certificate);
    const header = {
      alg: 'PS256',
      'x5t#S256': Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
      x5c: [raw.toString('base64')],
    };
    const audience = `${emulator.authority}/${contoso}/oauth2/v2.0/token`;
    const claims = {
      aud: audience,
      iss: certificateClient,
      sub: certificateClient,
      jti: 'first',
      nbf: now,
      exp: now + 60,
    };
    const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = Buffer.from(signatureOf(Buffer.from(content), 'PS256', registered.privateKey), 'base64');
    return {
      client_assertion: `${content}.${signature.toString('base64url')}`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
  }
});

describe('A certificate', () => {
  const refused = (certificate: unknown) =>
    refusalOf(partner(engine, 'ServicePrincipalCertificate', withCertificate(certificate as HostCertificate)));

  it('that has expired is refused before anything is signed or asked', async () => {
    const asked = signWith(engine, registered);
    const expired = makeCertificate({ notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2021, 0, 1) });
    expect(await refused(descriptionOf(expired, { thumbprint: 'AB12' }))).toMatchObject({
      code: -32000,
      message:
        'The certificate AB12 expired on 2021-01-01T00:00:00.000Z. Make a new one, and register it with the application.',
      data: { code: 'CertificateInvalid', parameter: 'CertificateThumbprint', retryable: false },
    });
    expect(asked).toEqual([]);
    expect(emulator.requests).toEqual([]);
  });

  it('that is not valid yet is refused', async () => {
    const early = makeCertificate({ notBefore: Date.now() + 86_400_000, notAfter: Date.now() + 2 * 86_400_000 });
    const refusal = await refused(descriptionOf(early, { thumbprint: 'AB12' }));
    expect(refusal.data.code).toBe('CertificateInvalid');
    expect(refusal.message).toMatch(
      /^The certificate AB12 is valid only from .*Z\. Check this machine's clock, or wait\.$/,
    );
  });

  it('that has no RSA key is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ec = storedCertificate('ec', { privateKey });
    expect(await refused(descriptionOf(ec, { thumbprint: 'AB12' }))).toMatchObject({
      message: 'The certificate AB12 has no RSA key; Entra takes RSA keys only. Use a certificate with an RSA key.',
      data: { code: 'CertificateInvalid', parameter: 'CertificateThumbprint' },
    });
  });

  it('whose key can do no algorithm that Entra takes is refused', async () => {
    expect(await refused(descriptionOf(registered, { thumbprint: 'AB12', algorithms: [] }))).toMatchObject({
      message: 'The certificate AB12 has a private key that can do neither PS256 nor RS256. Use another certificate.',
      data: { code: 'CertificateInvalid' },
    });
  });

  it('that can not be read is refused', async () => {
    expect(await refused(descriptionOf(registered, { thumbprint: 'AB12', x5c: ['AAAA'] }))).toMatchObject({
      message: "The certificate AB12 can't be read. Import it again.",
      data: { code: 'CertificateInvalid' },
    });
  });

  it.each([
    ['a text', 'AB12'],
    ['no handle', { thumbprint: 'AB12', x5c: [], algorithms: [] }],
  ])('that is described by %s is refused', async (_what, certificate) => {
    expect(await refused(certificate)).toMatchObject({
      code: -32602,
      message: 'Parameter CertificateThumbprint: an object with handle, thumbprint, x5c and algorithms is needed.',
      data: { code: 'InvalidParameter', parameter: 'CertificateThumbprint' },
    });
  });
});
