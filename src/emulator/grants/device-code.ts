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
  const pending = pollDeviceCode(state, request, authenticated.client);
  const reply = await userTokens(state, request, pending.grant, pending.grant.scope, authenticated);
  pending.redeem();
  return reply;
}
