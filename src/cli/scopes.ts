import { InvalidArgumentError } from 'commander';
import { isScope } from '../protocol/formats.ts';

/** A line's scopes: people separate them by spaces. */
export function scopesIn(line: string): readonly string[] {
  return line.split(/\s+/).filter(Boolean);
}

/** The scopes of an option's value. @throws InvalidArgumentError when there is none, or one that can't be */
export function scopesOf(text: string): readonly string[] {
  const scopes = scopesIn(text);
  if (scopes.length > 0 && scopes.every(isScope)) return scopes;
  throw new InvalidArgumentError('Give scopes separated by spaces, such as "User.Read Mail.Read".');
}
