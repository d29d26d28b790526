import { styleText } from 'node:util';
import type { DocumentFormat } from './document-formats.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJwt, UnreadableToken } from './jwt.ts';
import { printableLines } from '../printable.ts';
import type { Shell } from '../shell.ts';
import { linesOf } from './token-lines.ts';
import { factsOf, type TokenFacts } from './token-facts.ts';
import { readToken, type TokenInputOptions } from './token-input.ts';

interface DiscoverOptions extends TokenInputOptions {
  readonly output: DocumentFormat;
  readonly quiet?: true;
}

/** @returns 0 when the token is valid, 1 when it is not */
export async function discover({ output, quiet, ...input }: DiscoverOptions, shell: Shell): Promise<number> {
  const listener = quiet ? { ...shell, tell() {} } : shell;
  try {
    const facts = factsOf(readJwt(await readToken(input, listener)), Date.now());
    if (!quiet) shell.print(await shown(facts, output));
    return facts.valid ? exitCodes.success : exitCodes.generalError;
  } catch (error) {
    // Whether there is a good token was the question; that there is none answers it.
    if (quiet && error instanceof UnreadableToken) return exitCodes.generalError;
    throw error;
  }
}

async function shown(facts: TokenFacts, output: DocumentFormat): Promise<string> {
  switch (output) {
    case 'text':
      return inText(facts);
    case 'json':
      return `${printableLines(JSON.stringify(facts, null, 2))}\n`;
    case 'yaml': {
      const { exactYaml } = await import('./exact-yaml.ts');
      return exactYaml(facts);
    }
  }
}

function inText(facts: TokenFacts): string {
  const lines = linesOf(facts);
  const width = Math.max(...lines.map(([label]) => label.length));
  const text = lines.map(([label, value], index) => {
    const shownValue = index === 0 ? emphasized(value, facts.valid) : value;
    return `${styleText('bold', label.padEnd(width), { stream: process.stdout })}  ${shownValue}\n`;
  });
  return `${text.join('')}\nThe signature was not checked: that is for the service that the token is meant for.\n`;
}

function emphasized(text: string, good: boolean): string {
  return styleText(good ? 'green' : 'red', text, { stream: process.stdout });
}
