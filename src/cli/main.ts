import process from 'node:process';
import type { Command, CommanderError } from 'commander';
import { endProcess, isUninterruptible } from '../platform/end-process.ts';
import { exitCodeOf, exitCodes, isPromptExit } from './exit-codes.ts';
import type { Run } from './command.ts';
import { printableLines } from './printable.ts';
import { commandLine } from './program.ts';
import { thisShell } from './shell.ts';
import { allPrinted, print, printError } from './standard-streams.ts';

/** Signals that end the program, with what shells expect of one that was ended by them. */
const endings = { SIGINT: exitCodes.cancelled, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs the command that was typed and ends the process.
 * @param args what stands behind the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  const signals = listenForSignals();
  // What a command waits for need not keep the process: a thread's answer, or the end of the time. This does, or the
  // process would end in the middle, with the exit code of success.
  setInterval(() => {}, 60_000);
  let exitCode: number = exitCodes.success;
  const run: Run = (load) =>
    async function action(this: Command) {
      const handler = await load();
      const shell = thisShell(this.opts(), signals.signal);
      const code = await handler(this.opts() as Parameters<typeof handler>[0], shell, ...this.processedArgs.flat());
      exitCode = code ?? exitCodes.success;
    };
  try {
    const words = withHelpAsOption(args);
    await inOurWords(commandLine(run, words[0])).parseAsync(words, { from: 'user' });
  } catch (error) {
    exitCode = isUsage(error) ? error.exitCode : exitCodeOf(error);
    // Ctrl+C at a question of @inquirer's, which leaves the cursor in the middle of the line
    if (exitCode === exitCodes.cancelled) printError(isPromptExit(error) ? '\n' : '');
    else if (!isUsage(error) && !signals.signal.aborted) tellError(error);
  }
  // Connections that are kept alive, or a worker, would keep the process; what was printed has to be out first.
  await allPrinted();
  endProcess(signals.exitCode() ?? exitCode);
}

/** commander's `help` takes one word: what is asked with more, such as `help config create`, is `config create --help`. */
function withHelpAsOption(args: readonly string[]): readonly string[] {
  return args[0] === 'help' && args.length > 2 ? [...args.slice(1), '--help'] : args;
}

/** Ctrl+C cancels what is under way; a second one, or where nothing can be cancelled, ends the program at once. */
function listenForSignals(): { readonly signal: AbortSignal; exitCode(): number | undefined } {
  const ending = new AbortController();
  let exitCode: number | undefined;
  for (const [name, code] of Object.entries(endings)) {
    process.on(name, () => {
      if (exitCode !== undefined || isUninterruptible()) endProcess(code);
      exitCode = code;
      ending.abort();
    });
  }
  return { signal: ending.signal, exitCode: () => exitCode };
}

/** commander's errors, named after the program and with the way to help; it passes settings on to no added command. */
function inOurWords(command: Command): Command {
  command
    .exitOverride()
    .helpOption('-h, --help', 'show help')
    .configureOutput({
      writeOut: print,
      writeErr: printError,
      outputError: (text, write) =>
        write(printableLines(withoutValues(text.replace(/^error: /, 'entra-auth-cli: '))) + hintTo(text, command)),
    })
    .showHelpAfterError(`Run 'entra-auth-cli ${pathOf(command)}--help' for what there is.`);
  for (const inner of command.commands) inOurWords(inner);
  return command;
}

/** commander repeats what was typed in the wrong place, which may be a token: the values, but not the options' names. */
function withoutValues(error: string): string {
  return error.replace(/( but got \d+): [^]*$/, '$1.\n').replace(/(unknown option '[^=\n]*)=[^]*'/, "$1'");
}

/** `config` takes profiles as arguments; where they are an option, one is easily typed as an argument too. */
function hintTo(error: string, { options }: Command): string {
  const isProfile = error.startsWith('error: too many arguments') && options.some(({ long }) => long === '--profile');
  return isProfile ? '(A profile is named by --profile NAME.)\n' : '';
}

/** The commands that lead to this one, each with a space behind it; the program itself is nothing. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)}${command.name()} ` : '';
}

/** commander has already said what is wrong; its --help and --version end here too. */
function isUsage(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** What others have said may be in a message, such as a service's words: nothing of it is for the terminal to obey. */
function tellError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  printError(`${printableLines(`entra-auth-cli: ${message}`)}\n`);
}
