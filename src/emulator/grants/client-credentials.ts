import { AadstsError } from '../aadsts-errors.ts';
import { findAgentIdentity } from '../agent-identities.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { Application, Tenant } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import { issueApplicationToken, issueParentToken } from '../issue-token.ts';
import type { RequestLogEntry } from '../request-log.ts';
import { parseClaims } from '../requested-claims.ts';
import { graph, parseScopes, singleResource } from '../scopes.ts';
import type { EmulatorState } from '../state.ts';
import { isTokenExchange } from '../well-known-applications.ts';
import { refreshIn } from './user-tokens.ts';

/** RFC 6749 section 4.4: the application for itself; what it may do is its roles, so `.default` is all there is. */
export async function clientCredentials(
  state: EmulatorState,
  { form, log }: EndpointRequest,
  tenant: Tenant,
  { client, credential }: AuthenticatedClient,
): Promise<Reply> {
  // Nobody stands behind a public client, so it can't act for itself
  if (client.publicClient) throw new AadstsError(7000218);
  const scope = form.get('scope');
  if (!scope) throw new AadstsError(90014, ['scope']);
  const isDefault = (name: string): boolean => /\/\.default$/i.test(name);
  if (!scope.split(/\s+/).filter(Boolean).every(isDefault)) throw new AadstsError(1002012, [scope]);
  const { directory } = state;
  const resource = singleResource(directory, tenant, scope, parseScopes(directory, tenant, scope));
  const requested = parseClaims(form.get('claims'));
  const fmiPath = form.get('fmi_path');
  const path = fmiPath === null ? undefined : verifiedFmiPath(state, client, fmiPath, log);
  if (client.isBlueprint) verifyBlueprintsResource(client, resource.resource, path !== undefined);
  const { token, expiresIn } =
    path === undefined
      ? await issueApplicationToken(state, tenant, client, resource, credential, requested)
      : await issueParentToken(state, tenant, client, resource, credential, path);
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      ...refreshIn(expiresIn),
      access_token: token,
    },
  };
}

/**
 * As in Entra any path will do here: who may use the token is decided when it is presented, by what it says.
 * Entra's number for an application that is no blueprint is not known: it is refused as a bad request.
 */
function verifiedFmiPath(
  { directory }: EmulatorState,
  client: Application,
  fmiPath: string,
  log: RequestLogEntry,
): string {
  if (!client.isBlueprint) {
    throw new AadstsError(90023, [`The application '${client.id}' is not permitted to use the parameter 'fmi_path'.`]);
  }
  if (fmiPath === '') throw new AadstsError(90023, ["The parameter 'fmi_path' is empty."]);
  const agent = findAgentIdentity(directory, client, fmiPath);
  if (!agent) log.notes.push(`${client.name} has no agent identity '${fmiPath}': nobody can use this token.`);
  return agent?.id ?? fmiPath;
}

/** A blueprint acts through its agent identities; for itself it may only manage them, by Microsoft Graph. */
function verifyBlueprintsResource({ id }: Application, resource: Application, isParentToken: boolean): void {
  if (isTokenExchange(resource) || (resource.id === graph && !isParentToken)) return;
  throw new AadstsError(82001, [id, resource.id]);
}
