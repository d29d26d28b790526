import { checkProfileName, profileId, type Profile } from '../../profile/profile.ts';
import type { FieldName } from '../../profile/profile-fields.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';
import { throwIfCancelled } from './cancelled.ts';
import { refuseBrokenCertificate } from './certificate.ts';
import { defined, isAnotherIdentity, missingFrom, without, withoutForeign, type Draft } from './draft.ts';
import { secretNames, type removable } from './fields.ts';
import { given, type ProfileOptions } from './given.ts';
import { promptsOf } from './prompts.ts';
import { askForFields } from './questions.ts';
import { exists, saveOver, type SecretsChange } from './save.ts';
import { finished } from './validity.ts';

interface EditOptions extends ProfileOptions {
  /** The new name. */
  readonly name?: string;
  readonly unset?: readonly (typeof removable)[number][];
}

/** @throws TokenError, ProfileError */
export async function edit(options: EditOptions, shell: Shell, name: string): Promise<void> {
  const { store } = shell;
  const present = store.profiles.get(name);
  const said: Draft = {
    ...(await given(options, shell)),
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  const { unset = [] } = options;
  const mute = Object.keys(said).length === 0 && unset.length === 0;
  const canAsk = shell.canAsk && options.input;
  if (mute && !canAsk) throw nothingToChange(present);
  refuseTakenName(present, said, shell);

  const stored = store.secrets.revision(present.name) !== '';
  const start = changed(present, said, unset);
  const asks = mute || (canAsk && missingIn(start, present, stored).length > 0);
  // What the command line didn't speak of stays as it is, unless nothing at all was said.
  const draft = asks ? await askForChanges(present, mute ? {} : start, stored, shell) : start;
  const { profile, secrets } = finished(
    { ...draft, name: draft.name ?? present.name },
    storedFields(draft, present, stored),
  );
  // A new file must open with the password that is stored.
  const moved = stored && profile.authMethod === 'Certificate' && profile.certificatePath !== present.certificatePath;
  await refuseBrokenCertificate({ ...(moved ? await store.secrets.read(present.name) : {}), ...defined(draft) }, shell);

  const change = secretsChange(secrets, profile, present);
  const renamed = profileId(profile.name) !== profileId(present.name);
  const another = renamed || change !== 'keep' || isAnotherIdentity(present, profile);
  throwIfCancelled(shell);
  await saveOver(present.name, profile, change, store);
  if (another) await store.tokens.remove(profile.name);
  shell.tell(`Profile '${profile.name}' is changed.${another ? ' Its cached tokens are removed.' : ''}`);
}

/** @param decided is not asked */
function askForChanges(present: Profile, decided: Draft, stored: boolean, shell: Shell): Promise<Draft> {
  shell.tell('Enter keeps what is there, Backspace takes it away.');
  const settled = { ...defined(decided), name: decided.name ?? present.name };
  return askForFields({ prompts: promptsOf(shell), shell, given: settled, present, stored });
}

/** The profile with what was said; what its new kind of credential doesn't have is gone, unless it was said. */
function changed(present: Profile, said: Draft, unset: readonly FieldName[]): Draft {
  return withoutForeign({ ...without(present, unset), ...said }, said);
}

/** The secret is where it was as long as the profile proves itself by the same means. */
function storedFields(draft: Draft, present: Profile, stored: boolean): readonly FieldName[] {
  return stored && draft.authMethod === present.authMethod ? secretNames : [];
}

function missingIn(draft: Draft, present: Profile, stored: boolean): readonly FieldName[] {
  const there = storedFields(draft, present, stored);
  return missingFrom(draft).filter((name) => !there.includes(name));
}

function secretsChange(secrets: SecretsChange, profile: Profile, present: Profile): SecretsChange {
  if (Object.keys(secrets).length > 0) return secrets;
  const { authMethod, cacheCertificatePassword } = profile;
  if (authMethod !== present.authMethod) return 'remove';
  return authMethod === 'Certificate' && !cacheCertificatePassword && present.cacheCertificatePassword
    ? 'remove'
    : 'keep';
}

function refuseTakenName(present: Profile, { name }: Draft, shell: Shell): void {
  if (name === undefined) return;
  checkProfileName(name);
  if (profileId(name) === profileId(present.name) || !exists(name, shell.store)) return;
  throw new ProfileError(
    'ProfileExists',
    `There is a profile '${name}' already. Choose another name, or delete that one first with: entra-auth-cli config delete ${name}`,
  );
}

function nothingToChange({ name }: Profile): TokenError {
  return new TokenError(
    'MissingParameter',
    `Nothing was said that profile '${name}' should change to. ` +
      'Give it by options or in a file (--from-file), take something away with --unset, or run the command on a terminal, where it asks.',
  );
}
