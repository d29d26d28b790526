import { createHash } from 'node:crypto';
import { AadstsError } from '../aadsts-errors.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { TenantSelector } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import type { EmulatorState } from '../state.ts';
import { userTokens } from './user-tokens.ts';

/** RFC 6749 section 4.1.3 with RFC 7636. */
export async function authorizationCode(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { form } = request;
  const code = form.get('code');
  if (!code) throw new AadstsError(900144, ['code']);
  const grant = state.codes.get(code);
  if (!grant || grant.client.id !== authenticated.client.id) throw new AadstsError(70000);
  if (typeof tenant !== 'string' && tenant.id !== grant.tenant.id) throw new AadstsError(700005);
  if (grant.redeemed) throw new AadstsError(54005);
  if (grant.issued + state.lifetimes.authorizationCode * 1000 <= state.now()) throw new AadstsError(70008);
  const redirectUri = form.get('redirect_uri');
  if (!redirectUri) throw new AadstsError(900144, ['redirect_uri']);
  if (redirectUri !== grant.redirectUri) throw new AadstsError(500112, [redirectUri, grant.redirectUri]);
  verifyCodeVerifier(grant.codeChallenge, form.get('code_verifier'), authenticated.client.publicClient === true);
  // RFC 6749 section 3.2: without a value it is as good as not sent
  const scope = form.get('scope') || grant.scope;
  return userTokens(state, request, grant, scope, authenticated, () => void (grant.redeemed = true));
}

function verifyCodeVerifier(challenge: string | undefined, verifier: string | null, required: boolean): void {
  if (challenge === undefined) {
    if (required) throw new AadstsError(9002325);
    // A verifier without a challenge: somebody took the challenge out of the authorization request
    if (verifier !== null) throw new AadstsError(501481);
    return;
  }
  if (verifier === null || createHash('sha256').update(verifier).digest('base64url') !== challenge) {
    throw new AadstsError(501481);
  }
}
