import { requestUnderWay, withRequestContext, type Advice, type Wording } from '../platform/request-context.ts';
import { asTokenError } from './foreign-errors.ts';
import type { BlueprintCredential } from './parent-token.ts';

/**
 * What Entra's numbers mean at each step on the way to an agent identity's token, and which parameter to change: the same
 * number is about the blueprint in one step and about the agent identity in the next.
 */
type Refusals = NonNullable<Wording['refusals']>;

const tenant: Advice = {
  code: 'InvalidTenant',
  parameter: 'TenantId',
  advice: 'Check -TenantId: the id of a tenant, or one of its verified domains.',
};

const ofTenant: Refusals = { 90002: tenant, 900023: tenant, 50059: tenant };

const untrustedIdentity: Advice = {
  code: 'InvalidClient',
  parameter: 'BlueprintManagedIdentity',
  advice:
    'The blueprint does not trust this managed identity: give it a federated credential whose issuer is the ' +
    "identity's tenant and whose subject is its object id, or name another one with -BlueprintManagedIdentity.",
};

const byCredential: Readonly<Record<BlueprintCredential['kind'], Refusals>> = {
  secret: {
    7000215: {
      code: 'InvalidClient',
      parameter: 'BlueprintSecret',
      advice: "Check -BlueprintSecret: the secret's value is needed, not its id.",
    },
    7000222: {
      code: 'InvalidClient',
      parameter: 'BlueprintSecret',
      advice: 'Create a new secret for the blueprint, and give that one as -BlueprintSecret.',
    },
  },
  hostCertificate: {
    700027: {
      code: 'InvalidClient',
      parameter: 'BlueprintCertificateThumbprint',
      advice:
        'Register the certificate with the blueprint, or name the one that is with -BlueprintCertificateThumbprint.',
    },
  },
  managedIdentity: {
    70025: untrustedIdentity,
    700211: untrustedIdentity,
    700212: untrustedIdentity,
    700213: untrustedIdentity,
    700226: untrustedIdentity,
  },
};

/** The parent token: the blueprint proves itself. */
export function refusalsOfBlueprint(credential: BlueprintCredential['kind']): Refusals {
  return {
    ...ofTenant,
    700016: {
      code: 'ApplicationNotFound',
      parameter: 'BlueprintAppId',
      advice: 'Check -BlueprintAppId and -TenantId: the tenant has no such blueprint.',
    },
    7000112: {
      code: 'InvalidClient',
      parameter: 'BlueprintAppId',
      advice: 'Enable the blueprint in the tenant, or give another one as -BlueprintAppId.',
    },
    700025: {
      code: 'InvalidClient',
      parameter: 'BlueprintAppId',
      advice: 'Check -BlueprintAppId: a public client is no agent identity blueprint.',
    },
    90023: {
      code: 'InvalidClient',
      parameter: 'BlueprintAppId',
      advice: 'Check -BlueprintAppId: only an agent identity blueprint gets parent tokens.',
    },
    500011: {
      code: 'InvalidResource',
      parameter: 'Environment',
      advice: 'This cloud calls its token exchange something else: check -Environment and AZURE_AUTHORITY_HOST.',
    },
    ...byCredential[credential],
  };
}

const notOfBlueprint: Advice = {
  code: 'InvalidClient',
  parameter: 'AgentIdentityAppId',
  advice: 'Check -AgentIdentityAppId and -BlueprintAppId: the agent identity is not one of this blueprint.',
};

/** Blueprints may serve several tenants; a parent token is good in the one that it was got in. */
const ofAnotherTenant: Advice = {
  code: 'InvalidClient',
  parameter: 'TenantId',
  advice:
    "Check -TenantId: it must be the agent identity's own tenant. Check -AgentIdentityAppId and -BlueprintAppId too.",
};

const aBlueprint: Advice = {
  code: 'InvalidClient',
  parameter: 'AgentIdentityAppId',
  advice: 'Check -AgentIdentityAppId: a blueprint gets such tokens through its agent identities only.',
};

/** The agent identity proves itself with the parent token, whatever it asks for. */
export const refusalsOfAgent: Refusals = {
  ...ofTenant,
  700016: {
    code: 'ApplicationNotFound',
    parameter: 'AgentIdentityAppId',
    advice: 'Check -AgentIdentityAppId and -TenantId: the tenant has no such agent identity.',
  },
  7000112: {
    code: 'InvalidClient',
    parameter: 'AgentIdentityAppId',
    advice: 'Enable the agent identity, and its blueprint, in the tenant, or give another one as -AgentIdentityAppId.',
  },
  70025: notOfBlueprint,
  700025: notOfBlueprint,
  700211: ofAnotherTenant,
  700213: notOfBlueprint,
  700226: notOfBlueprint,
  82001: aBlueprint,
  82002: aBlueprint,
  70011: { code: 'InvalidScope', parameter: 'Scope', advice: 'Check -Scope: the resource does not have it.' },
  1002012: {
    code: 'InvalidScope',
    parameter: 'Scope',
    advice: "Check -Scope: an agent identity by itself gets a resource's .default only.",
  },
  28000: {
    code: 'InvalidScope',
    parameter: 'Scope',
    advice: 'Check -Scope: a token is for one resource. Run the command once for each.',
  },
  500011: { code: 'InvalidResource', parameter: 'Scope', advice: 'Check -Scope: the tenant has no such resource.' },
};

function userToken(advice: string): Advice {
  return { code: 'InvalidGrant', parameter: 'UserToken', advice };
}

const forBlueprint = 'Check -UserToken: an access token is needed that this user got for the blueprint itself.';

/** The agent identity acts on behalf of a user. */
export const refusalsOnBehalfOf: Refusals = {
  ...refusalsOfAgent,
  50013: userToken(forBlueprint),
  50027: userToken(forBlueprint),
  240002: userToken(forBlueprint),
  500131: userToken(forBlueprint),
  7000114: userToken(forBlueprint),
  500133: userToken('The user token has expired: get a new one and give it as -UserToken.'),
  50173: userToken('The user token has been revoked: get a new one and give it as -UserToken.'),
  50020: userToken('The user is of another tenant: check -UserToken and -TenantId.'),
  50034: { code: 'UserNotFound', parameter: 'UserToken', advice: 'Check -UserToken and -TenantId.' },
  50057: userToken('Check -UserToken: nobody can act for a user whose account is disabled.'),
  65001: {
    code: 'ConsentRequired',
    parameter: 'Scope',
    advice:
      'The user, or an administrator for everybody, must first consent to what this agent identity asks for: check -Scope.',
  },
};

/** The agent identity acts as its user account. @param parameter the one that names the account */
export function refusalsOfAgentUser(parameter: 'UserUpn' | 'UserId'): Refusals {
  return {
    ...refusalsOfAgent,
    700213: {
      code: 'InvalidGrant',
      parameter,
      advice: `Check -${parameter}: the account is not this agent identity's own.`,
    },
    50034: { code: 'UserNotFound', parameter, advice: `Check -${parameter} and -TenantId: there is no such user.` },
    50020: { code: 'UserNotFound', parameter, advice: `Check -${parameter} and -TenantId: the user is not of it.` },
    50057: { code: 'InvalidGrant', parameter, advice: `Enable the account, or give another one as -${parameter}.` },
    65001: {
      code: 'ConsentRequired',
      parameter: 'Scope',
      advice: 'An administrator must first consent to what this agent identity asks for: check -Scope.',
    },
  };
}

/**
 * Runs a step so that its errors are told in its own words, and how it fails is not taken for how another step fails.
 * @throws TokenError
 */
export async function agentStep<Result>(refusals: Refusals, work: () => Promise<Result>): Promise<Result> {
  const context = requestUnderWay();
  const { wording } = context;
  return withRequestContext({ ...context, wording: wording && { ...wording, refusals } }, async () => {
    try {
      return await work();
    } catch (error) {
      throw context.signal.aborted ? error : asTokenError(error);
    }
  });
}
