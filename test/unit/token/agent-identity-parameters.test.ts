import { describe, expect, it } from 'vitest';
import type { AgentIdentityTokenParameters } from '../../../src/protocol/agent-identity-token.ts';
import type { Environment } from '../../../src/protocol/environment.ts';
import { agentIdentityDemand, type AgentIdentityDemand } from '../../../src/token/agent-identity-parameters.ts';
import { contosoAgent } from '../../helpers/agent-flows.ts';
import { contoso } from '../../helpers/flows.ts';

const guid = '11111111-2222-3333-4444-555555555555';
const { blueprintAppId: blueprint, agentIdentityAppId: agent } = contosoAgent;
const inAnHour = Math.floor(Date.now() / 1000) + 3600;

type Changes = { readonly [Name in keyof AgentIdentityTokenParameters]?: unknown };

function demand(
  mode: string,
  changes: Changes = {},
  { environment = {}, told = [] }: { environment?: Environment; told?: string[] } = {},
): AgentIdentityDemand {
  return agentIdentityDemand(mode, { ...contosoAgent, ...changes }, environment, (level, message) => {
    told.push(`${level}: ${message}`);
  });
}

function refusalOf(work: () => unknown): { code?: string; message?: string; data?: { parameter?: string } } {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was refused.');
}

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

const userToken = (claims: object = {}): string =>
  jwt({ aud: blueprint, exp: inAnHour, scp: 'access_agent', ...claims });

describe('What stands for the blueprint', () => {
  it('is a secret', () => {
    expect(demand('AutonomousApp').credential).toEqual({ kind: 'secret', secret: contosoAgent.blueprintSecret });
  });
  it.each([
    ['SystemAssigned', undefined],
    ['systemassigned', undefined],
    [guid, guid],
  ])('is the managed identity %s', (blueprintManagedIdentity, clientId) => {
    const { credential } = demand('AutonomousApp', { blueprintSecret: undefined, blueprintManagedIdentity });
    expect(credential).toEqual({ kind: 'managedIdentity', clientId });
  });
  it('is no managed identity of another name', () => {
    const given = { blueprintSecret: undefined, blueprintManagedIdentity: 'contoso-shared' };
    expect(refusalOf(() => demand('AutonomousApp', given))).toMatchObject({
      code: 'InvalidParameter',
      message:
        "Parameter BlueprintManagedIdentity: 'contoso-shared' is neither SystemAssigned nor the client id (a GUID) of a user-assigned managed identity.",
    });
  });
  it('is one of the three, not two', () => {
    expect(refusalOf(() => demand('AutonomousApp', { blueprintManagedIdentity: guid }))).toMatchObject({
      code: 'InvalidParameterCombination',
      message:
        'The blueprint proves itself with one of -BlueprintSecret, -BlueprintCertificateThumbprint and -BlueprintManagedIdentity: leave the others out.',
    });
  });
  it('is no empty secret', () => {
    expect(refusalOf(() => demand('AutonomousApp', { blueprintSecret: '' }))).toMatchObject({
      message: 'Parameter BlueprintSecret: the value is empty. Leave the parameter out, or give it a value.',
    });
  });
});

describe('The ids', () => {
  it.each(['blueprintAppId', 'agentIdentityAppId'] as const)('are GUIDs: %s', (name) => {
    const parameter = name === 'blueprintAppId' ? 'BlueprintAppId' : 'AgentIdentityAppId';
    expect(refusalOf(() => demand('AutonomousApp', { [name]: '12345...' }))).toMatchObject({
      code: 'InvalidParameter',
      message: `Parameter ${parameter}: '12345...' is no client id. It is a GUID: the application id of an app registration.`,
      data: { parameter },
    });
  });
  it('are two', () => {
    expect(refusalOf(() => demand('AutonomousApp', { agentIdentityAppId: blueprint.toUpperCase() }))).toMatchObject({
      code: 'InvalidParameter',
      message: "Parameter AgentIdentityAppId: this is the blueprint's id. Give the id of one of its agent identities.",
    });
  });
  it('are asked for one after the other, the blueprint first', () => {
    const nothing = refusalOf(() => agentIdentityDemand('OBO', {}, {}, () => {}));
    expect(nothing).toMatchObject({ code: 'MissingParameter', data: { parameter: 'BlueprintAppId' } });
  });
});

describe('The tenant', () => {
  it('is the one that is given, whatever AZURE_TENANT_ID says', () => {
    const told: string[] = [];
    expect(demand('AutonomousApp', {}, { environment: { AZURE_TENANT_ID: guid }, told }).tenant).toBe(contoso);
    expect(told).toEqual([]);
  });
  it("is AZURE_TENANT_ID's where none is given, which is said", () => {
    const told: string[] = [];
    const environment = { AZURE_TENANT_ID: 'contoso.com' };
    expect(demand('AutonomousApp', { tenantId: undefined }, { environment, told }).tenant).toBe('contoso.com');
    expect(told).toEqual(["verbose: The tenant is AZURE_TENANT_ID's: contoso.com."]);
  });
  it('is missing where AZURE_TENANT_ID is empty too', () => {
    const environment = { AZURE_TENANT_ID: '' };
    expect(refusalOf(() => demand('AutonomousApp', { tenantId: undefined }, { environment }))).toMatchObject({
      code: 'MissingParameter',
      data: { parameter: 'TenantId' },
    });
  });
  it('is not what AZURE_TENANT_ID should not say, and the variable is named', () => {
    const environment = { AZURE_TENANT_ID: 'nonsense' };
    expect(refusalOf(() => demand('AutonomousApp', { tenantId: undefined }, { environment }))).toMatchObject({
      message: expect.stringMatching(/^Parameter AZURE_TENANT_ID: 'nonsense' is no tenant\./),
    });
  });
  it.each(['organizations', 'common'])('is one of its own, not %s', (tenantId) => {
    expect(refusalOf(() => demand('AutonomousApp', { tenantId }))).toMatchObject({
      code: 'InvalidParameter',
      message: `Parameter TenantId: '${tenantId}' is no tenant of its own. An agent identity lives in one: give its id or domain.`,
    });
  });
});

describe('The mode', () => {
  it.each(['obo', 'OBO'])('may be written in any case: %s', (mode) => {
    expect(demand(mode, { userToken: userToken() }).mode).toBe('OBO');
  });
  it('is no other one', () => {
    expect(refusalOf(() => demand('Interactive'))).toMatchObject({
      code: 'InvalidParameter',
      message: "Parameter Mode: 'Interactive' is none of AutonomousApp, OBO, AutonomousUser.",
      data: { parameter: 'Mode' },
    });
  });
  it('leaves out, with a warning, what it has no use for', () => {
    const told: string[] = [];
    const { subject } = demand('OBO', { userToken: userToken(), userId: guid }, { told });
    expect(subject.kind).toBe('onBehalfOf');
    expect(told).toEqual(['warning: -UserId counts in -Mode AutonomousUser only. It was left out.']);
  });
  it('takes no parameter that there is none of', () => {
    expect(refusalOf(() => demand('OBO', { password: 'x' } as Changes))).toMatchObject({
      code: 'InvalidParameter',
      message: 'Parameter Password: there is no such parameter.',
    });
  });
});

describe('The scope', () => {
  const graphs = [
    ['AzureCloud', 'https://graph.microsoft.com/.default'],
    ['AzureUSGovernment', 'https://graph.microsoft.us/.default'],
    ['AzureChinaCloud', 'https://microsoftgraph.chinacloudapi.cn/.default'],
  ] as const;
  it.each(graphs)("is that of the cloud's Microsoft Graph by default: %s", (environment, scope) => {
    expect(demand('AutonomousApp', { environment }).scopes).toEqual([scope]);
  });
  it('is one text with spaces between several', () => {
    expect(demand('AutonomousApp', { scope: ' User.Read  Mail.Read ' }).scopes).toEqual(['User.Read', 'Mail.Read']);
  });
  it('is no quoted one', () => {
    expect(refusalOf(() => demand('AutonomousApp', { scope: '"User.Read"' }))).toMatchObject({
      code: 'InvalidParameter',
      data: { parameter: 'Scope' },
    });
  });
});

describe("The agent's user account", () => {
  it.each(['agent@contoso.com', "o'neill+1@contoso.onmicrosoft.com"])('is a user principal name: %s', (userUpn) => {
    expect(demand('AutonomousUser', { userUpn }).subject).toEqual({ kind: 'user', upn: userUpn });
  });
  it('is an object id', () => {
    expect(demand('AutonomousUser', { userId: guid }).subject).toEqual({ kind: 'user', objectId: guid });
  });
  it.each(['agent', guid, 'agent@', '@contoso.com', 'a b@contoso.com', 'agent@contoso', 'a@b@contoso.com'])(
    'is no user principal name: %s',
    (userUpn) => {
      expect(refusalOf(() => demand('AutonomousUser', { userUpn }))).toMatchObject({
        code: 'InvalidParameter',
        message: `Parameter UserUpn: '${userUpn}' is no user principal name, such as agent@contoso.onmicrosoft.com. An object id goes into -UserId.`,
        data: { parameter: 'UserUpn' },
      });
    },
  );
  it('is no object id that is none', () => {
    expect(refusalOf(() => demand('AutonomousUser', { userId: 'agent@contoso.com' }))).toMatchObject({
      code: 'InvalidParameter',
      message:
        "Parameter UserId: 'agent@contoso.com' is no object id (a GUID). A user principal name goes into -UserUpn.",
      data: { parameter: 'UserId' },
    });
  });
  it('is named once', () => {
    expect(refusalOf(() => demand('AutonomousUser', { userId: guid, userUpn: 'agent@contoso.com' }))).toMatchObject({
      code: 'InvalidParameterCombination',
      message: '-UserUpn and -UserId both name the user account: leave one of them out.',
      data: { parameter: 'UserId' },
    });
  });
});

describe("A user's token", () => {
  const refused = (token: string) => {
    const refusal = refusalOf(() => demand('OBO', { userToken: token }));
    expect(refusal.data?.parameter).toBe('UserToken');
    expect(JSON.stringify([refusal, refusal.message])).not.toContain(token);
    return refusal;
  };

  it.each([blueprint, `api://${blueprint}`, `API://${blueprint.toUpperCase()}/`, 'https://agents.contoso.com'])(
    'may be for %s',
    (aud) => {
      expect(demand('OBO', { userToken: userToken({ aud }) }).userTokenExpiresOn).toBe(inAnHour * 1000);
    },
  );
  it.each([
    [agent, 'the token is for the agent identity, not for its blueprint.'],
    [`api://${agent}`, 'the token is for the agent identity, not for its blueprint.'],
    ['00000003-0000-0000-c000-000000000000', 'the token is for Microsoft Graph, not for the blueprint.'],
    ['https://graph.microsoft.com/', 'the token is for Microsoft Graph, not for the blueprint.'],
    ['https://graph.microsoft.us', 'the token is for Microsoft Graph, not for the blueprint.'],
    [guid, `the token is for '${guid}', not for the blueprint.`],
    [`api://${guid}`, `the token is for 'api://${guid}', not for the blueprint.`],
  ])('is refused when it is for %s', (aud, words) => {
    expect(refused(userToken({ aud }))).toMatchObject({
      code: 'InvalidParameter',
      message: `Parameter UserToken: ${words} Give an access token that the user got for the blueprint itself: its audience is ${blueprint} or api://${blueprint}.`,
    });
  });
  it('is refused with the beginning of an audience that is long', () => {
    const aud = `api://${guid}${'/'.repeat(1000)}`;
    const words = `the token is for '${aud.slice(0, 100)}...', not for the blueprint.`;
    expect(refused(userToken({ aud })).message).toContain(words);
  });
  it.each([
    ['a text that is no JWT', 'user-access-token'],
    ['an encrypted token', 'a.b.c.d.e'],
  ])('is refused when it is %s', (_what, token) => {
    expect(refused(token)).toMatchObject({
      code: 'InvalidParameter',
      message: 'Parameter UserToken: the value is no JWT. Give the whole access token, as it was handed out.',
    });
  });
  it('is refused when it has expired, and the time is told', () => {
    expect(refused(userToken({ exp: 1_700_000_000 }))).toMatchObject({
      code: 'TokenExpired',
      message:
        'Parameter UserToken: the token expired on 2023-11-14T22:13:20.000Z. Get a new one for the user, and run the command again.',
    });
  });
  it.each([undefined, 'soon', 1e300])('is refused when it does not say when it expires: %s', (exp) => {
    expect(refused(userToken({ exp }))).toMatchObject({
      message: 'Parameter UserToken: the token does not say when it expires (claim exp).',
    });
  });
  it.each([
    ["an application's", { idtyp: 'app', scp: undefined, roles: ['Everything'] }],
    ['without scp', { scp: undefined }],
  ])('is refused when it is %s', (_what, claims) => {
    expect(refused(userToken(claims))).toMatchObject({
      message:
        "Parameter UserToken: the token is no user's access token (claim scp). Give an access token that the user got for the blueprint itself.",
    });
  });
});

describe('A value of a megabyte', () => {
  const long = 'x'.repeat(1_000_000);
  it.each<[string, string, Changes]>([
    ['mode', long, {}],
    ['managed identity', 'AutonomousApp', { blueprintSecret: undefined, blueprintManagedIdentity: long }],
    ['object id', 'AutonomousUser', { userId: long }],
    ['user principal name', 'AutonomousUser', { userUpn: long }],
  ])('that is no %s is not repeated whole', (_what, mode, changes) => {
    expect(refusalOf(() => demand(mode, changes)).message).toMatch(/^Parameter \w+: 'x{100}\.\.\.' is .{10,200}$/);
  });
});
