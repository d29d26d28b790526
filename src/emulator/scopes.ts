import { AadstsError } from './aadsts-errors.ts';
import { findResource, knownResource } from './directory.ts';
import type { Application, Directory, Tenant, TenantSelector, User } from './directory.ts';
import type { EmulatorState } from './state.ts';

const openidScopes = new Set(['openid', 'profile', 'email', 'offline_access']);
/** Application id of Microsoft Graph. */
export const graph = '00000003-0000-0000-c000-000000000000';

/** The scopes of a request that belong to one resource. */
export interface ResourceScopes {
  readonly resource: Application;
  /** The resource as the client wrote it, which is what v1 tokens have as `aud`: `https://management.azure.com/`. */
  readonly audience: string;
  /** What stood before each name, with its slash; empty for a bare `User.Read`. */
  readonly prefix: string;
  /** `.default`: everything that is granted already. */
  readonly isDefault: boolean;
  /** Names without `.default`, in the resource's spelling. */
  readonly names: readonly string[];
}

export interface RequestedScopes {
  /** Those of openid, profile, email, offline_access that are asked for. */
  readonly openid: ReadonlySet<string>;
  /** In the order of the request; empty when only OpenID scopes are asked for. */
  readonly resources: readonly ResourceScopes[];
}

/**
 * @param unknownScope how this endpoint refuses a scope that the resource hasn't got
 * @throws AadstsError 70011 for what is no scope, such as spaces only, 500011 for an unknown resource
 */
export function parseScopes(
  directory: Directory,
  tenant: TenantSelector,
  scope: string,
  unknownScope: (name: string, resource: Application) => AadstsError = (name) => invalidScope(name),
): RequestedScopes {
  const openid = new Set<string>();
  const resources = new Map<string, { -readonly [Key in keyof ResourceScopes]: ResourceScopes[Key] }>();
  const items = scope.split(/\s+/).filter(Boolean);
  if (items.length === 0) throw invalidScope(scope);
  for (const item of items) {
    if (openidScopes.has(item.toLowerCase())) {
      openid.add(item.toLowerCase());
      continue;
    }
    const slash = item.lastIndexOf('/');
    const prefix = item.slice(0, slash + 1);
    const name = item.slice(slash + 1);
    if (name === '' || /^[a-z]+:\/\/[^/]*$/i.test(item)) throw invalidScope(item);
    const audience = slash < 0 ? graph : item.slice(0, slash);
    const resource = knownResource(directory, audience, tenant);
    const known = resources.get(resource.id) ?? { resource, audience, prefix, isDefault: false, names: [] };
    resources.set(resource.id, known);
    if (name.toLowerCase() === '.default') {
      known.isDefault = true;
    } else {
      const spelled = resource.scopes?.find((each) => each.toLowerCase() === name.toLowerCase());
      if (!spelled) throw unknownScope(name, resource);
      if (!known.names.includes(spelled)) known.names = [...known.names, spelled];
    }
  }
  const mixed = [...resources.values()].find(({ isDefault, names }) => isDefault && names.length > 0);
  if (mixed) {
    throw new AadstsError(70011, [
      `The scope ${scope} is not valid. .default scope can't be combined with resource-specific scopes.`,
    ]);
  }
  return { openid, resources: [...resources.values()] };
}

export const invalidScope = (scope: string): AadstsError =>
  new AadstsError(70011, [`The scope ${scope} is not valid.`]);

/**
 * An access token is for one resource: that of the scopes, or Microsoft Graph for OpenID scopes alone.
 * @throws AadstsError 28000 for several resources, 500011 where the tenant hasn't got Microsoft Graph
 */
export function singleResource(
  directory: Directory,
  tenant: Tenant,
  scope: string,
  { resources }: RequestedScopes,
): ResourceScopes {
  if (resources.length > 1) throw new AadstsError(28000, [scope]);
  if (resources[0]) return resources[0];
  const resource = knownResource(directory, graph, tenant);
  return { resource, audience: graph, prefix: '', isDefault: false, names: [] };
}

/** The names that a list like `https://graph.microsoft.com/User.Read` has for a resource. */
export function permissionsFor(
  directory: Directory,
  tenant: TenantSelector,
  resource: Application,
  list: readonly string[] = [],
  all: readonly string[] = [],
): string[] {
  return list.flatMap((permission) => {
    const slash = permission.lastIndexOf('/');
    const name = permission.slice(slash + 1);
    if (findResource(directory, permission.slice(0, slash), tenant)?.id !== resource.id) return [];
    return name === '*' ? all : [name];
  });
}

/** What the user, or an administrator for everybody, has let the client do with the resource. */
export function grantedScopes(
  state: EmulatorState,
  tenant: Tenant,
  user: User,
  client: Application,
  resource: Application,
): Set<string> {
  const { directory, consents } = state;
  const byUser = consents.get(consentKey(tenant, user, client)) ?? [];
  const before = directory.consents.filter(
    (each) => each.client === client.id && (each.user ?? user.userPrincipalName) === user.userPrincipalName,
  );
  const blueprint = directory.applications.find(({ id }) => id === client.blueprint);
  return new Set([
    ...(client.adminConsent ? registeredScopes(directory, tenant, client, resource) : []),
    ...before.flatMap(({ scopes }) => permissionsFor(directory, tenant, resource, scopes, resource.scopes)),
    ...Array.from(byUser)
      .filter((each) => each.startsWith(`${resource.id}/`))
      .map((each) => each.slice(resource.id.length + 1)),
    ...(blueprint?.inheritDelegatedPermissions ? grantedScopes(state, tenant, user, blueprint, resource) : []),
  ]);
}

/** What the client's registration asks for. */
export const registeredScopes = (
  directory: Directory,
  tenant: TenantSelector,
  client: Application,
  resource: Application,
): string[] => permissionsFor(directory, tenant, resource, client.delegatedPermissions, resource.scopes);

/** The scopes of a request that nobody has consented to yet; for `.default` those of the registration. */
export function missingConsent(
  state: EmulatorState,
  tenant: Tenant,
  user: User,
  client: Application,
  { resource, isDefault, names }: ResourceScopes,
): string[] {
  const granted = grantedScopes(state, tenant, user, client, resource);
  if (isDefault && granted.size > 0) return [];
  const wanted = isDefault ? registeredScopes(state.directory, tenant, client, resource) : names;
  return wanted.filter((name) => !granted.has(name));
}

export const consentKey = (tenant: Tenant, user: User, client: Application): string =>
  `${tenant.id}/${user.id}/${client.id}`;
