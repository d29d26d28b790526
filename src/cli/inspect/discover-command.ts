import { Command, Option } from 'commander';
import type { Run } from '../command.ts';
import { documentFormats } from './document-formats.ts';
import { withTokenInput } from './token-input-options.ts';

export function discoverCommand(run: Run): Command {
  return withTokenInput(new Command('discover'))
    .description('Say what a token is: still valid or not, for whom, by whom and for what.')
    .addOption(new Option('-o, --output <format>', 'how to say it').choices(documentFormats).default('text'))
    .option('-q, --quiet', 'say nothing: the exit code alone')
    .addHelpText(
      'after',
      `
Without an option the token comes from standard input. Valid means: not expired,
and not before its time. The signature is not checked: that is for the service
that the token is meant for.

Exit codes: 0 the token is valid, 1 it is not or there is none, 2 profile not found.

Examples:
  entra-auth-cli get-token | entra-auth-cli discover
  entra-auth-cli discover --profile production
  entra-auth-cli discover --file token.json --output json | jq -r .expires_at
  entra-auth-cli discover --quiet --profile production || entra-auth-cli refresh --profile production`,
    )
    .action(run(async () => (await import('./discover.ts')).discover));
}
