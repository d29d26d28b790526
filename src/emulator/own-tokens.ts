import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { JWTPayload } from 'jose';
import { AadstsError } from './aadsts-errors.ts';
import { validityOf } from './assertion-times.ts';
import { findResource } from './directory.ts';
import type { Directory } from './directory.ts';
import type { SigningKey } from './signing-keys.ts';
import type { EmulatorState } from './state.ts';

/**
 * Reads a token of this service that a client brings back as a grant.
 * @param malformed what to throw for text that is no token
 * @throws AadstsError 50013 for a signature that isn't this service's, 500133 for a token that is out of date
 */
export async function readOwnToken(state: EmulatorState, token: string, malformed: AadstsError): Promise<JWTPayload> {
  let claims: JWTPayload;
  try {
    decodeProtectedHeader(token);
    claims = decodeJwt(token);
  } catch {
    throw malformed;
  }
  if (!(await state.signingKey.verify(token))) throw wrongSignature(token, state.signingKey);
  const { valid, current, expires } = validityOf(state.now(), claims);
  if (!valid) throw new AadstsError(500133, [current, expires]);
  return claims;
}

/** @param key the key that the token should have been signed with, where there is one */
export function wrongSignature(token: string, key?: SigningKey): AadstsError {
  const { kid = '' } = decodeProtectedHeader(token);
  const reason =
    kid === key?.publicJwk['kid']
      ? 'The provided signature value did not match the expected signature value.'
      : 'The key was not found.';
  return new AadstsError(50013, [
    `failed signature validation. [Reason - ${reason}, Thumbprint of key used by client: '${kid}']`,
  ]);
}

/** Whether a token with this `aud` is one for the token exchange of the emulator's cloud. */
export const isForTokenExchange = (directory: Directory, audience: JWTPayload['aud']): boolean =>
  audience !== undefined &&
  !Array.isArray(audience) &&
  audience === findResource(directory, directory.tokenExchangeAudience, 'common')?.id;
