import { TokenError } from '../../protocol/token-error.ts';
import { tokenIn, UnreadableToken } from './jwt.ts';
import type { Shell } from '../shell.ts';
import { wholeFile, type Wanted } from '../whole-input.ts';

/** Where inspect and discover have their token from. */
export interface TokenInputOptions {
  /** The token itself, or `-`. */
  readonly token?: string;
  /** A path, or `-`. */
  readonly file?: string;
  /** A profile's name. */
  readonly profile?: string;
}

/**
 * The token that was given: without `Bearer`, quotes and white space.
 * @throws UnreadableToken when there is none; TokenError, ProfileError
 */
export async function readToken(options: TokenInputOptions, shell: Shell): Promise<string> {
  const { token, file, profile } = options;
  if (profile !== undefined) {
    const { cachedToken } = await import('./cached-token.ts');
    return cachedToken(profile, shell);
  }
  if (token !== undefined && token !== '-') {
    shell.tell(
      "entra-auth-cli: The token now stands in the shell's history, and stood in the list of processes. " +
        'Next time pipe it in, or give --file or --profile.',
    );
    return tokenIn(token);
  }
  if (file !== undefined && file !== '-') return tokenIn(await readText(file));
  if (token === undefined && file === undefined && shell.inputIsTerminal) {
    throw new TokenError(
      'MissingParameter',
      'There is no token to read. Pipe one in, or give --file, --profile or --token.',
      { parameter: 'token' },
    );
  }
  const input = await shell.readInput(wanted);
  if (input.trim() === '') {
    throw new UnreadableToken('Standard input is empty. Pipe a token in, or give --file, --profile or --token.');
  }
  return tokenIn(input);
}

const wanted: Wanted = { what: 'the token' };

/** Windows PowerShell's `>` writes UTF-16. */
async function readText(path: string): Promise<string> {
  const bytes = await wholeFile(path, `in '${path}'`, wanted).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof TokenError) throw cause;
    throw new TokenError('InvalidParameter', `'${path}' can't be read: ${reasonOf(cause)}`, {
      parameter: 'file',
      cause,
    });
  });
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
      return 'there is no such file. Check the path.';
    case 'EISDIR':
      return 'it is a folder. Give a file with a token in it.';
    case 'EACCES':
    case 'EPERM':
      return 'you may not read it. Check its permissions.';
    default:
      return `the system says ${code ?? 'no more'}. Check the path.`;
  }
}
