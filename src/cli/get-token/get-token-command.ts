import { Command, Option } from 'commander';
import type { Run } from '../command.ts';
import { flowNames } from '../flows.ts';
import { scopesOf } from '../scopes.ts';
import { outputOption, profileOption, silentOption, timeoutOption, verboseOption } from './token-options.ts';

export function getTokenCommand(run: Run): Command {
  return new Command('get-token')
    .description('Print an access token for a profile, from the cache where it is still good.')
    .addOption(profileOption)
    .option('-s, --scope <scopes>', "scopes, separated by spaces (default: the profile's)", scopesOf)
    .addOption(
      new Option('-f, --flow <flow>', 'how to get the token (default: as the profile says)').choices(flowNames),
    )
    .addOption(outputOption)
    .option('--file <path>', 'write it to a file that only you can read, instead of standard output')
    .addOption(silentOption)
    .option('--force', 'get a new token, also when a cached one is still good')
    .option('--no-cache', 'neither use nor store cached tokens')
    .addOption(timeoutOption)
    .addOption(verboseOption)
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli get-token
  entra-auth-cli get-token --profile production
  entra-auth-cli get-token --scope "https://management.azure.com/.default"
  entra-auth-cli get-token --scope "User.Read Mail.Read" --flow interactive
  entra-auth-cli get-token --flow device-code --timeout 5m
  entra-auth-cli get-token --output json | jq -r .expires_at
  entra-auth-cli get-token --file token.txt
  TOKEN=$(entra-auth-cli get-token --silent)`,
    )
    .action(run(async () => (await import('./get-token.ts')).getToken));
}
