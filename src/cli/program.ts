import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Run } from './command.ts';
import { completeCommand, completionCommand } from './completion/completion-command.ts';
import { configCommand } from './config/command.ts';
import { discoverCommand } from './inspect/discover-command.ts';
import { getTokenCommand } from './get-token/get-token-command.ts';
import { inspectCommand } from './inspect/inspect-command.ts';
import { refreshCommand } from './get-token/refresh-command.ts';

/** The commands in the order of the help, and how each is defined. */
const definitions: Readonly<Record<string, (run: Run) => Command>> = {
  'get-token': getTokenCommand,
  refresh: refreshCommand,
  inspect: inspectCommand,
  discover: discoverCommand,
  config: configCommand,
  completion: completionCommand,
};

/**
 * The command line: its commands, their options and their help.
 * @param typed the first word that was typed. A command's name: it is the only command then, for to define them all takes
 * milliseconds. Anything else, such as help or a mistake, needs to know of all.
 */
export function commandLine(run: Run, typed = ''): Command {
  const program = new Command('entra-auth-cli')
    .description('Microsoft Entra tokens for shells, pipelines and containers.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config create
  entra-auth-cli get-token
  TOKEN=$(entra-auth-cli get-token --profile production --silent)

Exit codes: 0 success, 1 general error, 2 profile not found,
3 authentication failed, 4 network error, 5 timeout, 130 cancelled with Ctrl+C.`,
    );
  const alone = Object.hasOwn(definitions, typed) ? definitions[typed] : undefined;
  if (alone) return program.addCommand(alone(run));
  for (const define of Object.values(definitions)) program.addCommand(define(run));
  return program.addCommand(completeCommand(run), { hidden: true });
}
