import { AadstsError } from './aadsts-errors.ts';
import { authenticateClient } from './client-authentication.ts';
import type { AuthenticatedClient } from './client-authentication.ts';
import type { TenantSelector } from './directory.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { deviceCode } from './grants/device-code.ts';
import { onBehalfOf } from './grants/on-behalf-of.ts';
import { refreshToken } from './grants/refresh-token.ts';
import { userFederatedIdentityCredential } from './grants/user-federated-identity-credential.ts';
import { refuseDuplicates } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import type { EmulatorState } from './state.ts';

type GrantHandler = (
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
) => Promise<Reply>;

/** All but `client_credentials`, which wants a tenant before anything else is looked at. */
const grants: Record<string, GrantHandler> = {
  authorization_code: authorizationCode,
  device_code: deviceCode,
  refresh_token: refreshToken,
  user_fic: userFederatedIdentityCredential,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': onBehalfOf,
};

/** `/{tenant}/oauth2/v2.0/token` */
export async function tokenEndpoint(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
): Promise<Reply> {
  if (request.method !== 'POST') throw new AadstsError(900561, ['POST, OPTIONS', request.method]);
  refuseDuplicates(request.form);
  const grantType = request.form.get('grant_type');
  if (!grantType) throw new AadstsError(900144, ['grant_type']);
  if (grantType === 'client_credentials') {
    if (typeof tenant === 'string') throw new AadstsError(50059);
    return clientCredentials(state, request, tenant, await authenticateClient(state, request, tenant));
  }
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
  if (!grant) throw new AadstsError(70003, [grantType]);
  const authenticated = await authenticateClient(state, request, tenant);
  return grant(state, request, tenant, authenticated);
}
