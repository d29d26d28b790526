import { createHash, randomBytes } from 'node:crypto';
import { AadstsError } from './aadsts-errors.ts';
import { authenticateClient } from './client-authentication.ts';
import type { AuthenticatedClient } from './client-authentication.ts';
import { pollDeviceCode } from './device-code.ts';
import type { TenantSelector } from './directory.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { clientInfo, issueApplicationToken, issueIdToken, issueUserToken, parseClaims } from './issue-token.ts';
import { grantedScopes, missingConsent, parseScopes, singleResource } from './scopes.ts';
import type { EmulatorState, Grant } from './state.ts';

type GrantHandler = (
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
) => Promise<Reply>;

const grants: Record<string, GrantHandler> = {
  authorization_code: authorizationCode,
  client_credentials: clientCredentials,
  device_code: deviceCode,
  refresh_token: refreshToken,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
};

/** `/{tenant}/oauth2/v2.0/token` */
export async function tokenEndpoint(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
): Promise<Reply> {
  if (request.method !== 'POST') throw new AadstsError(900561, ['POST, OPTIONS', request.method]);
  const grantType = request.form.get('grant_type');
  if (!grantType) throw new AadstsError(900144, ['grant_type']);
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
  if (!grant) throw new AadstsError(70003, [grantType]);
  if (grant === clientCredentials && typeof tenant === 'string') throw new AadstsError(50059);
  const authenticated = await authenticateClient(state, request, tenant);
  return grant(state, request, tenant, authenticated);
}

/** RFC 6749 section 4.4: the application for itself; what it may do is its roles, so `.default` is all there is. */
async function clientCredentials(
  state: EmulatorState,
  { form }: EndpointRequest,
  tenant: TenantSelector,
  { client, credential }: AuthenticatedClient,
): Promise<Reply> {
  if (typeof tenant === 'string') throw new AadstsError(50059);
  // Nobody stands behind a public client, so it can't act for itself
  if (client.publicClient) throw new AadstsError(7000218);
  const scope = form.get('scope');
  if (!scope) throw new AadstsError(90014, ['scope']);
  const notDefault = (): AadstsError => new AadstsError(1002012, [scope]);
  if (
    !scope
      .split(/\s+/)
      .filter(Boolean)
      .every((each) => /\/\.default$/i.test(each))
  )
    throw notDefault();
  const resource = singleResource(state.directory, scope, parseScopes(state.directory, tenant, scope, notDefault));
  const requested = parseClaims(form.get('claims'));
  const { token, expiresIn } = await issueApplicationToken(state, tenant, client, resource, credential, requested);
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      ...refreshIn(expiresIn),
      access_token: token,
    },
  };
}

/** RFC 6749 section 4.1.3 with RFC 7636. */
async function authorizationCode(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { form } = request;
  const code = form.get('code');
  if (!code) throw new AadstsError(900144, ['code']);
  const grant = state.codes.get(code);
  if (!grant || grant.client.id !== authenticated.client.id) throw new AadstsError(70000);
  if (typeof tenant !== 'string' && tenant.id !== grant.tenant.id) throw new AadstsError(700005);
  if (grant.redeemed) throw new AadstsError(54005);
  if (grant.issued + state.lifetimes.authorizationCode * 1000 <= state.now()) throw new AadstsError(70008);
  const redirectUri = form.get('redirect_uri');
  if (!redirectUri) throw new AadstsError(900144, ['redirect_uri']);
  if (redirectUri !== grant.redirectUri) throw new AadstsError(500112, [redirectUri, grant.redirectUri]);
  verifyCodeVerifier(grant.codeChallenge, form.get('code_verifier'), authenticated.client.publicClient === true);
  const reply = await userTokens(state, request, grant, form.get('scope') ?? grant.scope, authenticated);
  grant.redeemed = true;
  return reply;
}

function verifyCodeVerifier(challenge: string | undefined, verifier: string | null, required: boolean): void {
  if (challenge === undefined) {
    if (required) throw new AadstsError(9002325);
    // A verifier without a challenge: somebody took the challenge out of the authorization request
    if (verifier !== null) throw new AadstsError(501481);
    return;
  }
  if (verifier === null || createHash('sha256').update(verifier).digest('base64url') !== challenge) {
    throw new AadstsError(501481);
  }
}

/**
 * RFC 6749 section 6. Each answer has a new refresh token; as with Entra the old one stays good until it expires,
 * so two programs that share a cache don't throw each other out.
 */
async function refreshToken(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const { form } = request;
  const token = form.get('refresh_token');
  if (!token) throw new AadstsError(900144, ['refresh_token']);
  const grant = state.refreshTokens.get(token);
  if (!grant || grant.client.id !== authenticated.client.id) throw new AadstsError(70000);
  const expires = grant.issued + state.lifetimes.refreshToken * 1000;
  if (expires <= state.now()) {
    throw new AadstsError(700082, [new Date(grant.issued).toISOString(), `${state.lifetimes.refreshToken} seconds`]);
  }
  const user = state.directory.users.find(({ id }) => id === grant.user.id);
  // The password was reset, or the person has left
  if (!user || user.password !== grant.user.password) throw new AadstsError(50173);
  if (user.disabled) throw new AadstsError(50057);
  if (typeof tenant !== 'string' && tenant.id !== grant.tenant.id) {
    throw new AadstsError(50020, [user.userPrincipalName, tenant.name, grant.client.name]);
  }
  return userTokens(state, request, grant, form.get('scope') ?? grant.scope, authenticated);
}

/** RFC 8628 section 3.4. */
async function deviceCode(
  state: EmulatorState,
  request: EndpointRequest,
  _tenant: TenantSelector,
  authenticated: AuthenticatedClient,
): Promise<Reply> {
  const pending = pollDeviceCode(state, request, authenticated.client);
  const reply = await userTokens(state, request, pending.grant, pending.grant.scope, authenticated);
  pending.redeem();
  return reply;
}

/** Tokens for a client that acts for a user, as far as somebody has consented. */
async function userTokens(
  state: EmulatorState,
  { form }: EndpointRequest,
  grant: Grant,
  scope: string,
  { client, credential }: AuthenticatedClient,
): Promise<Reply> {
  const { directory } = state;
  const { tenant, user } = grant;
  const requested = parseScopes(directory, tenant, scope);
  const resource = singleResource(directory, scope, requested);
  const granted = grantedScopes(state, tenant, user, client, resource.resource);
  const nothingGranted = resource.isDefault && granted.size === 0;
  if (nothingGranted || missingConsent(state, tenant, user, client, resource).length > 0) {
    throw new AadstsError(65001, [client.id, client.name]);
  }
  const names = resource.isDefault ? [...granted] : [...new Set([...resource.names, ...granted])];
  const openid = [...requested.openid].filter((name) => name !== 'offline_access');
  const isGraph = resource.resource.id === '00000003-0000-0000-c000-000000000000';
  const issued = await issueUserToken(
    state,
    grant,
    resource,
    [...names, ...(isGraph ? openid : [])].toSorted((one, other) => one.localeCompare(other, 'en')),
    credential,
    parseClaims(form.get('claims')),
  );
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      scope: [
        ...openid,
        ...names.map((name) => `${resource.prefix}${name}`),
        ...(resource.isDefault ? [`${resource.prefix}.default`] : []),
      ].join(' '),
      expires_in: issued.expiresIn,
      ext_expires_in: issued.expiresIn,
      ...refreshIn(issued.expiresIn),
      access_token: issued.token,
      ...(requested.openid.has('offline_access') && { refresh_token: newRefreshToken(state, { ...grant, scope }) }),
      ...(requested.openid.has('openid') && { id_token: await issueIdToken(state, grant, requested.openid) }),
      ...(form.get('client_info') === '1' && { client_info: clientInfo(tenant, user) }),
    },
  };
}

/** Long-lived tokens are to be renewed halfway, as Entra says it. */
const refreshIn = (expiresIn: number): { refresh_in?: number } =>
  expiresIn > 7200 ? { refresh_in: Math.floor(expiresIn / 2) } : {};

function newRefreshToken(state: EmulatorState, { tenant, user, client, scope, authenticated }: Grant): string {
  const token = `1.${randomBytes(96).toString('base64url')}`;
  // A copy of the user: a refresh token is good for the password that it was got with
  state.refreshTokens.set(token, { tenant, user: { ...user }, client, scope, authenticated, issued: state.now() });
  return token;
}
