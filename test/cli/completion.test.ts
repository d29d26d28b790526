import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli, temporaryHome, type CliResult } from '../helpers/cli.ts';

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home[Symbol.dispose]());

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { home: home.path });

/** What `entra-auth-cli complete` prints when this was typed up to the cursor; blanks divide the words. */
async function lines(typed: string): Promise<readonly string[]> {
  const words = typed.split(' ');
  const { exitCode, stdout, stderr } = await cli('complete', `--word=${words.at(-1)}`, '--', ...words.slice(0, -1));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

/** The same without the descriptions. */
const offered = async (typed: string): Promise<readonly string[]> =>
  (await lines(typed)).map((line) => line.split('\t', 1)[0] ?? '');

function givenProfiles(content: unknown): void {
  const folder = join(home.path, '.config', 'entra-auth-cli');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'profiles.json'), typeof content === 'string' ? content : JSON.stringify(content));
}
const profiles = { version: 1, profiles: [{ name: 'default' }, { name: 'production' }, { name: 'prod-eu' }] };

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
  ])('of %j offers the commands and what they take: %j', async (typed, values) => {
    expect(await offered(typed)).toEqual(values);
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
  ])('of %j offers the options that are left: %j', async (typed, values) => {
    expect(await offered(typed)).toEqual(values);
  });

  it('of a command without arguments offers its options', async () => {
    expect(await offered('inspect ')).toEqual(await offered('inspect --'));
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
  ])("of %j offers the option's values: %j", async (typed, values) => {
    expect(await offered(typed)).toEqual(values);
  });

  it.each([
    'get-token --file ',
    'inspect -f x',
    'config import ',
    'config create --certificate=./',
    'config export --file ',
  ])('of %j asks the shell for file names', async (typed) => {
    expect(await lines(typed)).toEqual([':files']);
  });

  it.each(['get-token -p ', 'refresh --profile ', 'inspect -p ', 'config edit ', 'config delete ', 'config delete x '])(
    'of %j offers the profiles that there are',
    async (typed) => {
      givenProfiles(profiles);
      expect(await offered(typed)).toEqual(['default', 'production', 'prod-eu']);
      expect(await offered(`${typed}prod`)).toEqual(['production', 'prod-eu']);
    },
  );

  it('offers profiles behind --profile= too', async () => {
    givenProfiles(profiles);
    expect(await offered('get-token --profile=d')).toEqual(['--profile=default']);
  });

  it.each([
    ['is broken', '{"version":1,"profiles":['],
    ['is of another kind', '[]'],
    ['has names that no profile can have', { version: 1, profiles: [{ name: '$(rm x)' }, { name: 'a\tb' }, {}, null] }],
  ])('says nothing and changes nothing when profiles.json %s', async (_what, content) => {
    givenProfiles(content);
    expect(await lines('get-token -p ')).toEqual([]);
    expect(readdirSync(join(home.path, '.config', 'entra-auth-cli'))).toEqual(['profiles.json']);
  });

  it('makes no folder', async () => {
    expect(await lines('get-token -p ')).toEqual([]);
    expect(readdirSync(home.path)).not.toContain('.config');
  });

  it('says with each command and option what it is, in one line', async () => {
    for (const typed of ['', 'config ', 'get-token --', 'config create --']) {
      for (const line of await lines(typed)) expect(line).toMatch(/^[\w-]+\t[^\t]+[^.]$/);
    }
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints the script for %s', async (shell) => {
    const { exitCode, stdout, stderr } = await cli('completion', shell);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('entra-auth-cli complete');
  });

  it('refuses a shell that it does not know, and names those that it does', async () => {
    const { exitCode, stdout, stderr } = await cli('completion', 'csh');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('Allowed choices are bash, zsh, fish, powershell.');
  });

  it('says in its help how to install it in each shell', async () => {
    const { stdout } = await cli('completion', '--help');
    for (const place of ['~/.bashrc', '~/.zshrc', '~/.config/fish/completions/', '$PROFILE']) {
      expect(stdout).toContain(place);
    }
  });

  it('leaves no trace of what the scripts call in the help', async () => {
    for (const args of [['--help'], ['help'], ['complet']]) {
      const { stdout, stderr } = await cli(...args);
      expect(stdout + stderr).not.toMatch(/\bcomplete\b(?! )/);
      expect(stdout + stderr).not.toMatch(/^ +complete /m);
    }
  });
});
