import { AadstsError } from '../aadsts-errors.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { TenantSelector } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import { issueApplicationToken } from '../issue-token.ts';
import { parseClaims } from '../requested-claims.ts';
import { parseScopes, singleResource } from '../scopes.ts';
import type { EmulatorState } from '../state.ts';
import { refreshIn } from './user-tokens.ts';

/** RFC 6749 section 4.4: the application for itself; what it may do is its roles, so `.default` is all there is. */
export async function clientCredentials(
  state: EmulatorState,
  { form }: EndpointRequest,
  tenant: TenantSelector,
  { client, credential }: AuthenticatedClient,
): Promise<Reply> {
  if (typeof tenant === 'string') throw new AadstsError(50059);
  // Nobody stands behind a public client, so it can't act for itself
  if (client.publicClient) throw new AadstsError(7000218);
  const scope = form.get('scope');
  if (!scope) throw new AadstsError(90014, ['scope']);
  const notDefault = (): AadstsError => new AadstsError(1002012, [scope]);
  if (
    !scope
      .split(/\s+/)
      .filter(Boolean)
      .every((each) => /\/\.default$/i.test(each))
  )
    throw notDefault();
  const resource = singleResource(state.directory, scope, parseScopes(state.directory, tenant, scope, notDefault));
  const requested = parseClaims(form.get('claims'));
  const { token, expiresIn } = await issueApplicationToken(state, tenant, client, resource, credential, requested);
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
