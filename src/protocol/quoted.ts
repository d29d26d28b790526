/** How messages repeat what was given, which may be of any shape and length. */

/** Characters: enough to know the value by. */
const most = 100;

/** The text, or the beginning of one that is long. */
export function shortened(text: string): string {
  // Half of a character beyond the basic plane is none.
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}...` : text;
}

/** The value in quotes, shortened; of what has no text of its own, what it is. */
export function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : `'${shortened(String(value))}'`;
}
