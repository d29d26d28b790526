import { confidentialClient, publicClient, type ClientCredential, type ClientIdentity } from '../msal/applications.ts';
import { answerOf, type EntraAnswer } from './token-answer.ts';

export interface RefreshTokenRequest {
  readonly identity: ClientIdentity;
  /** How a confidential client proves itself; absent for a public client. */
  readonly credential?: ClientCredential | undefined;
  readonly refreshToken: string;
  readonly scopes: readonly string[];
}

/**
 * The refresh token grant (RFC 6749 section 6), always a call: who brings a refresh token wants new tokens, and Entra's
 * word on whether it is still good. The answer's refresh token is the one to keep.
 * @throws TokenError InvalidGrant and what else Entra says
 */
export async function refreshToken(request: RefreshTokenRequest): Promise<EntraAnswer> {
  const { identity, credential } = request;
  const client = credential ? confidentialClient(identity, credential) : publicClient(identity);
  const result = await client.acquireTokenByRefreshToken({
    refreshToken: request.refreshToken,
    scopes: [...request.scopes],
  });
  return { ...answerOf(result), reusable: false };
}
