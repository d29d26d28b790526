import { randomBytes } from 'node:crypto';
import { AadstsError } from '../aadsts-errors.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import { clientInfo, issueIdToken, issueUserToken } from '../issue-token.ts';
import { parseClaims } from '../requested-claims.ts';
import { grantedScopes, graph, missingConsent, parseScopes, singleResource } from '../scopes.ts';
import type { EmulatorState, Grant } from '../state.ts';

/**
 * Tokens for a client that acts for a user, as far as somebody has consented.
 * @param redeem uses up a grant that is good once: called when nothing is left to refuse, and before anything is waited
 *   for, so that of several requests at once only one gets the tokens
 */
export async function userTokens(
  state: EmulatorState,
  { form }: EndpointRequest,
  grant: Grant,
  scope: string,
  { client, credential }: AuthenticatedClient,
  redeem?: () => void,
): Promise<Reply> {
  const { directory } = state;
  const { tenant, user } = grant;
  const requested = parseScopes(directory, tenant, scope);
  const resource = singleResource(directory, tenant, scope, requested);
  const granted = grantedScopes(state, tenant, user, client, resource.resource);
  const nothingGranted = resource.isDefault && granted.size === 0;
  if (nothingGranted || missingConsent(state, tenant, user, client, resource).length > 0) {
    throw new AadstsError(65001, [client.id, client.name]);
  }
  const claims = parseClaims(form.get('claims'));
  redeem?.();
  const names = resource.isDefault ? [...granted] : [...new Set([...resource.names, ...granted])];
  const openid = [...requested.openid].filter((name) => name !== 'offline_access');
  const isGraph = resource.resource.id === graph;
  const issued = await issueUserToken(
    state,
    grant,
    resource,
    [...names, ...(isGraph ? openid : [])].toSorted((one, other) => one.localeCompare(other, 'en')),
    credential,
    claims,
  );
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      scope: [
        ...openid,
        ...names.map((name) => `${resource.prefix}${name}`),
        ...(resource.isDefault ? [`${resource.prefix}.default`] : []),
      ].join(' '),
      expires_in: issued.expiresIn,
      ext_expires_in: issued.expiresIn,
      ...refreshIn(issued.expiresIn),
      access_token: issued.token,
      ...(requested.openid.has('offline_access') && { refresh_token: newRefreshToken(state, { ...grant, scope }) }),
      ...(requested.openid.has('openid') && { id_token: await issueIdToken(state, grant, requested.openid) }),
      ...(form.get('client_info') === '1' && { client_info: clientInfo(tenant, user) }),
    },
  };
}

/** Long-lived tokens are to be renewed halfway, as Entra says it. */
export const refreshIn = (expiresIn: number): { refresh_in?: number } =>
  expiresIn > 7200 ? { refresh_in: Math.floor(expiresIn / 2) } : {};

function newRefreshToken(
  state: EmulatorState,
  { user, tenant, client, scope, authenticated, withoutSignIn }: Grant,
): string {
  const token = `1.${randomBytes(96).toString('base64url')}`;
  // A copy of the user: a refresh token is good for the password that it was got with
  const issued = state.now();
  state.refreshTokens.set(token, { tenant, user: { ...user }, client, scope, authenticated, withoutSignIn, issued });
  return token;
}
