import { AadstsError } from './aadsts-errors.ts';
import type { TenantSelector } from './directory.ts';
import type { Reply } from './http.ts';
import type { EmulatorState } from './state.ts';

/** What issues v2.0 tokens of a tenant; the placeholder is what Entra's own document has for `common`. */
export const issuerOf = (authority: string, tenant: TenantSelector): string =>
  `${authority}/${typeof tenant === 'string' ? '{tenantid}' : tenant.id}/v2.0`;

/** `/{tenant}/v2.0/.well-known/openid-configuration` */
export function openidConfiguration({ authority }: EmulatorState, tenant: TenantSelector): Reply {
  const base = `${authority}/${typeof tenant === 'string' ? tenant : tenant.id}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: issuerOf(authority, tenant),
      request_uri_parameter_supported: false,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      http_logout_supported: false,
      frontchannel_logout_supported: false,
      code_challenge_methods_supported: ['S256'],
      claims_supported: [
        'sub',
        'iss',
        'cloud_instance_name',
        'cloud_instance_host_name',
        'cloud_graph_host_name',
        'msgraph_host',
        'aud',
        'exp',
        'iat',
        'auth_time',
        'acr',
        'nonce',
        'preferred_username',
        'name',
        'tid',
        'ver',
        'at_hash',
        'c_hash',
        'email',
      ],
      tenant_region_scope: typeof tenant === 'string' ? null : 'EU',
      cloud_instance_name: new URL(authority).hostname,
      cloud_graph_host_name: 'graph.windows.net',
      msgraph_host: 'graph.microsoft.com',
    },
  };
}

/** `/common/discovery/instance`: the emulator is the one cloud that it knows. */
export function instanceDiscovery({ authority }: EmulatorState, query: URLSearchParams): Reply {
  const endpoint = query.get('authorization_endpoint');
  if (!endpoint) throw new AadstsError(900144, ['authorization_endpoint']);
  const { host } = new URL(authority);
  if (!URL.canParse(endpoint) || new URL(endpoint).host !== host) throw new AadstsError(50049);
  const tenant = new URL(endpoint).pathname.split('/')[1];
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${authority}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}

/** `/{tenant}/discovery/v2.0/keys` */
export function keys({ authority, signingKey }: EmulatorState, tenant: TenantSelector): Reply {
  return { status: 200, body: { keys: [{ ...signingKey.publicJwk, issuer: issuerOf(authority, tenant) }] } };
}
