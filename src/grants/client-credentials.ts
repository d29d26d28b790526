import { confidentialClient, type ClientCredential, type ClientIdentity } from '../msal/applications.ts';
import { answerOf, type EntraAnswer } from './token-answer.ts';

export interface ClientCredentialsRequest {
  readonly identity: ClientIdentity;
  readonly credential: ClientCredential;
  /** One resource's `.default`. */
  readonly scopes: readonly string[];
  /** A claims challenge: JSON. */
  readonly claims?: string | undefined;
  /** Go past the cache. */
  readonly force: boolean;
}

/** The client credentials grant (RFC 6749 section 4.4): a token for an application, no person in it. */
export async function clientCredentials(request: ClientCredentialsRequest): Promise<EntraAnswer> {
  const client = confidentialClient(request.identity, request.credential);
  const result = await client.acquireTokenByClientCredential({
    scopes: [...request.scopes],
    skipCache: request.force,
    ...(request.claims === undefined ? {} : { claims: request.claims }),
  });
  return answerOf(result);
}
