import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/**
 * A command's code.
 * @param options as its definition names them
 * @param args its arguments in order
 * @returns the exit code, 0 when it returns none
 */
export type Handler<Options> = (options: Options, shell: Shell, ...args: string[]) => Promise<number | void>;

/** Makes a definition's action of its code, which is loaded when the command is run and not before. */
export type Run = <Options>(load: () => Promise<Handler<Options>>) => (this: Command) => Promise<void>;
