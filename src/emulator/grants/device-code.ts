import type { AuthenticatedClient } from '../client-authentication.ts';
import { pollDeviceCode } from '../device-code.ts';
import type { TenantSelector } from '../directory.ts';
import type { EndpointRequest, Reply } from '../http.ts';
import type { EmulatorState } from '../state.ts';
import { userTokens } from './user-tokens.ts';

/** RFC 8628 section 3.4. */
export async function deviceCode(
  state: EmulatorState,
  request: EndpointRequest,
  _tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { grant, redeem } = pollDeviceCode(state, request, authenticated.client);
  return userTokens(state, request, grant, grant.scope, authenticated, redeem);
}
