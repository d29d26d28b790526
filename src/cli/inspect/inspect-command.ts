import { Command, Option } from 'commander';
import type { Run } from '../command.ts';
import { documentFormats } from './document-formats.ts';
import { withTokenInput } from './token-input-options.ts';

export function inspectCommand(run: Run): Command {
  return withTokenInput(new Command('inspect'))
    .description('Show what is in a token: its header and its claims. The signature is neither shown nor checked.')
    .addOption(new Option('-o, --output <format>', 'how to show it').choices(documentFormats).default('text'))
    .addHelpText(
      'after',
      `
Without an option the token comes from standard input.

Examples:
  entra-auth-cli get-token | entra-auth-cli inspect
  entra-auth-cli inspect --profile production
  entra-auth-cli inspect --file token.json
  entra-auth-cli inspect --output json < token.txt | jq -r '.payload.roles[]'`,
    )
    .action(run(async () => (await import('./inspect.ts')).inspect));
}
