import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';
import { type Wanted, wholeFile } from '../whole-input.ts';
import { promptsOf } from './prompts.ts';

/** Names standard input where a file is wanted. */
export const standardInput = '-';

/**
 * The text of a file, or of standard input for `-`.
 * @param what in a sentence: `the profile`
 * @param option the option or argument that named the file, for errors
 * @param most bytes; default as {@link Wanted}
 * @throws TokenError InvalidParameter
 */
export async function readText(
  file: string,
  what: string,
  option: string,
  shell: Shell,
  most?: number,
): Promise<string> {
  if (file !== standardInput) {
    const place = `in the file '${file}'`;
    return readFileText(file, place, option, { what, most }, `The file '${file}' for ${what}`);
  }
  if (!shell.inputIsTerminal) return withoutMark(await shell.readInput({ what, most }));
  throw invalid(option, `Standard input is a terminal here. Pipe ${what} into the command, or name a file.`);
}

/**
 * A secret: the text without the line break that editors and echo put at its end. Errors don't repeat the file's name,
 * which may be the secret, given in a file's place. At a terminal, `-` asks for it: what is typed doesn't show.
 * @param what in a sentence: `the client secret`
 * @param option the option that named the file
 * @param asks false where nothing is to be asked, even on a terminal
 * @throws TokenError InvalidParameter, Cancelled
 */
export async function readSecret(
  file: string,
  what: string,
  option: string,
  shell: Shell,
  asks = true,
): Promise<string> {
  if (file === standardInput && shell.inputIsTerminal) {
    if (asks && shell.canAsk) return typedSecret(what, shell);
    throw invalid(option, `Standard input is a terminal here. Pipe ${what} into the command, or name a file.`);
  }
  const place = file === standardInput ? 'in standard input' : `in the file of ${option}`;
  const text =
    file === standardInput
      ? withoutMark(await shell.readInput({ what }))
      : await readFileText(
          file,
          place,
          option,
          { what },
          `The file of ${option}`,
          ` It takes a file's name, not ${what} itself; - is standard input.`,
        );
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw invalid(option, `There is nothing ${place}, where ${what} should be.`);
  if (/[\r\n]/.test(secret)) throw invalid(option, `There is more than one line ${place}, where ${what} should be.`);
  return secret;
}

function typedSecret(what: string, shell: Shell): Promise<string> {
  const [, first = '', rest = ''] = /^(?:the )?(.)(.*)/.exec(what) ?? [];
  return promptsOf(shell).secret(`${first.toUpperCase()}${rest}:`, (typed) =>
    typed === '' ? 'A value is needed.' : undefined,
  );
}

/** @param name of the file, at the beginning of errors */
async function readFileText(
  file: string,
  place: string,
  option: string,
  wanted: Wanted,
  name: string,
  hint?: string,
): Promise<string> {
  const bytes = await wholeFile(file, place, wanted).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof TokenError) throw cause;
    const gone = cause.code === 'ENOENT';
    const why = gone ? 'does not exist' : `can't be read (${cause.code ?? 'unknown'})`;
    const advice = hint ?? (gone ? '' : ' Name a file that you may read.');
    throw invalid(option, `${name} ${why}.${advice}`, hint ? undefined : cause);
  });
  // Windows PowerShell's > writes UTF-16
  if (bytes.includes(0)) throw invalid(option, `${name} is no UTF-8 text. Save it as UTF-8.`);
  return withoutMark(bytes.toString('utf8'));
}

/** @throws TokenError InvalidParameterCombination when more than one file is standard input */
export function refuseSharedInput(files: Readonly<Record<string, string | undefined>>): void {
  const readers = Object.keys(files).filter((option) => files[option] === standardInput);
  if (readers.length < 2) return;
  throw new TokenError(
    'InvalidParameterCombination',
    `Standard input can be read once, and ${readers.join(' and ')} both want it. Give one of them a file.`,
  );
}

/**
 * A secret must not be typed as an argument. The message does not repeat it.
 * @param given the value of an option that there is for this error alone
 * @throws TokenError InvalidParameter
 */
export function refuseSecretArgument(given: string | undefined, what: string, option: string): void {
  if (given === undefined) return;
  throw invalid(
    option,
    `${option} takes no value: on a command line ${what} is seen by everybody who lists processes, and stays in the shell's history. ` +
      `Give ${option}-file FILE, or - for standard input, or nothing, to be asked on a terminal. ` +
      'What was typed just now is in the history: remove it there.',
  );
}

function invalid(parameter: string, message: string, cause?: unknown): TokenError {
  return new TokenError('InvalidParameter', message, { parameter, cause });
}

/** Windows' editors begin UTF-8 with a byte order mark. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}
