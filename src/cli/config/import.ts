import { longestExport, openExport, type ExportedProfile } from '../../profile/export.ts';
import type { Profile } from '../../profile/profile.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import type { ProfileSecrets } from '../../profile/secrets.ts';
import type { Store } from '../../profile/store.ts';
import { restoreProfile } from '../../profile/transfer.ts';
import { cloudOf } from '../inspect/well-known-names.ts';
import type { Shell } from '../shell.ts';
import { throwIfCancelled } from './cancelled.ts';
import { checkPassphraseOptions, knownPassphrase, type PassphraseOptions } from './passphrase.ts';
import { exists } from './save.ts';
import { readText } from './secret-input.ts';

interface ImportOptions extends PassphraseOptions {
  readonly force?: true;
}

/** Takes over all profiles of an export, or none. @throws TokenError, ProfileError */
export async function importProfiles(options: ImportOptions, shell: Shell, file: string): Promise<void> {
  const { store } = shell;
  checkPassphraseOptions(options, file, shell);
  const text = await readText(file, 'the export', 'the file', shell, longestExport);
  const imported = await openExport(text, await knownPassphrase(options, shell));
  const taken = imported.map(({ profile }) => profile.name).filter((name) => exists(name, store));
  if (taken.length > 0 && !options.force) throw alreadyThere(taken);

  throwIfCancelled(shell);
  await restoreAll(imported, taken, store);
  shell.tell(`Imported ${imported.map(({ profile }) => `'${profile.name}'`).join(', ')}.`);
  for (const { profile } of imported) tellOfForeignAuthority(profile, shell);
  for (const { profile, certificate } of imported) {
    if (profile.certificatePath === undefined || certificate !== undefined) continue;
    shell.tell(
      `Profile '${profile.name}' came without its certificate: put it at '${profile.certificatePath}', or change that with config edit.`,
    );
  }
}

/** Whoever made the export has chosen where secrets are sent that get into the profile later, too. */
function tellOfForeignAuthority({ name, authority }: Profile, shell: Shell): void {
  if (authority === undefined || cloudOf(authority, undefined) !== undefined) return;
  shell.must(
    `Profile '${name}' signs in at ${new URL(authority).host}, which is no cloud of Microsoft's that is known: what it ` +
      `proves itself with is sent there. If that is wrong, change it with: entra-auth-cli config edit ${name} --authority URL`,
  );
}

async function restoreAll(imported: readonly ExportedProfile[], taken: readonly string[], store: Store): Promise<void> {
  const before = await Promise.all(taken.map((name) => stateOf(name, store)));
  try {
    for (const one of imported) {
      await restoreProfile(store, one, { replace: taken.includes(one.profile.name) });
      await store.tokens.remove(one.profile.name);
    }
  } catch (error) {
    const added = imported.map(({ profile }) => profile.name).filter((name) => !taken.includes(name));
    await undo(before, added, store);
    throw error;
  }
}

interface State {
  readonly profile: Profile;
  readonly secrets: ProfileSecrets;
}

/** @returns undefined for a profile that couldn't be used anyway */
async function stateOf(name: string, { profiles, secrets }: Store): Promise<State | undefined> {
  try {
    return { profile: profiles.get(name), secrets: await secrets.read(name) };
  } catch (error) {
    if (error instanceof ProfileError && error.code !== 'StoreUnavailable') return undefined;
    throw error;
  }
}

/** As far as it can be done: what went wrong first is what the person must hear of. */
async function undo(before: readonly (State | undefined)[], added: readonly string[], store: Store): Promise<void> {
  for (const name of added) if (exists(name, store)) await store.profiles.remove(name).catch(() => {});
  for (const state of before) {
    if (!state) continue;
    const { profile, secrets } = state;
    await store.profiles.replace(profile.name, profile).catch(() => {});
    await store.secrets.write(profile.name, secrets).catch(() => {});
  }
}

function alreadyThere(taken: readonly string[]): ProfileError {
  const list = taken.map((name) => `'${name}'`).join(', ');
  const are = taken.length === 1 ? `is a profile ${list}` : `are profiles ${list}`;
  return new ProfileError(
    'ProfileExists',
    `There ${are} already; nothing was imported. Replace with --force, or rename with config edit.`,
  );
}
