import { describe, expect, it } from 'vitest';
import { getAgentIdentityToken, type AgentIdentityTokenMode } from '../../src/protocol/agent-identity-token.ts';
import {
  addOtherBlueprint,
  agentPortal,
  agentUser,
  blueprint,
  mailAgent,
  otherAgent,
  otherBlueprint,
  retiredAgent,
  tampered,
  userToken,
  workload,
} from '../emulator/agents.ts';
import { agentToken, contosoAgent, steps } from '../helpers/agent-flows.ts';
import { startEngine } from '../helpers/engine.ts';
import { alice, confidentialClient, refusalOf, towards, type Refusal } from '../helpers/flows.ts';
import { userRead } from '../helpers/partner-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

type Changes = Parameters<typeof agentToken>[2];

const fabrikam = '22222222-2222-4222-8222-222222222222';
const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);
const engine = await engineOfFile({ environment: towards(emulator) });

/** The request without a value, as its own parameters have it. */
async function without(
  name: keyof typeof contosoAgent,
  mode: AgentIdentityTokenMode = 'AutonomousApp',
): Promise<Refusal> {
  const { [name]: _, ...parameters } = contosoAgent;
  return refusalOf(engine.connection.sendRequest(getAgentIdentityToken, { parameterSet: mode, parameters }));
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

describe('A user token', () => {
  const refused = (given: string): Promise<Refusal> => refusalOf(agentToken(engine, 'OBO', { userToken: given }));

  it.each([
    ['for Microsoft Graph', userRead, 'the token is for Microsoft Graph, not for the blueprint.'],
    [
      'for another application',
      `api://${otherBlueprint.id}/access_agent`,
      `the token is for '${otherBlueprint.id}', not for the blueprint.`,
    ],
  ])('%s is refused before anybody is asked', async (_what, scope, words) => {
    const client = scope === userRead ? '04b07795-8ddb-461a-bbee-02f9e1bf7b46' : agentPortal;
    if (client === agentPortal) consentToOtherBlueprint();
    const given = await userToken(emulator, { client, scope });
    emulator.clearRequests();
    const refusal = await refused(given);
    expect(refusal).toEqual({
      code: -32602,
      message:
        `Parameter UserToken: ${words} Give an access token that the user got for the blueprint itself: ` +
        `its audience is ${blueprint.id} or api://${blueprint.id}.`,
      data: { code: 'InvalidParameter', parameter: 'UserToken', retryable: false },
    });
    expect(emulator.requests).toEqual([]);
  });

  it('that is an id token is refused before anybody is asked', async () => {
    const given = await userToken(emulator, { name: 'id_token' });
    emulator.clearRequests();
    const refusal = await refused(given);
    expect(refusal.data).toMatchObject({ code: 'InvalidParameter', parameter: 'UserToken' });
    expect(refusal.message).toContain(`the token is for '${agentPortal}', not for the blueprint.`);
    expect(emulator.requests).toEqual([]);
  });

  it('that somebody has changed is refused by Entra, and the parameter is named', async () => {
    const given = tampered(await userToken(emulator));
    const refusal = await refused(given);
    expect(refusal).toMatchObject({
      code: -32000,
      data: {
        code: 'InvalidGrant',
        parameter: 'UserToken',
        aadsts: 50013,
        correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(refusal.message).toMatch(
      /^AADSTS50013: Assertion failed signature validation\. .* \(correlation id [0-9a-f-]{36}\) Check -UserToken: an access token is needed that this user got for the blueprint itself\.$/,
    );
    expect(JSON.stringify(refusal)).not.toContain(given);
  });

  it('of a user who is disabled meanwhile is refused', async () => {
    const given = await userToken(emulator);
    const user = emulator.directory.users.find((each) => each.userPrincipalName === alice.username) as {
      disabled?: boolean;
    };
    user.disabled = true;
    const refusal = await refused(given);
    user.disabled = false;
    expect(refusal.data).toMatchObject({ code: 'InvalidGrant', parameter: 'UserToken', aadsts: 50057 });
    expect(refusal.message).toMatch(/Check -UserToken: nobody can act for a user whose account is disabled\.$/);
  });

  it('needs consent to the agent identity', async () => {
    const refusal = await refusalOf(
      agentToken(engine, 'OBO', { userToken: await userToken(emulator), agentIdentityAppId: mailAgent }),
    );
    expect(refusal.data).toMatchObject({
      code: 'ConsentRequired',
      parameter: 'Scope',
      aadsts: 65001,
      suberror: 'consent_required',
    });
    expect(refusal.message).toMatch(
      /The user, or an administrator for everybody, must first consent to what this agent identity asks for: check -Scope\.$/,
    );
  });

  it('whose agent identity must answer a claims challenge is told of, with the challenge', async () => {
    const given = await userToken(emulator);
    await agentToken(engine, 'AutonomousApp');
    emulator.nextAnswers.push({ kind: 'claims-challenge' });
    const refusal = await refused(given);
    expect(refusal.data).toMatchObject({
      code: 'InteractionRequired',
      aadsts: 50076,
      claims: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    });
    expect(refusal.message).toMatch(
      /Have the user sign in again with the claims challenge, and give the new token as -UserToken\.$/,
    );
  });
});

function consentToOtherBlueprint(): void {
  const portal = emulator.directory.applications.find(({ id }) => id === agentPortal) as {
    delegatedPermissions: string[];
  };
  portal.delegatedPermissions = [...portal.delegatedPermissions, `api://${otherBlueprint.id}/access_agent`];
}

const user = { userUpn: agentUser.username };

describe('What Entra refuses names the parameter to change:', () => {
  it.each<[string, AgentIdentityTokenMode, Changes, string, number, string, string, readonly string[]]>([
    [
      'a wrong secret',
      'AutonomousApp',
      { blueprintSecret: 'Wrong-Secret~1' },
      'InvalidClient',
      7000215,
      'BlueprintSecret',
      "Check -BlueprintSecret: the secret's value is needed, not its id.",
      ['parent refused'],
    ],
    [
      'an unknown blueprint',
      'AutonomousApp',
      { blueprintAppId: fabrikam },
      'ApplicationNotFound',
      700016,
      'BlueprintAppId',
      'Check -BlueprintAppId and -TenantId: the tenant has no such blueprint.',
      ['parent refused'],
    ],
    [
      'a blueprint of another tenant',
      'AutonomousApp',
      { tenantId: fabrikam },
      'ApplicationNotFound',
      700016,
      'BlueprintAppId',
      'Check -BlueprintAppId and -TenantId: the tenant has no such blueprint.',
      ['parent refused'],
    ],
    [
      'a blueprint that is none',
      'AutonomousApp',
      { blueprintAppId: confidentialClient.id, blueprintSecret: confidentialClient.secret },
      'InvalidClient',
      90023,
      'BlueprintAppId',
      'Check -BlueprintAppId: only an agent identity blueprint gets parent tokens.',
      ['parent refused'],
    ],
    [
      'an unknown agent identity',
      'AutonomousApp',
      { agentIdentityAppId: fabrikam },
      'ApplicationNotFound',
      700016,
      'AgentIdentityAppId',
      'Check -AgentIdentityAppId and -TenantId: the tenant has no such agent identity.',
      ['parent', 'agent refused'],
    ],
    [
      'an agent identity of another blueprint',
      'AutonomousApp',
      { agentIdentityAppId: otherAgent },
      'InvalidClient',
      700213,
      'AgentIdentityAppId',
      'Check -AgentIdentityAppId and -BlueprintAppId: the agent identity is not one of this blueprint.',
      ['parent', 'agent refused'],
    ],
    [
      'an agent identity that is an ordinary application',
      'AutonomousApp',
      { agentIdentityAppId: confidentialClient.id },
      'InvalidClient',
      70025,
      'AgentIdentityAppId',
      'Check -AgentIdentityAppId and -BlueprintAppId: the agent identity is not one of this blueprint.',
      ['parent', 'agent refused'],
    ],
    [
      "an application that trusts somebody else's tokens alone",
      'AutonomousApp',
      { agentIdentityAppId: workload },
      'InvalidClient',
      700211,
      'TenantId',
      "Check -TenantId: it must be the agent identity's own tenant. Check -AgentIdentityAppId and -BlueprintAppId too.",
      ['parent', 'agent refused'],
    ],
    [
      'an agent identity that is a public client',
      'AutonomousApp',
      { agentIdentityAppId: agentPortal },
      'InvalidClient',
      700025,
      'AgentIdentityAppId',
      'Check -AgentIdentityAppId and -BlueprintAppId: the agent identity is not one of this blueprint.',
      ['parent', 'agent refused'],
    ],
    [
      'an agent identity that is disabled',
      'AutonomousApp',
      { agentIdentityAppId: retiredAgent },
      'InvalidClient',
      7000112,
      'AgentIdentityAppId',
      'Enable the agent identity, and its blueprint, in the tenant, or give another one as -AgentIdentityAppId.',
      ['parent', 'agent refused'],
    ],
    [
      'an unknown resource',
      'AutonomousApp',
      { scope: 'https://nobody.example/.default' },
      'InvalidResource',
      500011,
      'Scope',
      'Check -Scope: the tenant has no such resource.',
      ['parent', 'agent refused'],
    ],
    [
      'a scope that only users can give',
      'AutonomousApp',
      { scope: userRead },
      'InvalidScope',
      1002012,
      'Scope',
      "Check -Scope: an agent identity by itself gets a resource's .default only.",
      ['parent', 'agent refused'],
    ],
    [
      'an unknown scope',
      'AutonomousUser',
      { ...user, scope: 'https://graph.microsoft.com/Nobody.Read' },
      'InvalidScope',
      70011,
      'Scope',
      'Check -Scope: the resource does not have it.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'scopes of two resources',
      'AutonomousUser',
      { ...user, scope: `${userRead} api://contoso-orders/Orders.Read` },
      'InvalidScope',
      28000,
      'Scope',
      'Check -Scope: a token is for one resource. Run the command once for each.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'an unknown user account',
      'AutonomousUser',
      { userUpn: 'nobody@contoso.onmicrosoft.com' },
      'UserNotFound',
      50034,
      'UserUpn',
      'Check -UserUpn and -TenantId: there is no such user.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'an unknown user account by its object id',
      'AutonomousUser',
      { userId: fabrikam },
      'UserNotFound',
      50034,
      'UserId',
      'Check -UserId and -TenantId: there is no such user.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      "a user who is not the agent identity's",
      'AutonomousUser',
      { userUpn: alice.username },
      'InvalidGrant',
      700213,
      'UserUpn',
      "Check -UserUpn: the account is not this agent identity's own.",
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'a user account that is disabled',
      'AutonomousUser',
      { userUpn: 'disabled@contoso.onmicrosoft.com' },
      'InvalidGrant',
      50057,
      'UserUpn',
      'Enable the account, or give another one as -UserUpn.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'a user account for which nobody has consented',
      'AutonomousUser',
      { ...user, scope: 'api://contoso-orders/Orders.Read' },
      'ConsentRequired',
      65001,
      'Scope',
      'An administrator must first consent to what this agent identity asks for: check -Scope.',
      ['parent', 'exchange', 'user_fic refused'],
    ],
    [
      'a tenant that is none',
      'AutonomousApp',
      { tenantId: 'nobody.example' },
      'InvalidTenant',
      90002,
      'TenantId',
      'Check -TenantId: the id of a tenant, or one of its verified domains.',
      ['parent refused'],
    ],
  ])('%s', async (_what, mode, changes, code, aadsts, parameter, advice, expected) => {
    // An engine of its own: what is there already would leave steps out.
    await using fresh = await startEngine({ environment: towards(emulator) });
    const refusal = await refusalOf(agentToken(fresh, mode, changes));
    expect(refusal.code).toBe(-32000);
    expect(refusal.data).toMatchObject({ code, aadsts, parameter, retryable: false });
    expect(refusal.message.startsWith(`AADSTS${aadsts}: `)).toBe(true);
    expect(refusal.message).toContain(`(correlation id ${refusal.data.correlationId}) `);
    expect(refusal.message.endsWith(` ${advice}`)).toBe(true);
    expect(steps(emulator)).toEqual(expected);
    expect(JSON.stringify(refusal)).not.toContain(changes?.blueprintSecret ?? contosoAgent.blueprintSecret);
  });

  it('a secret that has expired', async () => {
    emulator.nextAnswers.push({ kind: 'expired-secret' });
    const refusal = await refusalOf(
      agentToken(engine, 'AutonomousApp', { agentIdentityAppId: mailAgent, force: true }),
    );
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000222, parameter: 'BlueprintSecret' });
    expect(refusal.message).toMatch(/Create a new secret for the blueprint, and give that one as -BlueprintSecret\.$/);
  });

  it('a blueprint that is given as the agent identity of another one', async () => {
    const refusal = await refusalOf(agentToken(engine, 'AutonomousApp', { agentIdentityAppId: otherBlueprint.id }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', parameter: 'AgentIdentityAppId' });
  });

  it.each([
    ['Too many requests', 429, 'Throttled'],
    ['An outage', 503, 'ServiceUnavailable'],
  ])('%s is told as such, and worth another try', async (_what, status, code) => {
    // MSAL holds back what follows such an answer: an engine of its own.
    await using fresh = await startEngine({ environment: towards(emulator) });
    emulator.nextAnswers.push({ kind: 'status', status });
    const refusal = await refusalOf(agentToken(fresh, 'AutonomousApp'));
    expect(refusal.data).toMatchObject({ code, retryable: true });
  });
});
