import { AadstsError } from '../aadsts-errors.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import { findUser, homeTenant } from '../directory.ts';
import type { Directory, Tenant, TenantSelector, User } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import { isForTokenExchange, readOwnToken } from '../own-tokens.ts';
import type { EmulatorState } from '../state.ts';
import { userTokens } from './user-tokens.ts';

/**
 * `user_fic`: a user whom nobody signs in. An agent identity gets tokens for its user account, by its parent token
 * (which proves the client) and a token of its own for the token exchange (which stands where a password would)
 * (https://learn.microsoft.com/entra/agent-id/agent-user-oauth-flow).
 */
export async function userFederatedIdentityCredential(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  if (typeof tenant === 'string') throw new AadstsError(50059);
  const { client } = authenticated;
  const { form } = request;
  if (client.publicClient) throw new AadstsError(7000218);
  const credential = form.get('user_federated_identity_credential');
  if (!credential) throw new AadstsError(900144, ['user_federated_identity_credential']);
  const scope = form.get('scope');
  if (!scope) throw new AadstsError(90014, ['scope']);
  const user = wantedUser(state.directory, request, tenant);

  const malformed = new AadstsError(50013, ['is malformed. [Reason - The token is no JWT.]']);
  const claims = await readOwnToken(state, credential, malformed);
  if (claims['idtyp'] !== 'app') throw new AadstsError(700229, [], { error: 'invalid_grant' });
  if (!isForTokenExchange(state.directory, claims.aud)) {
    const audience = [claims.aud ?? ''].flat().join(', ');
    throw new AadstsError(50013, [
      `audience claim does not match the required value. The audience in the assertion was '${audience}' and the expected audience is '${state.directory.tokenExchangeAudience}'.`,
    ]);
  }
  if (claims['azp'] !== client.id || claims['tid'] !== tenant.id) {
    throw new AadstsError(50013, [
      `was not issued to the client that presents it. [Reason - It was issued to '${String(claims['azp'])}', the client is '${client.id}'.]`,
    ]);
  }
  if (user.disabled) throw new AadstsError(50057);
  if (!user.agentIdentities?.includes(client.id)) {
    throw new AadstsError(700213, [claims.sub ?? ''], { error: 'invalid_grant' });
  }
  const now = state.now();
  const grant = { tenant, user, client, scope, issued: now, authenticated: now, withoutSignIn: true };
  return userTokens(state, request, grant, scope, authenticated);
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By `username` (a user principal name) or `user_id` (an object id). */
function wantedUser(directory: Directory, { form, log }: EndpointRequest, tenant: Tenant): User {
  const username = form.get('username');
  const userId = form.get('user_id');
  if (!username && !userId) throw new AadstsError(900144, ['username']);
  if (!username && !guid.test(userId ?? '')) {
    // Entra's answer is no help (https://github.com/microsoft/Agents-for-js/issues/932), so the log says what is wrong
    log.notes.push('user_id must be an object id; a user principal name goes into username.');
    throw new AadstsError(50000);
  }
  const user = username
    ? findUser(directory, username)
    : directory.users.find(({ id }) => id === userId?.toLowerCase());
  if (!user || homeTenant(directory, user)?.id !== tenant.id) {
    throw new AadstsError(50034, [username ?? userId ?? '', tenant.name]);
  }
  return user;
}
