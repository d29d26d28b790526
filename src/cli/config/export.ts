import { existsSync } from 'node:fs';
import { replaceFile } from '../../platform/replace-file.ts';
import { sealExport, type ExportedProfile } from '../../profile/export.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import { collectProfiles } from '../../profile/transfer.ts';
import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';
import { throwIfCancelled } from './cancelled.ts';
import { eachOnce } from './each-once.ts';
import { checkPassphraseOptions, newPassphrase, type PassphraseOptions } from './passphrase.ts';
import { standardInput } from './secret-input.ts';

interface ExportOptions extends PassphraseOptions {
  readonly file: string;
  readonly force?: true;
}

/** @throws TokenError, ProfileError */
export async function exportProfiles(options: ExportOptions, shell: Shell, ...names: string[]): Promise<void> {
  const { file, force } = options;
  const toOutput = file === standardInput;
  checkPassphraseOptions(options, undefined, shell);
  if (!toOutput && !force && existsSync(file)) {
    throw new TokenError(
      'InvalidParameter',
      `'${file}' is there already. Choose another file, or replace it with --force.`,
      {
        parameter: '--file',
      },
    );
  }
  const exported = await collectProfiles(shell.store, chosen(names, shell), (message) => shell.tell(message));
  const text = await sealExport(exported, await newPassphrase(options, shell));
  throwIfCancelled(shell);
  if (toOutput) shell.print(text);
  else await write(file, text);
  const place = toOutput ? 'The export' : `'${file}'`;
  shell.tell(`${place} has ${exported.map(contentOf).join(', ')}.`);
  shell.tell('Whoever has it and the passphrase can get tokens as these profiles do.');
}

/** Each name once; all profiles where none is named. */
function chosen(names: readonly string[], { store }: Shell): readonly string[] {
  if (names.length > 0) return eachOnce(names);
  const all = store.profiles.list().map(({ name }) => name);
  if (all.length > 0) return all;
  throw new ProfileError(
    'ProfileNotFound',
    'There are no profiles to export. Make one with: entra-auth-cli config create',
  );
}

function contentOf({ profile, secrets, certificate }: ExportedProfile): string {
  const parts = [
    secrets.clientSecret !== undefined && 'client secret',
    certificate !== undefined && 'certificate',
    secrets.certificatePassword !== undefined && "certificate's password",
  ].filter((part) => part !== false);
  return `profile '${profile.name}' with ${parts.length === 0 ? 'no secret' : `its ${parts.join(' and ')}`}`;
}

async function write(file: string, text: string): Promise<void> {
  await replaceFile(file, text).catch((cause: NodeJS.ErrnoException) => {
    throw new TokenError(
      'InvalidParameter',
      `'${file}' can't be written (${cause.code ?? cause.message}). Choose another place.`,
      {
        parameter: '--file',
        cause,
      },
    );
  });
}
