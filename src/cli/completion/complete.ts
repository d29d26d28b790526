import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { completionsOf } from './completions.ts';
import type { Shell } from '../shell.ts';

/**
 * Prints what can follow, for the scripts in completion-scripts.ts: a line each, the value and, after a tab, its
 * description. Somebody is in the midst of typing: whatever goes wrong, nothing is said and nothing is changed.
 * @param words what was typed after the program's name; the last is the one to complete
 */
export async function complete(program: Command, words: readonly string[], shell: Shell): Promise<void> {
  const { values, files } = completionsOf(program, words, () => profileNames(shell.store.folder));
  const lines = values.map(({ value, description }) => (description ? `${value}\t${description}` : value));
  shell.print([...lines, ...(files ? [':files'] : [])].map((line) => `${line}\n`).join(''));
}

/** Not by the store: it sets a broken file aside and tells of it. */
function profileNames(folder: string): readonly string[] {
  try {
    const { profiles } = JSON.parse(readFileSync(join(folder, 'profiles.json'), 'utf8')) as {
      readonly profiles: readonly { readonly name: unknown }[];
    };
    const names = profiles.map(({ name }) => name);
    return names.filter((name): name is string => typeof name === 'string' && /^[\w.-]+$/.test(name));
  } catch {
    return [];
  }
}
