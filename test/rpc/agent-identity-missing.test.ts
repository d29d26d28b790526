import { describe, expect, it } from 'vitest';
import { getAgentIdentityToken } from '../../src/protocol/agent-identity-token.ts';
import { agentToken, contosoAgent } from '../helpers/agent-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';
import { refusalOf, towards, type Refusal } from '../helpers/flows.ts';

const emulator = await emulatorOfFile();
const engine = await engineOfFile({ environment: towards(emulator) });

/** The request without a value, as its own parameters have it. */
async function without(name: keyof typeof contosoAgent): Promise<Refusal> {
  const { [name]: _, ...parameters } = contosoAgent;
  const request = { parameterSet: 'AutonomousApp', parameters } as const;
  return refusalOf(engine.connection.sendRequest(getAgentIdentityToken, request));
}

describe('What is missing is found before anybody is asked:', () => {
  it.each([
    [
      'blueprintAppId',
      'BlueprintAppId',
      'No blueprint: give its application id as -BlueprintAppId, or keep it with Set-EntraBetaAgentIdentityContext.',
    ],
    [
      'agentIdentityAppId',
      'AgentIdentityAppId',
      'No agent identity: give its application id as -AgentIdentityAppId, or keep it with Set-EntraBetaAgentIdentityContext.',
    ],
    [
      'blueprintSecret',
      'BlueprintSecret',
      'The blueprint has nothing to prove itself with: give -BlueprintSecret, -BlueprintCertificateThumbprint or -BlueprintManagedIdentity, or keep its secret with Set-EntraBetaAgentIdentityContext.',
    ],
    [
      'tenantId',
      'TenantId',
      'No tenant: give its id or domain as -TenantId, keep it with Set-EntraBetaAgentIdentityContext, or set AZURE_TENANT_ID.',
    ],
  ] as const)('%s', async (name, parameter, message) => {
    expect(await without(name)).toEqual({
      code: -32602,
      message,
      data: { code: 'MissingParameter', parameter, retryable: false },
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    ['OBO', 'UserToken', "The mode OBO needs the user's token: give it as -UserToken."],
    ['AutonomousUser', 'UserUpn', "The mode AutonomousUser needs the agent's user account: give -UserUpn or -UserId."],
  ] as const)('the user in the mode %s', async (mode, parameter, message) => {
    expect(await refusalOf(agentToken(engine, mode))).toEqual({
      code: -32602,
      message,
      data: { code: 'MissingParameter', parameter, retryable: false },
    });
    expect(emulator.requests).toEqual([]);
  });
});
