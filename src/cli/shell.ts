import type { Environment } from '../protocol/environment.ts';
import { openStore, type Store } from '../profile/store.ts';
import { printableLines } from './printable.ts';
import { print, printError } from './standard-streams.ts';
import type { Wanted } from './whole-input.ts';

/** What a command gets of the place that it was typed in. */
export interface Shell {
  /** The variables that are set and not empty. */
  readonly environment: Environment;
  /** Aborted by Ctrl+C, and when the program is told to end. */
  readonly signal: AbortSignal;
  readonly store: Store;
  /** Whether a person is there to answer: standard input and standard error are terminals. */
  readonly canAsk: boolean;
  /** Whether standard input is a terminal, so that nothing comes from it by itself. */
  readonly inputIsTerminal: boolean;
  /** A line on standard error, for who wants to know; not with --silent. */
  tell(message: string): void;
  /** A line on standard error on what is done, for who asked with --verbose. */
  explain(message: string): void;
  /** A line on standard error that a person can't do without, also with --silent. */
  must(message: string): void;
  /** Writes to standard output, as it is. */
  print(text: string): void;
  /** All of standard input. @throws TokenError InvalidParameter, Cancelled */
  readInput(wanted: Wanted): Promise<string>;
}

/** How much a person wants to be told; every command may have these options. */
interface Talk {
  readonly silent?: true;
  readonly verbose?: true;
}

/** The shell that the program was started from. */
export function thisShell({ silent, verbose }: Talk, signal: AbortSignal): Shell {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter((variable): variable is [string, string] => Boolean(variable[1])),
  );
  // Others' words may be in it: a service's, or what came with an import.
  const must = (message: string): void => printError(`${printableLines(message)}\n`);
  const tell = (message: string): void => {
    if (!silent) must(message);
  };
  let store: Store | undefined;
  return {
    environment,
    signal,
    // Where secrets lie, and what was found broken: to be silent about that would hide a loss.
    get store() {
      return (store ??= openStore(environment, (message) => must(`entra-auth-cli: ${message}`)));
    },
    get canAsk() {
      return isTerminal(0) && isTerminal(2);
    },
    get inputIsTerminal() {
      return isTerminal(0);
    },
    tell,
    explain(message) {
      if (verbose) tell(message);
    },
    must,
    print,
    async readInput(wanted) {
      const { wholeInput } = await import('./whole-input.ts');
      return wholeInput(wanted, signal);
    },
  };
}

/** Asked of the system when needed: Node makes a stream when its isTTY is read, and node:tty loads all of node:net. */
function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}
