import { withoutUserInfo } from '../protocol/formats.ts';

/**
 * What is sent to a token endpoint proves who the application is, and a browser is opened at an authorization endpoint.
 * MSAL goes wherever the document leads, in plain text too, and opens whatever a scheme stands for. TLS must be used for
 * both (RFC 6749 sections 3.1 and 3.2); there is no exception for this machine, for a sign-in service has none.
 */
const endpoints = ['token_endpoint', 'authorization_endpoint'];

/** Whether it is the address of an OpenID provider's configuration (OpenID Connect Discovery 1.0 section 4). */
export function isDiscoveryAddress(url: string): boolean {
  return /\/\.well-known\/openid-configuration(?:\?|$)/.test(url);
}

/** What is wrong with it, as the end of `The service answered with ...`; undefined when nothing is. */
export function problemOfDiscoveryDocument(body: Readonly<Record<string, unknown>>): string | undefined {
  const name = endpoints.find((one) => !isHttpsAddress(body[one]));
  if (name === undefined) return undefined;
  const value = body[name];
  if (value === undefined || value === null) return `no ${name}`;
  const shown =
    typeof value === 'string' ? `'${withoutUserInfo(value).slice(0, 200)}'` : JSON.stringify(value).slice(0, 40);
  return `the ${name} ${shown}, which is no https address`;
}

function isHttpsAddress(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}
