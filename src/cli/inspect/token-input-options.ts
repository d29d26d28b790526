import { type Command, Option } from 'commander';

/** What inspect and discover have in common: where the token comes from, one of these. */
export function withTokenInput(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-t, --token <token>',
        "the token, or - for standard input (a token typed here stays in the shell's history)",
      ).conflicts(['file', 'profile']),
    )
    .addOption(
      new Option(
        '-f, --file <path>',
        'a file with the token in it, alone or as get-token writes it in JSON or YAML',
      ).conflicts('profile'),
    )
    .option('-p, --profile <name>', "the token that is cached for a profile; Entra isn't asked");
}
