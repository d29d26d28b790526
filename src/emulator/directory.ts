import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import { AadstsError } from './aadsts-errors.ts';
import { wellKnownApplications } from './well-known-applications.ts';

/** All that the emulator knows of tenants, people and applications; the shape of a directory file. */
export interface Directory {
  tenants: Tenant[];
  users: User[];
  applications: Application[];
  managedIdentities: ManagedIdentity[];
  /** What App Service puts into IDENTITY_HEADER; requests to the identity endpoint must show it. */
  identityHeader: string;
  consents: Consent[];
  /** What parent tokens are for in the emulator's cloud: `api://AzureADTokenExchange`, or that of another cloud. */
  tokenExchangeAudience: string;
  /** User principal name of somebody who is signed in without the login page, for clients without a browser. */
  scriptedUser?: string;
}

export interface Tenant {
  /** GUID. */
  id: string;
  name: string;
  /** The first one is the tenant's main domain. */
  domains: string[];
}

/** A user lives in the tenant that owns the domain of the user principal name. */
export interface User {
  /** Object id: GUID. */
  id: string;
  userPrincipalName: string;
  /** Absent: no person can sign in. */
  password?: string;
  displayName: string;
  givenName?: string;
  surname?: string;
  mail?: string;
  disabled?: boolean;
  /** Ids of the agent identities that get tokens for this user by themselves (`user_fic`). */
  agentIdentities?: string[];
}

export interface Application {
  /** Application (client) id: GUID. */
  id: string;
  name: string;
  /** GUIDs of the tenants that have it, its home first; absent: every tenant (a multi-tenant app of Microsoft). */
  tenants?: string[];
  /** No credential of its own: a desktop, mobile or command-line program. */
  publicClient?: boolean;
  /** On `http://localhost` any port will do. */
  redirectUris?: string[];
  secrets?: Secret[];
  /** PEM of the certificates whose keys may sign client assertions. */
  certificates?: string[];
  /** What others call it as a resource; the first one is its own name. */
  identifierUris?: string[];
  /** 1 as Microsoft's own resources have it (default), 2 as new applications have it. */
  accessTokenVersion?: 1 | 2;
  /** What a user can let a client do here. */
  scopes?: string[];
  /** What an application can be let do here. */
  roles?: string[];
  /** `https://graph.microsoft.com/User.Read`: what the registration asks for; `.../*` means all scopes. */
  delegatedPermissions?: string[];
  /** `https://graph.microsoft.com/User.Read.All`: the roles that an administrator has given it. */
  applicationPermissions?: string[];
  /** An administrator has consented to the delegated permissions for everybody. */
  adminConsent?: boolean;
  /** Nobody gets a token through it, its agent identities included. */
  disabled?: boolean;
  /** Whose tokens it may prove itself with. */
  federatedCredentials?: FederatedCredential[];
  /** An agent identity blueprint: its credentials get the parent tokens of its agent identities. */
  isBlueprint?: boolean;
  /** Of a blueprint: what it has consent for, its agent identities have consent for. */
  inheritDelegatedPermissions?: boolean;
  /** Makes it an agent identity: id of its blueprint. It has no credentials of its own. */
  blueprint?: string;
}

/** Trust in tokens of another issuer: workload identity federation. */
export interface FederatedCredential {
  /** `iss` of the tokens; `{authority}` in it stands for the emulator's own address. */
  issuer: string;
  /** `sub` of the tokens, to the letter. */
  subject: string;
  /** Default: the token exchange's. */
  audiences?: string[];
  /** Public keys of the issuer; the emulator knows its own. */
  keys?: JWK[];
}

/** A consent that was given before the emulator started. */
export interface Consent {
  /** Id of the application. */
  client: string;
  /** User principal name; absent: an administrator has consented for everybody. */
  user?: string;
  /** `https://graph.microsoft.com/User.Read` */
  scopes: string[];
}

export interface Secret {
  value: string;
  /** ISO date; absent: never expires. */
  expires?: string;
}

export interface ManagedIdentity {
  /** GUID. */
  clientId: string;
  /** GUID. */
  objectId: string;
  name: string;
  /** GUID. */
  tenant: string;
  /** The system-assigned one answers when nobody is named. */
  type: 'system-assigned' | 'user-assigned';
  /** Azure resource id, `/subscriptions/...`. */
  resourceId: string;
  applicationPermissions?: string[];
}

/** A directory file may leave out what it doesn't need. */
export type DirectoryInput = Partial<Directory>;

/** Microsoft's own applications are in every directory, unless it brings its own of the same id. */
export function completeDirectory(input: DirectoryInput): Directory {
  const own = input.applications ?? [];
  return structuredClone({
    ...input,
    tenants: input.tenants ?? [],
    users: input.users ?? [],
    managedIdentities: input.managedIdentities ?? [],
    consents: input.consents ?? [],
    tokenExchangeAudience: input.tokenExchangeAudience ?? 'api://AzureADTokenExchange',
    identityHeader: input.identityHeader ?? 'emulator-identity-header',
    applications: [...own, ...wellKnownApplications.filter(({ id }) => !own.some((each) => each.id === id))],
  });
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The tenant's segment of a path: `organizations` and `common` stand for the home tenant of whoever signs in. */
export type TenantSelector = Tenant | 'organizations' | 'common';

/**
 * @param error what the endpoint calls an unknown tenant, where it isn't `invalid_request`
 * @throws AadstsError 90002
 */
export function findTenant(directory: Directory, segment: string, error?: string): TenantSelector {
  const wanted = segment.toLowerCase();
  if (wanted === 'organizations' || wanted === 'common') return wanted;
  const tenant = directory.tenants.find(
    ({ id, domains }) => same(id, segment) || domains.some((domain) => same(domain, segment)),
  );
  if (!tenant) throw new AadstsError(90002, [segment], { error });
  return tenant;
}

export function homeTenant(directory: Directory, user: User): Tenant | undefined {
  const domain = user.userPrincipalName.split('@')[1] ?? '';
  return directory.tenants.find(({ domains }) => domains.some((each) => same(each, domain)));
}

export const findUser = (directory: Directory, userPrincipalName: string): User | undefined =>
  directory.users.find((user) => same(user.userPrincipalName, userPrincipalName));

/**
 * @param tenant where the client is used
 * @throws AadstsError 700016 where the tenant hasn't got it, 50194 for a single-tenant app without a tenant, 7000112
 *   where it or its blueprint is disabled
 */
export function findApplication(directory: Directory, id: string, tenant: TenantSelector): Application {
  const application = directory.applications.find((each) => same(each.id, id));
  const where = typeof tenant === 'string' ? tenant : tenant.name;
  if (!application) throw new AadstsError(700016, [id, where]);
  if (application.disabled) throw new AadstsError(7000112, [application.id, application.name]);
  if (application.blueprint !== undefined) findApplication(directory, application.blueprint, tenant);
  const { tenants } = application;
  if (typeof tenant === 'string') {
    if (tenants?.length === 1) throw new AadstsError(50194, [application.id, application.name]);
    return application;
  }
  if (tenants && !tenants.some((each) => same(each, tenant.id))) throw new AadstsError(700016, [id, where]);
  return application;
}

/** The application of which this text is the application id or one of the identifier URIs (trailing slashes aside). */
export function findResource(directory: Directory, name: string, tenant: TenantSelector): Application | undefined {
  const wanted = name.replace(/\/+$/, '');
  return directory.applications.find(
    ({ id, identifierUris = [], tenants }) =>
      (same(id, wanted) || identifierUris.some((uri) => same(uri.replace(/\/+$/, ''), wanted))) &&
      (!tenants || typeof tenant === 'string' || tenants.some((each) => same(each, tenant.id))),
  );
}

/**
 * @param tenant where the resource is to be used
 * @throws AadstsError 500011 where the tenant hasn't got it
 */
export function knownResource(directory: Directory, name: string, tenant: TenantSelector): Application {
  const resource = findResource(directory, name, tenant);
  if (!resource) throw new AadstsError(500011, [name, typeof tenant === 'string' ? tenant : tenant.name]);
  return resource;
}

/**
 * Object id of an application's service principal in a tenant: always the same GUID for the same pair. An agent
 * identity is a service principal and nothing else, so both its ids are one.
 */
export function servicePrincipalId(application: Application, tenant: Tenant): string {
  if (application.blueprint !== undefined) return application.id;
  const hex = createHash('sha256').update(`${application.id}/${tenant.id}`.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
