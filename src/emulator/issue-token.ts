import { createHash, randomBytes } from 'node:crypto';
import { agentClaims, parentTokenSubject } from './agent-identities.ts';
import { servicePrincipalId } from './directory.ts';
import type { Application, ManagedIdentity, Tenant, User } from './directory.ts';
import { issuerOf } from './discovery.ts';
import type { RequestedClaims } from './requested-claims.ts';
import { permissionsFor } from './scopes.ts';
import type { ResourceScopes } from './scopes.ts';
import type { EmulatorState, Grant } from './state.ts';

/** How the client proved who it is: the `appidacr` and `azpacr` claims. */
export type ClientCredential = 'none' | 'secret' | 'certificate' | 'federated';
const authenticationContext: Record<ClientCredential, string> = {
  none: '0',
  secret: '1',
  certificate: '2',
  federated: '2',
};

/** Entra dates tokens back by five minutes, for services whose clock is late. */
const backdatedSeconds = 300;

/** A token and how long it lives, in seconds. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresIn: number;
  /** Unix seconds. */
  readonly expiresOn: number;
  readonly notBefore: number;
}

interface Subject {
  readonly tenant: Tenant;
  readonly resource: ResourceScopes;
  readonly client: { readonly id: string; readonly name: string };
  readonly credential: ClientCredential;
  readonly requested: RequestedClaims;
}

export const uniqueTokenIdentifier = (): string => randomBytes(16).toString('base64url');

/** The `sub` of a user, which differs from client to client. */
export const pairwiseSubject = (user: User, audience: string): string =>
  createHash('sha256').update(`${user.id}/${audience}`).digest('base64url');

async function issue(
  { authority, signingKey, lifetimes, now }: EmulatorState,
  { tenant, resource, client, credential, requested }: Subject,
  claims: Record<string, unknown>,
  lifetime = lifetimes.accessToken,
): Promise<IssuedToken> {
  const issued = Math.floor(now() / 1000);
  const expiresOn = issued + lifetime;
  const notBefore = issued - backdatedSeconds;
  const version2 = resource.resource.accessTokenVersion === 2;
  const issuer = version2 ? issuerOf(authority, tenant) : `${authority}/${tenant.id}/`;
  const token = await signingKey.sign({
    aud: version2 ? resource.resource.id : resource.audience,
    iss: issuer,
    iat: notBefore,
    nbf: notBefore,
    exp: expiresOn,
    aio: randomBytes(24).toString('base64'),
    ...(version2
      ? { azp: client.id, azpacr: authenticationContext[credential] }
      : {
          app_displayname: client.name,
          appid: client.id,
          appidacr: authenticationContext[credential],
          idp: issuer,
        }),
    ...claims,
    rh: `1.${randomBytes(24).toString('base64url')}.`,
    tid: tenant.id,
    uti: uniqueTokenIdentifier(),
    ver: version2 ? '2.0' : '1.0',
    ...(requested.capabilities.length > 0 && { xms_cc: requested.capabilities }),
    ...(requested.authenticationContexts.length > 0 && { acrs: requested.authenticationContexts }),
  });
  // Entra's expires_in is a second short of the lifetime
  return { token, expiresIn: Math.max(lifetime - 1, 0), expiresOn, notBefore };
}

/** A token with which the client acts for a user; @param scopes what `scp` says */
export function issueUserToken(
  state: EmulatorState,
  { tenant, user, client, authenticated, withoutSignIn }: Grant,
  resource: ResourceScopes,
  scopes: readonly string[],
  credential: ClientCredential,
  requested: RequestedClaims,
): Promise<IssuedToken> {
  const version2 = resource.resource.accessTokenVersion === 2;
  return issue(
    state,
    { tenant, resource, client, credential, requested },
    {
      ...(version2
        ? { preferred_username: user.userPrincipalName }
        : {
            acct: 0,
            ...(!withoutSignIn && { acr: '1', amr: ['pwd'], auth_time: Math.floor(authenticated / 1000) }),
            idp: undefined,
            family_name: user.surname,
            given_name: user.givenName,
            idtyp: 'user',
            ipaddr: '127.0.0.1',
            unique_name: user.userPrincipalName,
            upn: user.userPrincipalName,
          }),
      name: user.displayName,
      oid: user.id,
      scp: scopes.join(' '),
      sub: pairwiseSubject(user, resource.resource.id),
      ...agentClaims(client, user),
    },
  );
}

/** A token with which an application acts for itself. */
export function issueApplicationToken(
  state: EmulatorState,
  tenant: Tenant,
  client: Application,
  resource: ResourceScopes,
  credential: ClientCredential,
  requested: RequestedClaims,
): Promise<IssuedToken> {
  const objectId = servicePrincipalId(client, tenant);
  return issue(
    state,
    { tenant, resource, client, credential, requested },
    {
      idtyp: 'app',
      oid: objectId,
      sub: objectId,
      ...rolesClaim(state, tenant, resource, client.applicationPermissions),
      ...agentClaims(client),
    },
  );
}

/** A token with which a blueprint's agent identity proves itself (`fmi_path`), as it is seen in Entra. */
export function issueParentToken(
  state: EmulatorState,
  tenant: Tenant,
  blueprint: Application,
  resource: ResourceScopes,
  credential: ClientCredential,
  fmiPath: string,
): Promise<IssuedToken> {
  return issue(
    state,
    {
      tenant,
      resource,
      client: blueprint,
      credential,
      requested: { capabilities: [], authenticationContexts: [] },
    },
    {
      idtyp: 'app',
      oid: servicePrincipalId(blueprint, tenant),
      sub: parentTokenSubject(tenant, blueprint.id, fmiPath),
      xms_act_fct: '1 9',
      xms_idrel: '7 26',
      xms_sub_fct: '1 9',
    },
  );
}

const managedIdentityLifetimeSeconds = 86_400;

export function issueManagedIdentityToken(
  state: EmulatorState,
  tenant: Tenant,
  identity: ManagedIdentity,
  resource: ResourceScopes,
): Promise<IssuedToken> {
  return issue(
    state,
    {
      tenant,
      resource,
      client: { id: identity.clientId, name: identity.name },
      credential: 'certificate',
      requested: { capabilities: [], authenticationContexts: [] },
    },
    {
      idtyp: 'app',
      oid: identity.objectId,
      sub: identity.objectId,
      ...rolesClaim(state, tenant, resource, identity.applicationPermissions),
      xms_mirid: identity.resourceId,
    },
    state.lifetimes.managedIdentityToken ?? managedIdentityLifetimeSeconds,
  );
}

function rolesClaim(
  { directory }: EmulatorState,
  tenant: Tenant,
  { resource }: ResourceScopes,
  permissions: readonly string[] | undefined,
): { roles?: string[] } {
  const roles = permissionsFor(directory, tenant, resource, permissions, resource.roles);
  return roles.length > 0 ? { roles } : {};
}

/** Who signed in, for the client. */
export function issueIdToken(
  { authority, signingKey, lifetimes, now }: EmulatorState,
  { tenant, user, client, nonce }: Grant,
  openid: ReadonlySet<string>,
): Promise<string> {
  const issued = Math.floor(now() / 1000);
  return signingKey.sign({
    aud: client.id,
    iss: issuerOf(authority, tenant),
    iat: issued - backdatedSeconds,
    nbf: issued - backdatedSeconds,
    exp: issued + lifetimes.accessToken,
    ...(openid.has('profile') && {
      name: user.displayName,
      oid: user.id,
      preferred_username: user.userPrincipalName,
    }),
    ...(openid.has('email') && user.mail !== undefined && { email: user.mail }),
    ...(nonce !== undefined && { nonce }),
    rh: `1.${randomBytes(24).toString('base64url')}.`,
    sub: pairwiseSubject(user, client.id),
    tid: tenant.id,
    uti: uniqueTokenIdentifier(),
    ver: '2.0',
  });
}

/** Whom a client's cache files the tokens under. */
export const clientInfo = (tenant: Tenant, user: User): string =>
  Buffer.from(JSON.stringify({ uid: user.id, utid: tenant.id })).toString('base64url');
