import process from 'node:process';
import { printableLines } from '../printable.ts';
import type { Shell } from '../shell.ts';
import { profileList } from './profile-list.ts';

interface ListOptions {
  readonly json?: true;
}

/** @throws ProfileError StoreCorrupt, StoreUnavailable */
export async function list(options: ListOptions, shell: Shell): Promise<void> {
  const profiles = shell.store.profiles.list();
  if (options.json) {
    shell.print(`${printableLines(JSON.stringify(profiles, null, 2))}\n`);
    return;
  }
  if (profiles.length === 0) {
    shell.tell('There are no profiles yet. Make one with: entra-auth-cli config create');
    return;
  }
  shell.print(profileList(profiles, process.stdout.isTTY ? process.stdout.columns : undefined));
}
