import process from 'node:process';
import { TokenError } from '../../protocol/token-error.ts';
import { printable } from '../printable.ts';
import type { Shell } from '../shell.ts';

/** What is wrong with an answer, in a sentence; nothing when it is right. */
export type Problem = (answer: string) => string | undefined | Promise<string | undefined>;

export interface Choice<Value extends string> {
  readonly value: Value;
  /** In plain words. */
  readonly name: string;
  /** Shown below the list while the choice is lit. */
  readonly description?: string;
}

/** Questions to the person at the terminal. All are asked on standard error; each throws TokenError Cancelled. */
export interface Prompts {
  /** @returns without spaces around it; empty where that is no problem */
  text(message: string, initial: string | undefined, problem: Problem): Promise<string>;
  /** What is typed doesn't show. */
  secret(message: string, problem: Problem): Promise<string>;
  choice<Value extends string>(
    message: string,
    choices: readonly Choice<Value>[],
    initial: Value | undefined,
  ): Promise<Value>;
  yes(message: string, initial: boolean): Promise<boolean>;
}

/** The prompts of @inquirer, of which only those that are needed are loaded. */
export function promptsOf(shell: Shell): Prompts {
  const on = (signal: AbortSignal) => ({ output: process.stderr, signal });
  /** What is wrong may quote what was proposed. */
  const validate = (problem: Problem) => async (answer: string) => {
    const found = await problem(answer);
    return found === undefined || printable(found);
  };
  return {
    async text(message, initial, problem) {
      const { default: input } = await import('@inquirer/input');
      // It may come from an import, and be for the terminal to obey: it is shown in another way than it is taken.
      const proposal = initial === undefined ? undefined : printable(initial);
      const meant = (answer: string): string => (answer === proposal ? (initial ?? '') : answer.trim());
      const question = { message, default: proposal, validate: validate((answer) => problem(meant(answer))) };
      return meant(await answered(shell, (signal) => input(question, on(signal))));
    },
    async secret(message, problem) {
      const { default: password } = await import('@inquirer/password');
      const theme = { style: { maskedText: '[hidden]' } };
      const question = {
        message,
        toggleMask: false,
        theme,
        validate: validate(problem),
      };
      return answered(shell, (signal) => password(question, on(signal)));
    },
    async choice(message, choices, initial) {
      const { default: select } = await import('@inquirer/select');
      const question = { message, choices, loop: false, ...(initial === undefined ? {} : { default: initial }) };
      return answered(shell, (signal) => select(question, on(signal)));
    },
    async yes(message, initial) {
      const { default: confirm } = await import('@inquirer/confirm');
      return answered(shell, (signal) => confirm({ message, default: initial }, on(signal)));
    },
  };
}

/** The answer, unless the person leaves: with Ctrl+C, with Ctrl+D, or by closing the terminal. */
async function answered<Answer>(shell: Shell, ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const left = new AbortController();
  // Ctrl+D ends the line without an answer: the question would wait for ever at an input that nobody reads any more.
  const leave = (): void => left.abort();
  process.stdin.once('pause', leave);
  try {
    return await ask(AbortSignal.any([shell.signal, left.signal]));
  } catch (cause) {
    if (!['ExitPromptError', 'AbortPromptError'].includes((cause as Error).name)) throw cause;
    shell.must('Cancelled. Nothing was changed.');
    throw new TokenError('Cancelled', 'Nobody answered.', { cause });
  } finally {
    process.stdin.removeListener('pause', leave);
  }
}
