import { Argument, Command } from 'commander';
import type { Run } from '../command.ts';

/** The shells that there is a script for. */
export const shellNames = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** One of {@link shellNames}. */
export type ShellName = (typeof shellNames)[number];

export function completionCommand(run: Run): Command {
  return new Command('completion')
    .description('Print a script with which a shell completes commands, options and profiles at the Tab key.')
    .addArgument(new Argument('<shell>', 'your shell').choices(shellNames))
    .addHelpText(
      'after',
      `
Installation, once; it works in shells that are opened after it:
  bash        echo 'eval "$(entra-auth-cli completion bash)"' >> ~/.bashrc
  zsh         echo 'eval "$(entra-auth-cli completion zsh)"' >> ~/.zshrc
  fish        entra-auth-cli completion fish > ~/.config/fish/completions/entra-auth-cli.fish
  PowerShell  Add-Content $PROFILE 'entra-auth-cli completion powershell | Out-String | Invoke-Expression'

Examples:
  entra-auth-cli completion bash
  entra-auth-cli completion zsh > ~/.zfunc/_entra-auth-cli    (a folder in your fpath)`,
    )
    .action(run(async () => (await import('./completion.ts')).completion));
}

/**
 * What the scripts call: the words before the one that is being typed are arguments, so that no shell loses an empty one.
 * Add it as a hidden command.
 */
export function completeCommand(run: Run): Command {
  const command: Command = new Command('complete')
    .option('--word <word>', 'what has been typed of the word', '')
    .argument('[words...]', 'the words before it')
    .helpOption(false)
    .action(
      run(async () => {
        const { complete } = await import('./complete.ts');
        return (options: { readonly word: string }, shell, ...words) =>
          complete(command.parent ?? command, [...words, options.word], shell);
      }),
    );
  return command;
}
