import { describe, expect, it } from 'vitest';
import type { AgentIdentityTokenMode } from '../../src/protocol/agent-identity-token.ts';
import {
  addOtherBlueprint,
  agentPortal,
  agentUser,
  mailAgent,
  otherAgent,
  otherBlueprint,
  retiredAgent,
  workload,
} from '../emulator/agents.ts';
import { agentToken, contosoAgent, steps } from '../helpers/agent-flows.ts';
import { startEngine } from '../helpers/engine.ts';
import { alice, confidentialClient, refusalOf, towards } from '../helpers/flows.ts';
import { userRead } from '../helpers/partner-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

type Changes = Parameters<typeof agentToken>[2];

const fabrikam = '22222222-2222-4222-8222-222222222222';
const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);
const engine = await engineOfFile({ environment: towards(emulator) });

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
