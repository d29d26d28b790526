import { Command, Option } from 'commander';
import { authMethods, federatedTokenSources, profileFlows } from '../../profile/profile.ts';
import type { Run } from '../command.ts';
import { flowNames } from '../flows.ts';
import { scopesOf } from '../scopes.ts';
import { removable } from './fields.ts';
import { flowAliases, wordOf } from './spelling.ts';

/** Everything about profiles: `config create`, `list`, `edit`, `delete`, `export` and `import`. */
export function configCommand(run: Run): Command {
  return new Command('config')
    .description('Make, show, change and move profiles.')
    .addCommand(createCommand(run))
    .addCommand(listCommand(run))
    .addCommand(editCommand(run))
    .addCommand(deleteCommand(run))
    .addCommand(exportCommand(run))
    .addCommand(importCommand(run))
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config create
  entra-auth-cli config list
  entra-auth-cli config edit production --client-secret-file new-secret.txt
  entra-auth-cli config delete old`,
    );
}

function createCommand(run: Run): Command {
  const command = new Command('create')
    .description('Make a profile. On a terminal it asks for what the options leave open.')
    .argument('[name]', "the profile's name (default: default)");
  return withProfileOptions(command)
    .option('--force', 'replace a profile of the same name, its secrets and cached tokens')
    .option('--no-input', 'ask nothing, even on a terminal')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config create
  entra-auth-cli config create service --tenant-id contoso.onmicrosoft.com --client-id ID --client-secret-file -
  entra-auth-cli config create ci --tenant-id ID --client-id ID --certificate app.pfx --certificate-password-file pw.txt
  entra-auth-cli config create vm --auth-method ManagedIdentity --scope "https://management.azure.com/.default"
  entra-auth-cli config create me --tenant-id ID --client-id ID --flow device-code
  entra-auth-cli config create github --tenant-id ID --client-id ID --federated-token-source GitHubActions
  entra-auth-cli config create service --from-file profile.json

Secrets come from a file, standard input (-) or the question, never from the command line, where others can see them.`,
    )
    .action(run(async () => (await import('./create.ts')).create));
}

function listCommand(run: Run): Command {
  return new Command('list')
    .description('Show the profiles. Nothing secret is in them.')
    .option('--json', 'print them as a JSON array')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config list
  entra-auth-cli config list --json | jq -r '.[].name'`,
    )
    .action(run(async () => (await import('./list.ts')).list));
}

function editCommand(run: Run): Command {
  const command = new Command('edit')
    .description('Change a profile: what the options say, or without any on a terminal what it asks.')
    .argument('<profile>', 'the profile')
    .option('--name <name>', 'give it another name');
  return withProfileOptions(command)
    .addOption(
      new Option('--unset <field...>', 'take away what a profile can be without')
        .choices(removable)
        .argParser((field: string, others: string[] | undefined) => [...(others ?? []), removableOf(field)]),
    )
    .option('--no-input', 'ask nothing, even on a terminal')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config edit service
  entra-auth-cli config edit service --client-secret-file new-secret.txt
  entra-auth-cli config edit service --scope "https://management.azure.com/.default"
  entra-auth-cli config edit service --unset redirectUri --name production

A new credential, client or tenant removes the profile's cached tokens.`,
    )
    .action(run(async () => (await import('./edit.ts')).edit));
}

function deleteCommand(run: Run): Command {
  return new Command('delete')
    .description('Delete profiles with their secrets and cached tokens.')
    .argument('<profile...>', 'the profiles')
    .option('-y, --yes', "don't ask; needed without a terminal")
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config delete old
  entra-auth-cli config delete old older --yes`,
    )
    .action(run(async () => (await import('./delete.ts')).remove));
}

function exportCommand(run: Run): Command {
  return new Command('export')
    .description('Write profiles with their secrets and certificates to a file that a passphrase encrypts.')
    .argument('[profile...]', 'the profiles (default: all)')
    .requiredOption('--file <file>', 'where to, - for standard output')
    .addOption(passphraseFileOption)
    .addOption(passphraseOption)
    .option('--force', 'replace the file')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config export --file profiles.export
  entra-auth-cli config export service ci --file profiles.export --passphrase-file passphrase.txt
  entra-auth-cli config export --file - --passphrase-file passphrase.txt | ssh build 'cat > profiles.export'

Whoever has the file and the passphrase can get tokens as these profiles do.`,
    )
    .action(run(async () => (await import('./export.ts')).exportProfiles));
}

function importCommand(run: Run): Command {
  return new Command('import')
    .description('Take over profiles from a file that config export has made: all of them, or none.')
    .argument('<file>', 'the file, - for standard input')
    .addOption(passphraseFileOption)
    .addOption(passphraseOption)
    .option('--force', 'replace profiles of the same names')
    .addHelpText(
      'after',
      `
Examples:
  entra-auth-cli config import profiles.export
  entra-auth-cli config import profiles.export --passphrase-file passphrase.txt --force`,
    )
    .action(run(async () => (await import('./import.ts')).importProfiles));
}

const passphraseFileOption = new Option(
  '--passphrase-file <file>',
  'read the passphrase from a file, - for standard input; else it is asked for',
);
/** There to be refused. */
const passphraseOption = new Option('--passphrase <passphrase>').hideHelp();

/** What a profile is made of. */
function withProfileOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--auth-method <method>', 'what it proves itself with')
        .choices(authMethods)
        .argParser(wordOf(authMethods)),
    )
    .option('--tenant-id <id>', "the tenant's id (a GUID) or a domain; organizations for any")
    .option('--client-id <id>', "the application's id (a GUID)")
    .option('--scope <scopes>', 'scopes, separated by spaces (default: Microsoft Graph)', scopesOf)
    .addOption(
      new Option('--flow <flow>', 'how tokens are got where get-token is not told')
        .choices(flowNames)
        .argParser(wordOf(profileFlows, flowAliases, flowNames)),
    )
    .option('--redirect-uri <uri>', 'where the browser comes back to (default: http://localhost)')
    .option('--client-secret-file <file>', 'read the client secret from a file, - for standard input')
    .option('--certificate <file>', 'PEM or PFX file with the certificate and its key')
    .option('--certificate-password-file <file>', "read the certificate's password from a file, and store it")
    .option('--cache-certificate-password', "store the certificate's password, instead of asking each time")
    .addOption(
      new Option('--federated-token-source <source>', 'who gives the token that proves a workload')
        .choices(federatedTokenSources)
        .argParser(wordOf(federatedTokenSources)),
    )
    .option('--federated-token-file <file>', 'file with that token (default: AZURE_FEDERATED_TOKEN_FILE)')
    .option('--service-connection-id <id>', 'service connection of Azure Pipelines (a GUID)')
    .option(
      '--authority <url>',
      'sign-in service of another cloud (default: AZURE_AUTHORITY_HOST, else the public cloud)',
    )
    .option(
      '--from-file <file>',
      'JSON with these fields and clientSecret or certificatePassword, - for standard input',
    )
    .addOption(new Option('--client-secret <secret>').hideHelp())
    .addOption(new Option('--certificate-password <password>').hideHelp());
}

const removableOf = wordOf(removable, {
  scope: 'scopes',
  flow: 'defaultFlow',
  certificatepassword: 'cacheCertificatePassword',
});
