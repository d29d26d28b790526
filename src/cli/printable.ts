/**
 * Characters that a terminal obeys instead of showing them, or that turn the reading direction: anybody can put them
 * into a token.
 */
const unprintable =
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/g;

/** The same text with such characters as JSON writes them, `\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escaped);
}

/** The same for lines of text, such as JSON, which says the same then; the breaks between them stay. */
export function printableLines(lines: string): string {
  return lines.replaceAll(unprintable, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
