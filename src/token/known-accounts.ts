import type { ClientIdentity } from '../msal/applications.ts';
import { asTokenError } from '../grants/foreign-errors.ts';
import { silent, type SignedInAccount } from '../grants/signed-in-account.ts';
import type { EntraAnswer } from '../grants/token-answer.ts';
import { requestUnderWay, withRequestContext } from '../platform/request-context.ts';

/**
 * Who signed in last at each client and tenant in this session, for commands that ask a person only the first time.
 * Get-AzToken's remembered account (session-memory.ts) is another matter: there the last sign-in of all counts.
 */
const signedIn = new Map<string, SignedInAccount>();

/** Codes by which Entra asks for the person: what was remembered is of no use for this request. */
const personNeeded: ReadonlySet<string> = new Set(['InteractionRequired', 'InvalidGrant', 'ConsentRequired']);

export function rememberSignIn(account: SignedInAccount): void {
  signedIn.set(keyOf(account.identity), account);
}

export function forgetSignIns(): void {
  signedIn.clear();
}

/**
 * A token for whoever signed in to this client and tenant before, from the cache or with the refresh token.
 * @returns undefined when nobody did, or when the person is needed again
 * @throws TokenError for everything else, such as a network that is down
 */
export async function tokenOfKnownAccount(request: {
  readonly identity: ClientIdentity;
  readonly scopes: readonly string[];
  readonly claims?: string | undefined;
  /** Go past the cache. */
  readonly force: boolean;
}): Promise<EntraAnswer | undefined> {
  const known = signedIn.get(keyOf(request.identity));
  if (!known) return undefined;
  const context = requestUnderWay();
  // A context of its own, so that how this fails isn't taken for how the sign-in that follows fails.
  return withRequestContext({ ...context }, async () => {
    try {
      return await silent(known, request);
    } catch (cause) {
      context.signal.throwIfAborted();
      const error = asTokenError(cause);
      if (!personNeeded.has(error.code)) throw error;
      context.log('verbose', `${known.account.username} has signed in before, but is needed again: ${error.message}`);
      return undefined;
    }
  });
}

function keyOf({ cloud, tenant, clientId }: ClientIdentity): string {
  return JSON.stringify([cloud.authorityHost, tenant.toLowerCase(), clientId.toLowerCase()]);
}
