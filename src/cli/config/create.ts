import { checkProfileName } from '../../profile/profile.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import type { Shell } from '../shell.ts';
import { exitCodes } from '../exit-codes.ts';
import { throwIfCancelled } from './cancelled.ts';
import { refuseBrokenCertificate } from './certificate.ts';
import { missingFrom, withImplied, type Draft } from './draft.ts';
import { given, type ProfileOptions } from './given.ts';
import { promptsOf, type Prompts } from './prompts.ts';
import { askForFields } from './questions.ts';
import { exists, saveNew, saveOver } from './save.ts';
import { finished } from './validity.ts';

interface CreateOptions extends ProfileOptions {
  readonly force?: true;
}

/** @throws TokenError, ProfileError */
export async function create(options: CreateOptions, shell: Shell, nameArgument?: string): Promise<number> {
  const said = withImplied(await given(options, shell));
  const canAsk = shell.canAsk && options.input;
  const asks = canAsk && missingFrom(said).length > 0;
  const prompts = promptsOf(shell);
  const name = nameArgument ?? said.name ?? (asks ? await askForName(prompts) : 'default');
  checkProfileName(name);

  const taken = exists(name, shell.store);
  if (taken && !options.force && !(await mayReplace(name, canAsk ? prompts : undefined))) {
    shell.tell('Nothing was changed.');
    return exitCodes.generalError;
  }
  const draft: Draft = asks
    ? await askForFields({ prompts, shell, given: { ...said, name }, present: {}, stored: false })
    : said;
  const { profile, secrets } = finished({ ...draft, name });
  await refuseBrokenCertificate(draft, shell);

  throwIfCancelled(shell);
  if (taken) {
    await saveOver(name, profile, secrets, shell.store);
    await shell.store.tokens.remove(name);
  } else {
    await saveNew(profile, secrets, shell.store);
  }
  const use = name.toLowerCase() === 'default' ? '' : ` --profile ${name}`;
  shell.tell(`Profile '${name}' is stored. Get a token with: entra-auth-cli get-token${use}`);
  return exitCodes.success;
}

function askForName(prompts: Prompts): Promise<string> {
  return prompts.text('Name of the profile:', 'default', (answer) => {
    try {
      checkProfileName(answer);
      return undefined;
    } catch (error) {
      if (error instanceof ProfileError) return error.message;
      throw error;
    }
  });
}

/** @param prompts where there is a person who is asked */
async function mayReplace(name: string, prompts: Prompts | undefined): Promise<boolean> {
  if (prompts) {
    return prompts.yes(`There is a profile '${name}' already. Replace it, with its secrets and cached tokens?`, false);
  }
  throw new ProfileError(
    'ProfileExists',
    `There is a profile '${name}' already. Choose another name, replace it with --force, or change it with: entra-auth-cli config edit ${name}`,
  );
}
