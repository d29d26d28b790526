/**
 * What is wrong with a token service's answer, where MSAL would take it as it comes: a lifetime that is none ends in a
 * date that is none, and what is no text in a failure that says nothing of the service.
 */

/** Seconds. Entra's tokens live for 28 hours at most; whoever says more than a year means something else. */
const longestLifetime = 365 * 24 * 60 * 60;

/** What a token request is answered with (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3), as texts. */
const texts = ['access_token', 'refresh_token', 'id_token', 'scope'];

/** What is wrong, as the end of `The service answered with ...`; undefined when nothing is. */
export function problemOfTokenAnswer(body: Readonly<Record<string, unknown>>): string | undefined {
  const noText = texts.find((name) => typeof (body[name] ?? '') !== 'string');
  if (noText) return `${/^[aeiou]/.test(noText) ? 'an' : 'a'} ${noText} that is no text`;
  return problemOfAccessToken(body['access_token']) ?? problemOfLifetime(body['expires_in']);
}

/** The same of a token alone. */
export function problemOfAccessToken(token: unknown): string | undefined {
  if (token === undefined || token === null || token === '') return 'no access_token';
  if (typeof token !== 'string') return 'an access_token that is no text';
  // RFC 6750 section 2.1, and generously: what goes into a header, and is harmless on a terminal
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'an access_token with spaces or other characters that no token has';
}

/** Whether it is a token's lifetime: a number of seconds, or one in digits, as Entra's first version wrote it. */
export function isLifetime(value: unknown): boolean {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds > 0 && seconds <= longestLifetime;
}

function problemOfLifetime(value: unknown): string | undefined {
  if (value === undefined || value === null) return 'no expires_in';
  if (isLifetime(value)) return undefined;
  const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return `expires_in ${shown.slice(0, 40)}, which is no lifetime of a token: seconds, a year at most`;
}
