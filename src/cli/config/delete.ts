import { tellOfLeftFiles } from '../../profile/former-files.ts';
import { TokenError } from '../../protocol/token-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Shell } from '../shell.ts';
import { eachOnce } from './each-once.ts';
import { promptsOf } from './prompts.ts';

interface DeleteOptions {
  readonly yes?: true;
}

/** Removes profiles with their secrets and tokens: all that were named, or none. @throws TokenError, ProfileError */
export async function remove(options: DeleteOptions, shell: Shell, ...given: string[]): Promise<number> {
  const { profiles } = shell.store;
  const names = eachOnce(given);
  for (const name of names) profiles.checkRemovable(name);
  const list = names.map((name) => `'${name}'`).join(', ');
  const what = names.length === 1 ? `profile ${list}, its` : `profiles ${list}, their`;
  if (!options.yes) {
    if (!shell.canAsk) {
      throw new TokenError(
        'MissingParameter',
        `Nobody can be asked here whether to delete ${list}. Say so with --yes.`,
      );
    }
    if (!(await promptsOf(shell).yes(`Delete ${what} secrets and cached tokens?`, false))) {
      shell.tell('Nothing was deleted.');
      return exitCodes.generalError;
    }
  }
  for (const name of names) await profiles.remove(name);
  shell.tell(`Deleted ${what} secrets and cached tokens.`);
  tellOfLeftFiles(shell.store.folder, (message) => shell.must(message));
  return exitCodes.success;
}
