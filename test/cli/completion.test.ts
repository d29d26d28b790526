import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeOfTest, runCli, type CliResult } from '../helpers/cli.ts';

const home = homeOfTest();

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { home: home.path });

/** What `entra-auth-cli complete` prints when this was typed up to the cursor; blanks divide the words. */
async function lines(typed: string): Promise<readonly string[]> {
  const words = typed.split(' ');
  const { exitCode, stdout, stderr } = await cli('complete', `--word=${words.at(-1)}`, '--', ...words.slice(0, -1));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

function givenProfiles(content: unknown): void {
  const folder = join(home.path, '.config', 'entra-auth-cli');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'profiles.json'), typeof content === 'string' ? content : JSON.stringify(content));
}
const profiles = { version: 1, profiles: [{ name: 'default' }, { name: 'production' }, { name: 'prod-eu' }] };

describe('Completion', () => {
  it('offers the profiles that there are', async () => {
    givenProfiles(profiles);
    expect(await lines('get-token --profile pro')).toEqual(['production', 'prod-eu']);
  });

  it('offers values with what they are, a tab between them, and asks the shell for file names', async () => {
    expect(await lines('config edit x --unset scopes re')).toEqual(['redirectUri']);
    expect(await lines('refr')).toEqual([expect.stringMatching(/^refresh\tGet a new token /)]);
    expect(await lines('inspect -f x')).toEqual([':files']);
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
