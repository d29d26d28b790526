import {
  getAgentIdentityToken,
  type AgentIdentityTokenMode,
  type AgentIdentityTokenParameters,
  type AgentIdentityTokenResult,
} from '../../src/protocol/agent-identity-token.ts';
import { blueprint, invoiceAgent } from '../emulator/agents.ts';
import type { Engine } from './engine.ts';
import { contoso, type Asked, type Emulator } from './flows.ts';

/** What every mode needs, of the emulator's default directory. */
export const contosoAgent = {
  blueprintAppId: blueprint.id,
  agentIdentityAppId: invoiceAgent,
  blueprintSecret: blueprint.secret,
  tenantId: contoso,
} as const satisfies AgentIdentityTokenParameters;

/** Get-EntraBetaAgentIdentityToken. */
export function agentToken(
  engine: Engine,
  mode: AgentIdentityTokenMode,
  changes: AgentIdentityTokenParameters = {},
  { environment, ...asked }: Asked = {},
): Promise<AgentIdentityTokenResult> {
  return engine.connection.sendRequest(getAgentIdentityToken, {
    parameterSet: mode,
    parameters: { ...contosoAgent, ...changes },
    ...asked,
    ...(environment ? { environment: { PATH: process.env['PATH'] ?? '', ...environment } } : {}),
  });
}

/** Which step each token request at the emulator was, in order. */
export function steps(emulator: Emulator): readonly string[] {
  return emulator.requests
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/oauth2/v2.0/token'))
    .map(({ grantType, body, status }) => {
      const refused = status === 200 ? '' : ' refused';
      if (body['fmi_path'] !== undefined) return `parent${refused}`;
      if (grantType === 'client_credentials' && body['scope']?.includes('TokenExchange')) return `exchange${refused}`;
      const names: Readonly<Record<string, string>> = {
        client_credentials: 'agent',
        'urn:ietf:params:oauth:grant-type:jwt-bearer': 'on behalf of',
        user_fic: 'user_fic',
        refresh_token: 'refresh',
      };
      return `${names[grantType ?? ''] ?? grantType}${refused}`;
    });
}

/** A token's claims. */
export function claimsIn(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
