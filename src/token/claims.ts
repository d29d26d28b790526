/**
 * The claims of a JWT (RFC 7519), read without checking its signature: a client must not judge a token that was
 * issued for somebody else, it only shows what is in it.
 */

/** A claim's name, then its values as text. */
export type Claim = readonly [name: string, ...values: string[]];

/**
 * The claims in the token's order; an array's elements are values of their own, an object is its JSON.
 * Numbers keep the digits that the token has, also beyond 2^53.
 * @returns an empty list when the token is no JWT (Entra hands out opaque and encrypted ones too)
 */
export function claimsOf(token: string): readonly Claim[] {
  const payload = payloadOf(token);
  if (!payload) return [];
  return Object.entries(payload).map(([name, value]): Claim => {
    return Array.isArray(value) ? [name, ...value.map(textOf)] : [name, textOf(value)];
  });
}

/** The first value of a claim, or undefined. */
export function claimOf(claims: readonly Claim[], name: string): string | undefined {
  return claims.find(([candidate]) => candidate === name)?.[1];
}

function payloadOf(token: string): Record<string, unknown> | undefined {
  const [, payload, , ...rest] = token.split('.');
  if (payload === undefined || rest.length > 0) return undefined;
  try {
    const json = Buffer.from(payload, 'base64url').toString('utf8');
    const value = parseKeepingDigits(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A reviver is given each number's source text; `JSON.rawJSON` carries it through `JSON.stringify` unchanged. */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): { readonly rawJSON: string };
}

/**
 * A number that may lose digits: a fraction, an exponent, minus zero, or so long that it may be beyond 2^53. What looks like
 * one inside a text does no harm.
 */
const fragileNumber = /[[:,]\s*(?:-0|-?\d+[.eE]|-?\d{16})/;

/**
 * JSON whose numbers `JSON.stringify` writes as they were written, also beyond 2^53.
 * @throws SyntaxError
 */
export function parseKeepingDigits(json: string): unknown {
  // Nearly all tokens: a reviver takes ten times as long.
  if (!fragileNumber.test(json)) return JSON.parse(json);
  const jsonWithSource = JSON as unknown as JsonWithSource;
  return jsonWithSource.parse(json, (_key, value, { source }) => {
    return typeof value === 'number' && source !== undefined ? jsonWithSource.rawJSON(source) : value;
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
