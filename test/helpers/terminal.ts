import { spawn, spawnSync } from 'node:child_process';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { cliEnvironment, cliFile, type CliOptions } from './cli.ts';
import { quoted } from './shells.ts';

/**
 * Why there is no terminal for tests here, to be put into their titles; empty where there is one. util-linux's `script`
 * makes it; other systems' take other options.
 */
export const noTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
  ? ''
  : " (skipped: there is no util-linux 'script' here, which makes terminals)";

/** A program at a terminal, and a person who types. */
export interface Terminal extends AsyncDisposable {
  /**
   * Waits until something is shown, since the last time that something was typed.
   * @returns all that has been shown since then
   * @throws Error with what was shown instead, once the program has ended or the time is up
   */
  shows(text: string): Promise<string>;
  /** @param keys as the terminal sends them, see {@link keys} */
  type(keys: string): void;
  /** Waits until a question is shown, and types an answer and Enter. */
  answer(question: string, answer?: string): Promise<void>;
  /** All that has been shown, without colours and movements. */
  readonly shown: () => string;
  /** What has been shown since something was typed. */
  readonly shownNow: () => string;
  /** All that the terminal was sent, with its control sequences. */
  readonly sent: () => string;
  readonly exitCode: Promise<number | null>;
}

/** What a terminal sends for keys. */
export const keys = {
  enter: '\r',
  down: '\u001B[B',
  backspace: '\u007F',
  clearLine: '\u0015',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
};

/** Milliseconds: less than a test has, so that what was shown instead can be told. */
const patience = 45_000;

/** Whose terminal it is. */
export type TerminalOptions = Pick<CliOptions, 'home' | 'environment'>;

/** Starts the program at a terminal. Nothing else is shown there. */
export function openTerminal(args: readonly string[], options: TerminalOptions): Terminal {
  return openShell(`exec ${cliCommand(args)}`, options);
}

/** Runs a shell's command line at a terminal that is wide enough for the program's lines. */
export function openShell(command: string, options: TerminalOptions): Terminal {
  const child = spawn('script', ['-qefc', `stty cols 160 rows 50; ${command}`, '/dev/null'], {
    env: { ...cliEnvironment(options), TERM: 'xterm', SHELL: '/bin/sh' },
  });
  const ended = Promise.withResolvers<number | null>();
  // Not 'exit': what was shown last may still be on its way then.
  child.once('close', ended.resolve);
  let sent = '';
  let since = 0;
  let look = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    sent += chunk.toString();
    look();
  });
  const textFrom = (start: number): string => stripVTControlCharacters(sent.slice(start)).replaceAll('\r', '');
  const shown = (): string => textFrom(0);
  const shownNow = (): string => textFrom(since);
  const type = (typed: string): void => {
    since = sent.length;
    child.stdin.write(typed);
  };
  const shows = async (text: string): Promise<string> => {
    const found = Promise.withResolvers<string>();
    const fail = (why: string): void => found.reject(new Error(`The program ${why} '${text}', but:\n${shown()}`));
    look = () => void (shownNow().includes(text) && found.resolve(shownNow()));
    look();
    const late = setTimeout(() => fail('has not shown in time'), patience);
    void ended.promise.then(() => fail('ended and did not show'));
    return found.promise.finally(() => clearTimeout(late));
  };
  return {
    shows,
    type,
    async answer(question, answer = '') {
      await shows(question);
      type(`${answer}${keys.enter}`);
    },
    shown,
    shownNow,
    sent: () => sent,
    exitCode: ended.promise,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended.promise;
    },
  };
}

/** The program and its arguments as a shell's words. */
export function cliCommand(args: readonly string[]): string {
  return [process.execPath, cliFile, ...args].map(quoted).join(' ');
}
