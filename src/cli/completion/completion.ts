import { scripts } from './completion-scripts.ts';
import type { ShellName } from './completion-command.ts';
import type { Shell } from '../shell.ts';

export async function completion(_options: object, shell: Shell, name: string): Promise<void> {
  shell.print(scripts[name as ShellName]);
}
