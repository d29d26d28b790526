import { AsyncLocalStorage } from 'node:async_hooks';
import { constants, createHash, randomUUID, verify, X509Certificate } from 'node:crypto';
import type { ClientAssertionCallback } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';
import type { CheckedCertificate } from '../platform/host-certificate.ts';
import { currentRequest, requestUnderWay } from '../platform/request-context.ts';

/** MSAL wants an assertion also where it only looks into its cache; this one is never sent. */
const unused = 'unused';

const presented = new AsyncLocalStorage<string>();

/**
 * Runs `work` so that an application whose assertions are presented (`presentedAssertion`) shows this one: a token that
 * somebody else has given the application.
 */
export function presenting<Result>(assertion: string, work: () => Promise<Result>): Promise<Result> {
  return presented.run(assertion, work);
}

/**
 * For MSAL to ask for: what the running code presents.
 *
 * MSAL takes an assertion of a single request for some grants only (not on behalf of users), and a callback that gets
 * the token itself would be called before MSAL looks into its cache.
 */
export const presentedAssertion: ClientAssertionCallback = () => {
  const assertion = presented.getStore();
  if (assertion !== undefined) return Promise.resolve(assertion);
  if (currentRequest()?.cacheOnly) return Promise.resolve(unused);
  return Promise.reject(new TokenError('EngineError', 'An application has no assertion to present.'));
};

/** How long an assertion is good, in seconds: as long as those that MSAL makes itself. */
const lifetime = 600;
/** How long before its end, in seconds, an assertion is used no more. */
const margin = 60;

/**
 * Client assertions (RFC 7523 section 3) that the host signs, for MSAL to ask for.
 *
 * MSAL makes such assertions itself only where it is given the private key, which never leaves the host. It asks for one
 * before it looks into its cache, so one serves until near its end, as MSAL's own do: a cached token must not cost a
 * signature.
 */
export function hostSignedAssertions(certificate: CheckedCertificate): ClientAssertionCallback {
  let latest: { readonly assertion: string; readonly audience: string; readonly until: number } | undefined;
  return async ({ clientId, tokenEndpoint: audience = '' }) => {
    if (currentRequest()?.cacheOnly) return unused;
    const now = Math.floor(Date.now() / 1000);
    if (latest?.audience === audience && now < latest.until - margin) return latest.assertion;
    const until = now + lifetime;
    const claims = { aud: audience, iss: clientId, sub: clientId, jti: randomUUID(), nbf: now, iat: now, exp: until };
    const assertion = await signedAssertion(certificate, claims);
    latest = { assertion, audience, until };
    return assertion;
  };
}

/** Microsoft's format for certificate credentials: the certificate by its SHA-256 thumbprint and in full. */
async function signedAssertion(
  { thumbprint, x5c, algorithm }: CheckedCertificate,
  claims: Readonly<Record<string, string | number>>,
): Promise<string> {
  const der = Buffer.from(x5c[0] ?? '', 'base64');
  const sha256 = createHash('sha256').update(der).digest('base64url');
  const content = [{ alg: algorithm, typ: 'JWT', 'x5t#S256': sha256, x5c }, claims].map(encoded).join('.');
  const context = requestUnderWay();
  if (!context.sign) {
    throw new TokenError(
      'SigningFailed',
      `The private key of certificate ${thumbprint} is not at hand: this client signs nothing.`,
    );
  }
  const signature = await context.sign(algorithm, Buffer.from(content), context.signal);
  const key = {
    key: new X509Certificate(der).publicKey,
    ...(algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}),
  };
  // Entra would refuse it without saying what is wrong with it.
  if (!verify('sha256', Buffer.from(content), key, signature)) {
    throw new TokenError(
      'SigningFailed',
      `What was signed for certificate ${thumbprint} is no ${algorithm} signature by its private key. ` +
        'Import the certificate again, together with its key.',
    );
  }
  return `${content}.${Buffer.from(signature).toString('base64url')}`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
