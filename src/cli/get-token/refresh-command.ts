import { Command, Option } from 'commander';
import type { Run } from '../command.ts';
import { durationOf } from './duration.ts';
import { outputFormats } from './output-formats.ts';

export function refreshCommand(run: Run): Command {
  return new Command('refresh')
    .description('Get a new token without a person: with the refresh token of a sign-in, or with the credential.')
    .option('-p, --profile <name>', 'profile to use', 'default')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(outputFormats).default('token'))
    .option('-q, --silent', 'print the token and nothing else')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait at most, such as 30s or 2m')
        .argParser(durationOf)
        .default(60_000, '60s'),
    )
    .option('--verbose', 'say on standard error what is done')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli refresh
  entra-auth-cli refresh --profile production --output json
  TOKEN=$(entra-auth-cli refresh -p production -q)`,
    )
    .action(run(async () => (await import('./refresh.ts')).refresh));
}
