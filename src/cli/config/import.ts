import { longestExport, openExport } from '../../profile/export.ts';
import type { Profile } from '../../profile/profile.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import { restoreProfiles } from '../../profile/restore-profiles.ts';
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
  await restoreProfiles(store, imported, taken, (message) => shell.must(message));
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

function alreadyThere(taken: readonly string[]): ProfileError {
  const list = taken.map((name) => `'${name}'`).join(', ');
  const are = taken.length === 1 ? `is a profile ${list}` : `are profiles ${list}`;
  return new ProfileError(
    'ProfileExists',
    `There ${are} already; nothing was imported. Replace with --force, or rename with config edit.`,
  );
}
