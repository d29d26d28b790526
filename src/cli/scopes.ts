import { InvalidArgumentError } from 'commander';

/** What RFC 6749 section 3.3 lets a scope consist of. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Scopes as people write them on a command line: separated by spaces. */
export function scopesOf(text: string): readonly string[] {
  const scopes = text.split(/\s+/).filter(Boolean);
  if (scopes.length > 0 && scopes.every((scope) => scopeToken.test(scope))) return scopes;
  throw new InvalidArgumentError('Give scopes separated by spaces, such as "User.Read Mail.Read".');
}
