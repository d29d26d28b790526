/**
 * Where Entra's endpoints are: below the authority, at the same paths in every cloud. MSAL knows that for the clouds it
 * knows, and asks any other host for its discovery document before an application's first token; MSAL for .NET, and so
 * upstream, does not. Nor can a document lead a secret or a browser elsewhere then.
 * @param authority an https address with the tenant, without a trailing slash
 * @returns what MSAL takes as `authorityMetadata`: OpenID provider metadata (OpenID Connect Discovery 1.0 section 3), JSON
 */
export function endpointsOf(authority: string): string {
  return JSON.stringify({
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
    issuer: `${authority}/v2.0`,
  });
}
