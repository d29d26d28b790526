import { spawn, spawnSync } from 'node:child_process';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { cliEnvironment, cliFile, type CliOptions } from './cli.ts';

/**
 * Why there is no terminal for tests here, to be put into their titles; empty where there is one. util-linux's `script`
 * makes it; other systems' take other options.
 */
export const noTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
  ? ''
  : " (skipped: there is no util-linux 'script' here, which makes terminals)";

/** The program at a terminal, and a person who types. */
export interface Terminal extends AsyncDisposable {
  /** Waits until something is shown, since the last time that something was typed. */
  shows(text: string): Promise<void>;
  /** @param keys as the terminal sends them, see {@link keys} */
  type(keys: string): void;
  /** Waits until a question is shown, and types an answer and Enter. */
  answer(question: string, answer?: string): Promise<void>;
  /** All that has been shown, without colours and movements. */
  readonly shown: () => string;
  /** What has been shown since something was typed. */
  readonly shownNow: () => string;
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
const patience = 15_000;

/** Starts the program at a terminal that is wide enough for its lines. Nothing else is shown there. */
export function openTerminal(
  args: readonly string[],
  options: CliOptions & { readonly stdoutFile?: string },
): Terminal {
  const program = [process.execPath, cliFile, ...args].map(quoted).join(' ');
  const output = options.stdoutFile === undefined ? '' : ` >${quoted(options.stdoutFile)}`;
  const command = `stty cols 160 rows 50; exec ${program}${output}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...cliEnvironment(options), TERM: 'xterm', SHELL: '/bin/sh' },
  });
  const ended = Promise.withResolvers<number | null>();
  // Not 'exit': what was shown last may still be on its way then.
  child.once('close', ended.resolve);
  let shown = '';
  let since = 0;
  let look = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    look();
  });
  const now = (): string => stripVTControlCharacters(shown.slice(since));
  const type = (typed: string): void => {
    since = shown.length;
    child.stdin.write(typed);
  };
  const shows = async (text: string): Promise<void> => {
    const found = Promise.withResolvers<void>();
    const fail = (why: string): void =>
      found.reject(new Error(`The program ${why} '${text}', but:\n${stripVTControlCharacters(shown)}`));
    look = () => void (now().includes(text) && found.resolve());
    look();
    const late = setTimeout(() => fail('has not shown in time'), patience);
    void ended.promise.then(() => fail('ended and did not show'));
    await found.promise.finally(() => clearTimeout(late));
  };
  return {
    shows,
    type,
    async answer(question, answer = '') {
      await shows(question);
      type(`${answer}${keys.enter}`);
    },
    shown: () => stripVTControlCharacters(shown),
    shownNow: now,
    exitCode: ended.promise,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended.promise;
    },
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
