import type { PartnerTokenParameters, PartnerTokenParameterSet } from '../protocol/partner-token.ts';
import {
  cloudNames,
  moduleNames,
  partnerTokenParameterSets,
  secMgmtTokenParameterSets,
  type CloudName,
  type Credential,
  type ModuleName,
} from '../protocol/partner-token.ts';
import type { CheckedCertificate } from '../platform/host-certificate.ts';
import {
  certificateOf,
  clientIdOf,
  invalid,
  oneOf,
  parameterSetOf,
  refuseOthers,
  requireAll,
  scopesOf,
  switchOf,
  tenantOf,
  textOf,
  timeoutOf,
} from './parameters.ts';

type Name = keyof PartnerTokenParameters;

/** Two commands of one kind: what differs is this. */
export interface PartnerCommand {
  readonly name: 'New-PartnerAccessToken' | 'New-SecMgmtAccessToken';
  readonly parameterSets: readonly PartnerTokenParameterSet[];
  /** Parameters that only the other command has. */
  readonly without: readonly Name[];
}

export const partnerCommands = {
  'New-PartnerAccessToken': {
    name: 'New-PartnerAccessToken',
    parameterSets: partnerTokenParameterSets,
    without: [],
  },
  'New-SecMgmtAccessToken': {
    name: 'New-SecMgmtAccessToken',
    parameterSets: secMgmtTokenParameterSets,
    without: ['accessToken', 'module'],
  },
} as const satisfies Record<PartnerCommand['name'], PartnerCommand>;

/** Upstream's parameter sets. `timeoutSeconds` is ours: a script must not hang for ever. */
const always = ['environment', 'tenant', 'timeoutSeconds'] as const;
const parametersOfSet: Readonly<
  Record<PartnerTokenParameterSet, { readonly needed: readonly Name[]; readonly optional: readonly Name[] }>
> = {
  AccessToken: { needed: ['accessToken', 'applicationId', 'scopes'], optional: ['credential'] },
  RefreshToken: {
    needed: ['refreshToken', 'scopes'],
    optional: ['applicationId', 'certificate', 'credential', 'module', 'servicePrincipal'],
  },
  ServicePrincipal: {
    needed: ['applicationId', 'credential', 'scopes', 'servicePrincipal', 'tenant'],
    optional: ['useAuthorizationCode'],
  },
  ServicePrincipalCertificate: {
    needed: ['applicationId', 'certificate', 'scopes', 'tenant'],
    optional: ['servicePrincipal', 'useAuthorizationCode'],
  },
  User: { needed: ['applicationId', 'scopes'], optional: ['useAuthorizationCode', 'useDeviceAuthentication'] },
  ByModule: { needed: ['module'], optional: ['refreshToken', 'useAuthorizationCode'] },
};
const allParameters: readonly Name[] = [
  ...new Set([
    ...always,
    ...Object.values(parametersOfSet).flatMap(({ needed, optional }) => [...needed, ...optional]),
  ]),
];

/** As long as a device code lives. */
const signInSeconds = 900;
const unattendedSeconds = 120;

/** A request whose parameters have been checked one by one. */
export interface PartnerTokenDemand {
  readonly command: PartnerCommand['name'];
  readonly parameterSet: PartnerTokenParameterSet;
  readonly accessToken: string | undefined;
  readonly applicationId: string | undefined;
  readonly certificate: CheckedCertificate | undefined;
  readonly credential: Credential | undefined;
  readonly cloudName: CloudName | undefined;
  readonly module: ModuleName | undefined;
  readonly refreshToken: string | undefined;
  /** As given; none in the set ByModule, whose module has its own. */
  readonly scopes: readonly string[];
  readonly tenant: string;
  readonly useAuthorizationCode: boolean;
  readonly useDeviceAuthentication: boolean;
  /** Whether a person may have to sign in. */
  readonly attended: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** @throws TokenError InvalidParameterSet, InvalidParameterCombination, MissingParameter, InvalidParameter, CertificateInvalid */
export function partnerTokenDemand(
  command: PartnerCommand,
  parameterSet: string,
  parameters: Record<string, unknown>,
): PartnerTokenDemand {
  const set = parameterSetOf(parameterSet, command.parameterSets, command.name);
  const known = allParameters.filter((name) => !command.without.includes(name));
  const { needed, optional } = parametersOfSet[set];
  const taken = [...always, ...needed, ...optional].filter((name) => known.includes(name));
  refuseOthers(parameters, set, taken, known);
  requireAll(parameters, set, needed);
  const useAuthorizationCode = switchOf(parameters, 'useAuthorizationCode');
  const refreshToken = textOf(parameters, 'refreshToken');
  const attended = set === 'User' || useAuthorizationCode || (set === 'ByModule' && refreshToken === undefined);
  switchOf(parameters, 'servicePrincipal');
  return {
    command: command.name,
    parameterSet: set,
    accessToken: textOf(parameters, 'accessToken'),
    applicationId: clientIdOf(parameters, 'applicationId'),
    certificate: certificateOf(parameters, 'certificate'),
    credential: credentialOf(parameters),
    cloudName: oneOf(parameters, 'environment', cloudNames),
    module: oneOf(parameters, 'module', moduleNames),
    refreshToken,
    scopes: set === 'ByModule' ? [] : scopesOf(parameters, 'scopes', 'https://graph.microsoft.com/User.Read'),
    tenant: tenantOf(parameters, 'tenant') ?? 'organizations',
    useAuthorizationCode,
    useDeviceAuthentication: switchOf(parameters, 'useDeviceAuthentication'),
    attended,
    timeout: timeoutOf(parameters, attended ? signInSeconds : unattendedSeconds),
  };
}

function credentialOf(parameters: Record<string, unknown>): Credential | undefined {
  const value = parameters['credential'];
  if (value === undefined || value === null) return undefined;
  const { userName, password } = typeof value === 'object' ? (value as Partial<Record<string, unknown>>) : {};
  if (typeof userName !== 'string' || typeof password !== 'string') {
    throw invalid('Credential', 'an object with userName and password is needed.');
  }
  if (password === '') throw invalid('Credential', "the password is empty. It is the application's client secret.");
  return { userName, password };
}
