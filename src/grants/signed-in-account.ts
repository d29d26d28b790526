import type { AccountInfo } from '@azure/msal-node';
import { publicClient, type ClientIdentity } from '../msal/applications.ts';
import { answerOf, type EntraAnswer } from './token-answer.ts';

/** Who signed in to a public client, kept so that later requests need no person. */
export interface SignedInAccount {
  readonly identity: ClientIdentity;
  readonly account: AccountInfo;
}

/** What a grant with a person in it ends with. */
export interface SignInAnswer extends EntraAnswer {
  /** Undefined where there is nothing to remember: no id token came, or the client is a confidential one. */
  readonly signedIn: SignedInAccount | undefined;
}

/** A token for an account that has signed in before, from MSAL's cache or with its refresh token. */
export async function silent(
  signedIn: SignedInAccount,
  request: { readonly scopes: readonly string[]; readonly claims?: string | undefined; readonly force: boolean },
): Promise<EntraAnswer> {
  const client = publicClient(signedIn.identity);
  const result = await client.acquireTokenSilent({
    account: signedIn.account,
    scopes: [...request.scopes],
    forceRefresh: request.force,
    ...(request.claims === undefined ? {} : { claims: request.claims }),
  });
  return answerOf(result, client);
}
