import { Command } from 'commander';
import type { Run } from '../command.ts';
import { outputOption, profileOption, silentOption, timeoutOption, verboseOption } from './token-options.ts';

export function refreshCommand(run: Run): Command {
  return new Command('refresh')
    .description('Get a new token without a person: with the refresh token of a sign-in, or with the credential.')
    .addOption(profileOption)
    .addOption(outputOption)
    .addOption(silentOption)
    .addOption(timeoutOption)
    .addOption(verboseOption)
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
