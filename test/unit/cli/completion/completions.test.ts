import { describe, expect, it } from 'vitest';
import { completionsOf, type Completions } from '../../../../src/cli/completion/completions.ts';
import { commandLine } from '../../../../src/cli/program.ts';

const program = commandLine(() => async () => {});
const profiles = ['default', 'production', 'prod-eu'];

/** What can follow when this was typed up to the cursor; blanks divide the words. */
const completions = (typed: string): Completions => completionsOf(program, typed.split(' '), () => profiles);

/** The values alone. */
const offered = (typed: string): readonly string[] => completions(typed).values.map(({ value }) => value);

describe('Completion', () => {
  it.each([
    ['', ['get-token', 'refresh', 'inspect', 'discover', 'config', 'completion', 'help']],
    ['re', ['refresh']],
    ['config ', ['create', 'list', 'edit', 'delete', 'export', 'import', 'help']],
    ['config c', ['create']],
    ['help ', ['get-token', 'refresh', 'inspect', 'discover', 'config', 'completion', 'help']],
    ['help config e', ['edit', 'export']],
    ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
    ['nonsense ', []],
  ])('of %j offers the commands and what they take: %j', (typed, values) => {
    expect(offered(typed)).toEqual(values);
  });

  it.each([
    ['get-token --f', ['--flow', '--file', '--force']],
    ['get-token --flow interactive --f', ['--file', '--force']],
    ['get-token -f interactive --f', ['--file', '--force']],
    ['get-token -qf interactive --s', ['--scope']],
    ['get-token -p', ['-p']],
    ['inspect --', ['--token', '--file', '--profile', '--output', '--help']],
    ['inspect -- --', []],
    ['--ver', ['--version']],
    ['config create --client-s', ['--client-secret-file']],
  ])('of %j offers the options that are left: %j', (typed, values) => {
    expect(offered(typed)).toEqual(values);
  });

  it('of a command without arguments offers its options', () => {
    expect(offered('inspect ')).toEqual(offered('inspect --'));
  });

  it.each([
    ['get-token --flow ', ['client-credentials', 'interactive', 'device-code', 'authorization-code']],
    ['get-token -f d', ['device-code']],
    ['get-token -qf d', ['device-code']],
    ['get-token --output=', ['--output=token', '--output=json', '--output=yaml']],
    ['get-token --output=j', ['--output=json']],
    ['inspect -o ', ['text', 'json', 'yaml']],
    ['config create --auth-method W', ['WorkloadIdentity']],
    ['config create --federated-token-source ', ['GitHubActions', 'AzurePipelines', 'File']],
    ['config edit x --unset scopes re', ['redirectUri']],
    ['get-token --timeout ', []],
    ['get-token -o zzz', []],
    ['get-token -s https://v', ['https://vault.azure.net/.default']],
  ])("of %j offers the option's values: %j", (typed, values) => {
    expect(offered(typed)).toEqual(values);
  });

  it.each([
    'get-token --file ',
    'inspect -f x',
    'config import ',
    'config create --certificate=./',
    'config export --file ',
  ])('of %j asks the shell for file names', (typed) => {
    expect(completions(typed)).toEqual({ values: [], files: true });
  });

  it.each(['get-token -p ', 'refresh --profile ', 'inspect -p ', 'config edit ', 'config delete ', 'config delete x '])(
    'of %j offers the profiles that there are',
    (typed) => {
      expect(offered(typed)).toEqual(['default', 'production', 'prod-eu']);
      expect(offered(`${typed}prod`)).toEqual(['production', 'prod-eu']);
    },
  );

  it('offers profiles behind --profile= too', () => {
    expect(offered('get-token --profile=d')).toEqual(['--profile=default']);
  });
});
