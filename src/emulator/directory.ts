import { createHash } from 'node:crypto';
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
  password: string;
  displayName: string;
  givenName?: string;
  surname?: string;
  mail?: string;
  disabled?: boolean;
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
 * @throws AadstsError 700016 where the tenant hasn't got it, 50194 for a single-tenant app without a tenant
 */
export function findApplication(directory: Directory, id: string, tenant: TenantSelector): Application {
  const application = directory.applications.find((each) => same(each.id, id));
  const where = typeof tenant === 'string' ? tenant : tenant.name;
  if (!application) throw new AadstsError(700016, [id, where]);
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

/** Object id of an application's service principal in a tenant: always the same GUID for the same pair. */
export function servicePrincipalId(application: Application, tenant: Tenant): string {
  const hex = createHash('sha256').update(`${application.id}/${tenant.id}`.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
