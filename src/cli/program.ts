import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Run } from './command.ts';
import { completeCommand, completionCommand } from './completion-command.ts';
import { configCommand } from './config/command.ts';
import { discoverCommand } from './discover-command.ts';
import { getTokenCommand } from './get-token-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { refreshCommand } from './refresh-command.ts';

/** The whole command line: its commands, their options and their help. */
export function commandLine(run: Run): Command {
  return new Command('entra-auth-cli')
    .description('Microsoft Entra tokens for shells, pipelines and containers.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addCommand(getTokenCommand(run))
    .addCommand(refreshCommand(run))
    .addCommand(inspectCommand(run))
    .addCommand(discoverCommand(run))
    .addCommand(configCommand(run))
    .addCommand(completionCommand(run))
    .addCommand(completeCommand(run), { hidden: true })
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli get-token
  TOKEN=$(entra-auth-cli get-token --profile production --silent)

Exit codes: 0 success, 1 general error, 2 profile not found, 3 authentication failed, 4 network error, 5 timeout,
130 cancelled with Ctrl+C.`,
    );
}
