/** What every command has, and what nobody else gets to see. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { commandLine } from '../../src/cli/program.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import {
  cliEnvironment,
  cliFile,
  givenProfile,
  homeOfTest,
  runCli,
  secretProfile,
  secrets,
  startCli,
} from '../helpers/cli.ts';
import { towards, type Emulator } from '../helpers/flows.ts';

const home = homeOfTest();

/** Every command that can be typed, as it is typed: `config create`. */
function commandsIn(command: Command, before: readonly string[] = []): readonly (readonly string[])[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((inner) => {
      const words = [...before, inner.name()];
      return inner.name() === 'help' ? [] : [words, ...commandsIn(inner, words)];
    });
}

const commands = commandsIn(commandLine(() => async () => {}));

describe('entra-auth-cli', () => {
  it.each(commands.map((words) => [words.join(' ')] as const))(
    '%s --help has a purpose, and examples',
    async (words) => {
      const { exitCode, stdout, stderr } = await runCli([...words.split(' '), '--help'], { home: home.path });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: entra-auth-cli ${words} [^\\n]*\\n\\n[A-Z]`));
      expect(stdout).toMatch(new RegExp(`\\nExamples:\\n(?:  .*\\n)*  .*entra-auth-cli ${words}\\b`));
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    },
  );

  it('help shows what --help shows', async () => {
    for (const words of [[], ['get-token'], ['config'], ['config', 'create'], ['config', 'nonsense']]) {
      const help = await runCli(['help', ...words], { home: home.path });
      const option = await runCli([...words, '--help'], { home: home.path });
      expect(help).toEqual(option);
      expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    }
  });

  it('--help names every command and every exit code', async () => {
    const { stdout } = await runCli(['--help'], { home: home.path });
    for (const [name = ''] of commands) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).toMatch(/Exit codes: 0 .*1 .*2 .*3 .*4 .*5 .*130 /s);
  });

  it.each(['--version', '-V'])('%s prints the version', async (option) => {
    const result = await runCli([option], { home: home.path });
    expect(result).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it('without a command shows the help on standard error, exit code 1', async () => {
    const { exitCode, stdout, stderr } = await runCli([], { home: home.path });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^Usage: entra-auth-cli /);
  });

  it('touches nothing in the home folder for its help', async () => {
    await runCli(['get-token', '--help'], { home: home.path });
    expect(() => readFileSync(`${home.path}/.config`)).toThrow('ENOENT');
  });
});

describe('get-token', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());
  beforeEach(() => givenProfile(home.path, secretProfile, secrets));

  it('writes no colours to a pipe, not even where they are forced on', async () => {
    for (const colours of [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1' }]) {
      const environment = { ...towards(emulator), ...colours };
      const token = await runCli(['get-token', '--verbose'], { home: home.path, environment });
      const refused = await runCli(['get-token', '-p', 'nobody'], { home: home.path, environment });
      for (const text of [token.stdout, token.stderr, refused.stderr]) expect(text).not.toMatch(/\u001b/);
      expect([token.exitCode, refused.exitCode]).toEqual([0, 2]);
    }
  });

  it.skipIf(process.platform !== 'linux')('shows nobody on this machine more than it was given itself', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    const served = emulator.requests.length;
    const given = cliEnvironment({ home: home.path, environment: towards(emulator) });
    const running = startCli(['get-token'], { home: home.path, environment: towards(emulator) });
    await expect.poll(() => emulator.requests.length).toBeGreaterThan(served);
    const at = (name: string): readonly string[] =>
      readFileSync(`/proc/${running.pid}/${name}`, 'utf8').split('\0').filter(Boolean);
    expect(at('cmdline')).toEqual([process.execPath, cliFile, 'get-token']);
    expect(at('environ').toSorted()).toEqual(
      Object.entries(given)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    );
    expect(readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8')).toBe('');
    running.kill('SIGTERM');
    expect(await running).toMatchObject({ exitCode: 143, stdout: '', stderr: '' });
    emulator.nextAnswers.clear();
  });
});
