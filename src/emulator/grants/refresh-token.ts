import { AadstsError } from '../aadsts-errors.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { TenantSelector } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import type { EmulatorState } from '../state.ts';
import { userTokens } from './user-tokens.ts';

/**
 * RFC 6749 section 6. Each answer has a new refresh token; as with Entra the old one stays good until it expires,
 * so two programs that share a cache don't throw each other out.
 */
export async function refreshToken(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { form } = request;
  const token = form.get('refresh_token');
  if (!token) throw new AadstsError(900144, ['refresh_token']);
  const grant = state.refreshTokens.get(token);
  if (!grant || grant.client.id !== authenticated.client.id) throw new AadstsError(70000);
  const expires = grant.issued + state.lifetimes.refreshToken * 1000;
  if (expires <= state.now()) {
    throw new AadstsError(700082, [new Date(grant.issued).toISOString(), `${state.lifetimes.refreshToken} seconds`]);
  }
  const user = state.directory.users.find(({ id }) => id === grant.user.id);
  // The password was reset, or the person has left
  if (!user || user.password !== grant.user.password) throw new AadstsError(50173);
  if (user.disabled) throw new AadstsError(50057);
  if (typeof tenant !== 'string' && tenant.id !== grant.tenant.id) {
    throw new AadstsError(50020, [user.userPrincipalName, tenant.name, grant.client.name]);
  }
  // RFC 6749 section 3.2: without a value it is as good as not sent
  return userTokens(state, request, grant, form.get('scope') || grant.scope, authenticated);
}
