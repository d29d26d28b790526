import { createHash, generateKeyPair, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { compactVerify, exportJWK, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { createSelfSignedCertificate } from './certificates.ts';

/** The key that signs tokens, and how the keys endpoint shows it. */
export interface SigningKey {
  /** A JWK Set, as `/discovery/v2.0/keys` has it, without the issuer. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(claims: JWTPayload): Promise<string>;
  /** Whether this key has signed the token, and nobody has changed it since. */
  verify(token: string): Promise<boolean>;
}

export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return describe(privateKey);
}

async function describe(privateKey: KeyObject): Promise<SigningKey> {
  const { certificate } = createSelfSignedCertificate('accounts.accesscontrol.emulator', { privateKey });
  const { raw, publicKey } = new X509Certificate(certificate);
  // Entra names its keys by the certificate's SHA-1 thumbprint
  const thumbprint = createHash('sha1').update(raw).digest('base64url');
  const header = { typ: 'JWT', alg: 'RS256', x5t: thumbprint, kid: thumbprint };
  return {
    publicJwk: {
      ...(await exportJWK(publicKey)),
      use: 'sig',
      alg: 'RS256',
      kid: thumbprint,
      x5t: thumbprint,
      x5c: [raw.toString('base64')],
    },
    sign: (claims) => new SignJWT(claims).setProtectedHeader(header).sign(privateKey),
    verify: (token) =>
      compactVerify(token, publicKey, { algorithms: ['RS256'] }).then(
        () => true,
        () => false,
      ),
  };
}
