import type { JWTPayload } from 'jose';
import { AadstsError } from '../aadsts-errors.ts';
import { isAgentIdentity } from '../agent-identities.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import { findApplication } from '../directory.ts';
import type { Application, Directory, Tenant, TenantSelector, User } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import { readOwnToken } from '../own-tokens.ts';
import type { EmulatorState } from '../state.ts';
import { userTokens } from './user-tokens.ts';

/**
 * RFC 7523 as Entra's on-behalf-of flow has it: an application was called with a token of a user, and calls on for that
 * user. An agent identity does so with a token that was meant for its blueprint
 * (https://learn.microsoft.com/entra/agent-id/agent-on-behalf-of-oauth-flow).
 */
export async function onBehalfOf(
  state: EmulatorState,
  request: EndpointRequest,
  selector: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { client } = authenticated;
  const { form } = request;
  // Whoever is called has a credential
  if (client.publicClient) throw new AadstsError(7000218);
  const use = form.get('requested_token_use');
  if (!use) throw new AadstsError(900144, ['requested_token_use']);
  if (use !== 'on_behalf_of') throw new AadstsError(90023, [`Unsupported 'requested_token_use' value '${use}'.`]);
  const assertion = form.get('assertion');
  if (!assertion) throw new AadstsError(900144, ['assertion']);
  const scope = form.get('scope');
  if (!scope) throw new AadstsError(90014, ['scope']);
  if (client.isBlueprint) throw new AadstsError(82002, [client.id]);

  const claims = await readOwnToken(state, assertion, new AadstsError(50027, [], { error: 'invalid_request' }));
  verifyUse(state.directory, selector, client, claims);
  const { tenant, user } = whoIsMeant(state.directory, selector, client, claims);
  const authenticatedAt = (claims['auth_time'] as number | undefined) ?? claims.iat ?? 0;
  const grant = { tenant, user, client, scope, issued: state.now(), authenticated: authenticatedAt * 1000 };
  return userTokens(state, request, grant, scope, authenticated);
}

/** The token must be an access token, about a user, and meant for whoever presents it. */
function verifyUse(
  directory: Directory,
  tenant: TenantSelector,
  client: Application,
  { aud, appid, azp, idtyp, scp }: JWTPayload,
): void {
  if (appid === undefined && azp === undefined) throw new AadstsError(240002);
  if (idtyp === 'app' || scp === undefined) throw new AadstsError(7000114, [client.id]);
  const audience = [aud ?? ''].flat().join(', ');
  const recipient = isAgentIdentity(client) ? findApplication(directory, client.blueprint, tenant) : client;
  const names = [recipient.id, ...(recipient.identifierUris ?? [])];
  if (names.some((each) => bare(each) === bare(audience))) return;
  // Microsoft documents 50013 for agents; other applications are told more
  throw isAgentIdentity(client)
    ? new AadstsError(50013, [
        `audience claim does not match the required value. The audience in the assertion was '${audience}' and the expected audience is '${recipient.id}'.`,
      ])
    : new AadstsError(500131, [audience, recipient.id, client.id, client.name]);
}

const bare = (name: string): string => name.toLowerCase().replace(/\/+$/, '');

function whoIsMeant(
  { tenants, users }: Directory,
  selector: TenantSelector,
  client: Application,
  { oid, tid }: JWTPayload,
): { tenant: Tenant; user: User } {
  const user = users.find(({ id }) => id === oid);
  const tenant = tenants.find(({ id }) => id === tid);
  if (!user || !tenant) throw new AadstsError(50034, [String(oid), tenant?.name ?? String(tid)]);
  if (user.disabled) throw new AadstsError(50057);
  if (typeof selector !== 'string' && selector.id !== tenant.id) {
    throw new AadstsError(50020, [user.userPrincipalName, selector.name, client.name]);
  }
  return { tenant, user };
}
