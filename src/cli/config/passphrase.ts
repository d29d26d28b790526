import { shortestPassphrase } from '../../profile/export.ts';
import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';
import { promptsOf } from './prompts.ts';
import { readSecret, refuseSecretArgument, refuseSharedInput } from './secret-input.ts';

/** How `config export` and `config import` are told the passphrase. */
export interface PassphraseOptions {
  readonly passphraseFile?: string;
  /** Typed by mistake. */
  readonly passphrase?: string;
}

/**
 * Refuses what can't work, before anything is read.
 * @param file what else may be standard input
 * @throws TokenError InvalidParameter, InvalidParameterCombination, MissingParameter
 */
export function checkPassphraseOptions(options: PassphraseOptions, file: string | undefined, shell: Shell): void {
  refuseSecretArgument(options.passphrase, 'a passphrase', '--passphrase');
  refuseSharedInput({ 'the file': file, '--passphrase-file': options.passphraseFile });
  if (options.passphraseFile !== undefined || shell.canAsk) return;
  throw new TokenError(
    'MissingParameter',
    'Nobody can be asked for the passphrase here. Give --passphrase-file FILE, or - for standard input.',
    { parameter: '--passphrase-file' },
  );
}

/** The passphrase of an export that there is. @throws TokenError InvalidParameter, Cancelled */
export function knownPassphrase({ passphraseFile }: PassphraseOptions, shell: Shell): Promise<string> {
  if (passphraseFile !== undefined) return readPassphrase(passphraseFile, shell);
  return promptsOf(shell).secret('Passphrase of the export:', (typed) => (typed ? undefined : 'A value is needed.'));
}

/** A passphrase for a new export, asked for twice. @throws TokenError InvalidParameter, Cancelled */
export async function newPassphrase({ passphraseFile }: PassphraseOptions, shell: Shell): Promise<string> {
  if (passphraseFile !== undefined) return readPassphrase(passphraseFile, shell);
  const prompts = promptsOf(shell);
  const passphrase = await prompts.secret(`Passphrase (${shortestPassphrase} characters or more):`, (typed) =>
    typed.length < shortestPassphrase
      ? `Use ${shortestPassphrase} characters at least; several words are best.`
      : undefined,
  );
  await prompts.secret('The same again:', (typed) => (typed === passphrase ? undefined : 'That is another one.'));
  return passphrase;
}

function readPassphrase(file: string, shell: Shell): Promise<string> {
  return readSecret(file, 'the passphrase', '--passphrase-file', shell);
}
