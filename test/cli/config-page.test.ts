import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { fieldNames, removable } from '../../src/cli/config/fields.ts';
import { commandLine } from '../../src/cli/program.ts';
import { authMethods } from '../../src/profile/profile.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { cliEnvironment, cliFile, storeOf, temporaryHome } from '../helpers/cli.ts';

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

const page = readFileSync(new URL('../../docs/commands/entra-auth-cli-config.md', import.meta.url), 'utf8');
const program = commandLine(() => async () => {});
const commands = program.commands.find((one) => one.name() === 'config')?.commands ?? [];
const visible = commands
  .flatMap((command) => command.createHelp().visibleOptions(command))
  .filter(({ long }) => long !== '--help');

describe('The page of config', () => {
  it('has every command, and all options and values that they have', () => {
    expect(commands.map((one) => one.name())).toEqual(['create', 'list', 'edit', 'delete', 'export', 'import']);
    for (const command of commands) expect(page).toContain(`entra-auth-cli config ${command.name()} `);
    for (const { long, argChoices = [] } of visible) {
      expect(page).toContain(`${long}`);
      for (const choice of argChoices) expect(page).toContain(`\`${choice}\``);
    }
  });

  it('has no option that there is not', () => {
    const known = new Set(visible.map(({ long }) => long));
    const named = [...page.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
    // One is there to be refused, the other get-token's
    expect(named.filter((option) => !known.has(option))).toEqual(['--client-secret', '--profile']);
  });

  it('has every field of a profile by its name in JSON, and every kind of credential', () => {
    for (const name of [...fieldNames, ...removable, ...authMethods]) expect(page).toContain(`\`${name}\``);
  });
});

describe.skipIf(!hasBash)('The examples of the page', () => {
  /** What stands in a block of shell code that has these words. */
  const example = (words: string): string =>
    [...page.matchAll(/```bash\n([^`]*)```/g)].map(([, code = '']) => code).find((code) => code.includes(words)) ?? '';

  it('make a profile each, and move them to another machine', async () => {
    using home = temporaryHome();
    using there = temporaryHome();
    writeFileSync(join(home.path, 'app.pfx'), makeCertificate().pfx('pass word'));
    writeFileSync(join(home.path, 'password.txt'), 'pass word\n');
    writeFileSync(join(home.path, 'passphrase.txt'), 'correct horse battery\n');
    const script = [
      'set -euo pipefail; cd "$HOME"',
      `entra-auth-cli() { '${process.execPath}' '${cliFile}' "$@"; }; export -f entra-auth-cli`,
      `ssh() { HOME='${there.path}' bash -c "cd '$HOME'; $2"; }`,
      example('# People'),
      example('ssh build'),
    ].join('\n');
    const environment = { CLIENT: 'c0f1de00-0000-4000-8000-000000000001', SECRET: 'S3cret', TENANT: 'contoso.com' };
    const { exitCode, stderr } = await execa('bash', ['-c', script], {
      env: cliEnvironment({ home: home.path, environment }),
      extendEnv: false,
      reject: false,
    });
    expect(exitCode, stderr).toBe(0);
    const { profiles, secrets } = storeOf(there.path);
    expect(profiles.list().map(({ name, authMethod }) => [name, authMethod])).toEqual([
      ['default', 'ClientSecret'],
      ['ci', 'Certificate'],
      ['me', 'PublicClient'],
      ['reports', 'ClientSecret'],
    ]);
    expect(await secrets.read('default')).toEqual({ clientSecret: 'S3cret' });
    expect(await secrets.read('ci')).toEqual({ certificatePassword: 'pass word' });
  });
});

describe.each(commands.map((command) => [command.name(), command] as const))('The help of config %s', (_, command) => {
  it('has examples, whose options there are', () => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    const [, examples = ''] = help.split('Examples:');
    expect(examples).toContain(`entra-auth-cli config ${command.name()}`);
    const known = new Set(command.options.map(({ long }) => long));
    const named = [...examples.matchAll(/(?<=entra-auth-cli config .*)--[a-z-]+/g)].map(([option]) => option);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });
});
