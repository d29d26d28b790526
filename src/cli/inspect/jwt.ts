/** What a person hands over as a token, read as a JWT (RFC 7519) without checking its signature. */

/** The two parts of a JWT that can be read; both are JSON objects. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The same as they stand in the token: numbers beyond 2^53 have all their digits. */
  readonly json: { readonly header: string; readonly payload: string };
}

/** There is no token that could be read, and why. The message never holds what was given. */
export class UnreadableToken extends Error {
  override readonly name = 'UnreadableToken';
}

/**
 * The token in a text: alone, or as `access_token` in the JSON or YAML of a token answer. `Bearer`, quotes, white space
 * and line breaks that came along when it was copied are taken off.
 * @throws UnreadableToken when the document has no token in it
 */
export async function tokenIn(text: string): Promise<string> {
  const bare = unwrapped(text);
  if (bare.startsWith('{')) return memberOf(parseJson(bare));
  if (/^["']?[A-Za-z_]+["']?:[ \t]*\S/m.test(bare)) {
    const { parse } = await import('yaml');
    return memberOf(attempt(() => parse(bare, { logLevel: 'error' }) as unknown));
  }
  return bare.replaceAll(/\s+/g, '');
}

/**
 * @param token without anything around it, see {@link tokenIn}
 * @throws UnreadableToken which says what it is instead, as far as that can be seen
 */
export function readJwt(token: string): Jwt {
  const parts = token.split('.');
  const [header, payload] = parts.map(decoded);
  if (parts.length === 3 && header && payload) {
    return { header: header.value, payload: payload.value, json: { header: header.json, payload: payload.json } };
  }
  throw new UnreadableToken(whatItIs(token, parts, header?.value));
}

function whatItIs(token: string, parts: readonly string[], header: Jwt['header'] | undefined): string {
  if (token === '') return 'There is no token: what was given is empty.';
  if (parts.length === 5 && header && 'enc' in header) {
    return 'This is an encrypted token (JWE): only the service that it is for can read what is in it.';
  }
  if (header) {
    return parts.length < 3
      ? 'This is the beginning of a JWT: the rest was cut off. Copy all three parts, with both dots.'
      : 'This looks like a JWT that was damaged or cut off: its payload is no JSON. Copy it again, as a whole.';
  }
  // What Entra gives for its own use: the version, a dot and the tenant's and application's ids
  if (/^[01]\.A[\w-]{20,}/.test(token) || /^O?AQABAAAAA/.test(token)) {
    return (
      'This looks like a refresh token or an authorization code: only Entra can read it. ' +
      'Give the access token, or get one with: entra-auth-cli get-token'
    );
  }
  if (/^M\.[A-Z]\w*[._]/.test(token)) {
    return (
      'This looks like a refresh token or a code of a personal Microsoft account: only Microsoft can read it. ' +
      'Give the access token.'
    );
  }
  if (/^Ew[A-D]/.test(token)) {
    return (
      'This looks like the access token of a personal Microsoft account: it refers to what only Microsoft can look up. ' +
      'It can be used, and there is nothing in it to read.'
    );
  }
  if (parts.length === 3 && token.startsWith('eyJ')) {
    return 'This looks like a JWT whose header was damaged. Copy it again, as a whole.';
  }
  return (
    'This is no JWT: a JWT has three parts with dots in between and begins with eyJ. ' +
    'It may be an opaque token, which only the service that issued it can read.'
  );
}

/** What people copy along: a header's name and scheme, quotes, a byte order mark, white space. */
function unwrapped(text: string): string {
  const bare = text
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^(["'`])([^]*)\1$/, '$2')
    .replace(/^(?:authorization\s*:\s*)?bearer\s+/i, '')
    .trim();
  return bare === text ? bare : unwrapped(bare);
}

/** As get-token writes it, and az (accessToken), azd (token), Get-AzToken (Token), an answer with an id token alone. */
const memberNames = ['accesstoken', 'token', 'idtoken'];

function memberOf(document: unknown): string {
  const members = typeof document === 'object' && document !== null ? Object.entries(document) : [];
  for (const wanted of memberNames) {
    const found = members.find(([name, value]) => nameOf(name) === wanted && typeof value === 'string');
    if (found) return unwrapped(String(found[1])).replaceAll(/\s+/g, '');
  }
  throw new UnreadableToken(
    "There is no access_token in this document. Give the token alone, or the JSON or YAML that 'get-token' writes.",
  );
}

function nameOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** A part's JSON object, or undefined where it has none. */
function decoded(part: string): { readonly json: string; readonly value: Jwt['header'] } | undefined {
  // RFC 7515 has no padding; some that write tokens have.
  if (!/^[\w-]+={0,2}$/.test(part)) return undefined;
  const json = attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
  const value = json === undefined ? undefined : parseJson(json);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return json !== undefined && isObject ? { json, value: value as Jwt['header'] } : undefined;
}

function parseJson(json: string): unknown {
  return attempt(() => JSON.parse(json) as unknown);
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
