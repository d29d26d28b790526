/** What the values look like that people give for tenants, applications, scopes and redirect addresses. */

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const domain = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i;
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** A GUID with hyphens, in any case of its letters: a tenant's, an application's or an object's id. */
export function isGuid(text: string): boolean {
  return guid.test(text);
}

/** A domain name of at least two labels (RFC 1035 section 2.3.1), such as `contoso.onmicrosoft.com`. */
export function isDomain(text: string): boolean {
  return domain.test(text);
}

/** One scope: what RFC 6749 section 3.3 lets it consist of, which is neither spaces, quotes nor backslashes. */
export function isScope(text: string): boolean {
  return scopeToken.test(text);
}

/** Entra's names for "any tenant of this kind". */
const tenantGroups: ReadonlySet<string> = new Set(['organizations', 'common', 'consumers']);

/** Whether the name, in any case of its letters, stands for any tenant: only a person's sign-in can tell which one. */
export function isTenantGroup(tenant: string): boolean {
  return tenantGroups.has(tenant.toLowerCase());
}

/** Where a browser comes back to on this machine. */
export interface RedirectAddress {
  /** As it is registered: Entra lets `localhost` have any port, `127.0.0.1` is compared as it is. */
  readonly host: 'localhost' | '127.0.0.1';
  /** 0: any. */
  readonly port: number;
  /** What follows the port: empty, or from a slash on. */
  readonly path: string;
}

/** To the letter, for Entra compares it so: a parsed address would have lost whether it ends with a slash. */
const redirect = /^http:\/\/(localhost|127\.0\.0\.1)(?::(\d{1,5}))?((?:\/[^\s?#]*)?)$/;

/**
 * The parts of a redirect address of this machine: `http://localhost:8400/signin`; without a port: any.
 * @returns undefined for one that leads elsewhere, where nobody here would hear of the answer
 */
export function redirectAddress(text: string): RedirectAddress | undefined {
  const [, host, port = '0', path = ''] = redirect.exec(text) ?? [];
  if (!host || Number(port) > 65_535) return undefined;
  return { host: host as RedirectAddress['host'], port: Number(port), path };
}

/**
 * What stands before an at sign, with a password maybe. What is refused need be no address, so this takes any text: it
 * may be a megabyte of colons or slashes, each of which is looked at once.
 */
const userInfo = /^([a-z][a-z\d+.-]*:[/\\]+(?![/\\])|(?=[^:]*:[^]*@))[^]*@/i;

/** The same address without the user and password that may be in it, for a message. */
export function withoutUserInfo(address: string): string {
  return address.replace(userInfo, '$1***@');
}
