import { getSystemErrorMessage } from 'node:util';
import type { ProfileToken } from '../../token/profile-token.ts';
import type { Shell } from '../shell.ts';
import { printableLines } from '../printable.ts';
import type { OutputFormat } from './output-formats.ts';

/** A token as get-token and refresh have it, from Entra or from the cache. */
export type PrintableToken = Omit<ProfileToken, 'username'>;

/** The members of a token answer (RFC 6749 section 5.1), and when it expires. */
interface TokenDocument {
  readonly token_type: 'Bearer';
  /** Separated by spaces. */
  readonly scope: string;
  /** Seconds from now. */
  readonly expires_in: number;
  readonly access_token: string;
  readonly refresh_token?: string;
  /** ISO 8601 in UTC, to the second: `2025-12-28T15:30:00Z`. */
  readonly expires_at: string;
}

/** Prints the token, or writes it to a file that nobody else can read. */
export async function printToken(
  token: PrintableToken,
  { output, file }: { readonly output: OutputFormat; readonly file?: string | undefined },
  shell: Shell,
): Promise<void> {
  const text = await formatted(token, output);
  if (file === undefined) {
    shell.print(text);
    return;
  }
  const { replaceFile } = await import('../../platform/replace-file.ts');
  await replaceFile(file, text).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.errno === undefined ? cause.message : getSystemErrorMessage(cause.errno);
    throw new Error(`The token can't be written to '${file}': ${why}. Give --file another path.`, { cause });
  });
  shell.tell(`The token is in ${file}, readable by you alone.`);
}

async function formatted(token: PrintableToken, output: OutputFormat): Promise<string> {
  switch (output) {
    case 'token':
      return `${token.accessToken}\n`;
    case 'json':
      return `${printableLines(JSON.stringify(documentOf(token), null, 2))}\n`;
    case 'yaml': {
      const { stringify } = await import('yaml');
      const written = (options: object): string => stringify(documentOf(token), { lineWidth: 0, ...options });
      const plain = written({});
      // In double quotes an escape says the same.
      return printableLines(plain) === plain
        ? plain
        : printableLines(written({ defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }));
    }
  }
}

function documentOf({ accessToken, expiresOn, scopes, refreshToken }: PrintableToken): TokenDocument {
  return {
    token_type: 'Bearer',
    scope: scopes.join(' '),
    expires_in: Math.max(0, Math.floor((expiresOn - Date.now()) / 1000)),
    access_token: accessToken,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    expires_at: new Date(expiresOn).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}
