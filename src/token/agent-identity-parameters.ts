import type { AgentIdentityTokenMode, AgentIdentityTokenParameters } from '../protocol/agent-identity-token.ts';
import { agentIdentityTokenModes, systemAssigned } from '../protocol/agent-identity-token.ts';
import type { Environment } from '../protocol/environment.ts';
import { isGuid, isTenantGroup } from '../protocol/formats.ts';
import { cloudNames } from '../protocol/partner-token.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { chosenCloud, resourcesOf, type Cloud } from '../cloud/environments.ts';
import type { AgentSubject } from '../grants/agent-identity.ts';
import type { BlueprintCredential } from '../grants/parent-token.ts';
import {
  certificateOf,
  claimOf,
  clientIdOf,
  invalid,
  oneOf,
  refuseOthers,
  scopesOf,
  switchOf,
  tenantOf,
  textOf,
  timeoutOf,
} from './parameters.ts';
import { checkUserToken } from './user-token.ts';

type Name = keyof AgentIdentityTokenParameters;
type Given = Record<string, unknown>;

/** A request whose parameters have been checked. */
export interface AgentIdentityDemand {
  readonly mode: AgentIdentityTokenMode;
  readonly cloud: Cloud;
  readonly tenant: string;
  /** GUID. */
  readonly blueprint: string;
  /** GUID. */
  readonly agent: string;
  readonly credential: BlueprintCredential;
  readonly subject: AgentSubject;
  /** When the user token ends, in Unix milliseconds; undefined where there is none. */
  readonly userTokenExpiresOn: number | undefined;
  readonly scopes: readonly string[];
  readonly claims: string | undefined;
  readonly force: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

const credentials = ['blueprintSecret', 'blueprintCertificate', 'blueprintManagedIdentity'] as const;
/** What each mode takes beside what all take. */
const parametersOfMode: Readonly<Record<AgentIdentityTokenMode, readonly Name[]>> = {
  AutonomousApp: [],
  OBO: ['userToken'],
  AutonomousUser: ['userUpn', 'userId'],
};
const allParameters: readonly Name[] = [
  'blueprintAppId',
  'agentIdentityAppId',
  ...credentials,
  'scope',
  'userToken',
  'userUpn',
  'userId',
  'tenantId',
  'environment',
  'claim',
  'force',
  'timeoutSeconds',
];

/**
 * @param environment the session's, for what falls back on it
 * @param tell is told what a person may want to know: lines for the host
 * @throws TokenError MissingParameter, InvalidParameterCombination, InvalidParameter, CertificateInvalid, TokenExpired
 */
export function agentIdentityDemand(
  parameterSet: string,
  parameters: Given,
  environment: Environment,
  tell: (level: 'warning' | 'verbose', message: string) => void,
): AgentIdentityDemand {
  const mode = modeOf(parameterSet);
  refuseOthers(parameters, mode, allParameters, allParameters);
  const needed = {
    blueprint: clientIdOf(parameters, 'blueprintAppId') ?? missing('BlueprintAppId', missingTexts.blueprint),
    agent: clientIdOf(parameters, 'agentIdentityAppId') ?? missing('AgentIdentityAppId', missingTexts.agent),
    credential: credentialOf(parameters) ?? missing('BlueprintSecret', missingTexts.credential),
    tenant: tenantIn(parameters, environment, tell) ?? missing('TenantId', missingTexts.tenant),
  };
  if (needed.agent.toLowerCase() === needed.blueprint.toLowerCase()) {
    throw invalid('AgentIdentityAppId', "this is the blueprint's id. Give the id of one of its agent identities.");
  }
  const cloud = chosenCloud(environment, oneOf(parameters, 'environment', cloudNames));
  for (const name of allParameters.filter((one) => isOfAnotherMode(one, mode) && parameters[one] != null)) {
    tell('warning', `-${capitalized(name)} counts in ${modesThatTake(name)} only. It was left out.`);
  }
  const [subject, userTokenExpiresOn] = subjectOf(mode, parameters, needed);
  return {
    ...needed,
    mode,
    cloud,
    subject,
    userTokenExpiresOn,
    scopes: scopesIn(parameters) ?? [`${resourcesOf(cloud).graph}/.default`],
    claims: claimOf(parameters),
    force: switchOf(parameters, 'force'),
    timeout: timeoutOf(parameters),
  };
}

const missingTexts = {
  blueprint:
    'No blueprint: give its application id as -BlueprintAppId, or keep it with Set-EntraBetaAgentIdentityContext.',
  agent:
    'No agent identity: give its application id as -AgentIdentityAppId, or keep it with Set-EntraBetaAgentIdentityContext.',
  credential:
    'The blueprint has nothing to prove itself with: give -BlueprintSecret, -BlueprintCertificateThumbprint or ' +
    '-BlueprintManagedIdentity, or keep its secret with Set-EntraBetaAgentIdentityContext.',
  tenant:
    'No tenant: give its id or domain as -TenantId, keep it with Set-EntraBetaAgentIdentityContext, or set AZURE_TENANT_ID.',
  userToken: "The mode OBO needs the user's token: give it as -UserToken.",
  user: "The mode AutonomousUser needs the agent's user account: give -UserUpn or -UserId.",
};

function missing(parameter: string, message: string): never {
  throw new TokenError('MissingParameter', message, { parameter });
}

/** PowerShell's ValidateSet takes any case. */
function modeOf(given: string): AgentIdentityTokenMode {
  const mode = agentIdentityTokenModes.find((one) => one.toLowerCase() === given.toLowerCase());
  if (mode !== undefined) return mode;
  throw invalid('Mode', `${quoted(given)} is none of ${agentIdentityTokenModes.join(', ')}.`);
}

function isOfAnotherMode(name: Name, mode: AgentIdentityTokenMode): boolean {
  return (
    !parametersOfMode[mode].includes(name) && Object.values(parametersOfMode).some((names) => names.includes(name))
  );
}

function modesThatTake(name: Name): string {
  return `-Mode ${agentIdentityTokenModes.find((mode) => parametersOfMode[mode].includes(name)) ?? ''}`;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function tenantIn(
  parameters: Given,
  environment: Environment,
  tell: (level: 'verbose', message: string) => void,
): string | undefined {
  const given = tenantOf(parameters);
  const tenant = given ?? tenantOf({ AZURE_TENANT_ID: environment['AZURE_TENANT_ID'] || undefined }, 'AZURE_TENANT_ID');
  if (tenant === undefined) return undefined;
  if (isTenantGroup(tenant)) {
    throw invalid(
      'TenantId',
      `'${tenant}' is no tenant of its own. An agent identity lives in one: give its id or domain.`,
    );
  }
  if (given === undefined) tell('verbose', `The tenant is AZURE_TENANT_ID's: ${tenant}.`);
  return tenant;
}

function credentialOf(parameters: Given): BlueprintCredential | undefined {
  const given = credentials.filter((name) => parameters[name] !== undefined && parameters[name] !== null);
  if (given.length > 1) {
    throw new TokenError(
      'InvalidParameterCombination',
      'The blueprint proves itself with one of -BlueprintSecret, -BlueprintCertificateThumbprint and ' +
        '-BlueprintManagedIdentity: leave the others out.',
      { parameter: 'BlueprintSecret' },
    );
  }
  const secret = textOf(parameters, 'blueprintSecret');
  if (secret !== undefined) return { kind: 'secret', secret };
  const certificate = certificateOf(parameters, 'blueprintCertificate');
  if (certificate) return { kind: 'hostCertificate', certificate };
  const identity = textOf(parameters, 'blueprintManagedIdentity');
  if (identity === undefined) return undefined;
  if (identity.toLowerCase() === systemAssigned.toLowerCase()) return { kind: 'managedIdentity', clientId: undefined };
  if (isGuid(identity)) return { kind: 'managedIdentity', clientId: identity };
  throw invalid(
    'BlueprintManagedIdentity',
    `${quoted(identity)} is neither ${systemAssigned} nor the client id (a GUID) of a user-assigned managed identity.`,
  );
}

/** @returns the subject, and when the user token ends */
function subjectOf(
  mode: AgentIdentityTokenMode,
  parameters: Given,
  needed: { readonly blueprint: string; readonly agent: string },
): readonly [AgentSubject, number | undefined] {
  switch (mode) {
    case 'AutonomousApp':
      return [{ kind: 'itself' }, undefined];
    case 'OBO': {
      const token = textOf(parameters, 'userToken') ?? missing('UserToken', missingTexts.userToken);
      return [{ kind: 'onBehalfOf', token }, checkUserToken(token, needed)];
    }
    case 'AutonomousUser':
      return [userOf(parameters), undefined];
  }
}

/** Something before and a domain after the only `@`. */
const principalName = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

function userOf(parameters: Given): AgentSubject {
  const [upn, objectId] = [textOf(parameters, 'userUpn'), textOf(parameters, 'userId')];
  if (upn !== undefined && objectId !== undefined) {
    throw new TokenError(
      'InvalidParameterCombination',
      '-UserUpn and -UserId both name the user account: leave one of them out.',
      { parameter: 'UserId' },
    );
  }
  if (objectId !== undefined) {
    if (isGuid(objectId)) return { kind: 'user', objectId };
    throw invalid('UserId', `${quoted(objectId)} is no object id (a GUID). A user principal name goes into -UserUpn.`);
  }
  if (upn === undefined) missing('UserUpn', missingTexts.user);
  if (principalName.test(upn)) return { kind: 'user', upn };
  throw invalid(
    'UserUpn',
    `${quoted(upn)} is no user principal name, such as agent@contoso.onmicrosoft.com. An object id goes into -UserId.`,
  );
}

function scopesIn(parameters: Given): readonly string[] | undefined {
  const scope = textOf(parameters, 'scope');
  return scope === undefined ? undefined : scopesOf({ scope: scope.trim().split(/\s+/) });
}
