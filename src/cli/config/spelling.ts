import { InvalidArgumentError } from 'commander';

/**
 * A reader of one of several words, in any case and with or without hyphens: `ClientSecret` is `client-secret`.
 * @param aliases other words, in small letters and without hyphens
 * @param shown the words as an error lists them
 */
export function wordOf<Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
  shown: readonly string[] = words,
): (text: string) => Word {
  return (text) => {
    const plain = bare(text);
    const word = words.find((known) => bare(known) === plain) ?? aliases[plain];
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed choices are ${shown.join(', ')}.`);
  };
}

function bare(text: string): string {
  return text.replaceAll('-', '').toLowerCase();
}

/** get-token names a profile's InteractiveBrowser so. */
export const flowAliases = { interactive: 'InteractiveBrowser' } as const;
