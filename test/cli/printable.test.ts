/** What others have put into an answer, a token or a profile: a terminal shows it and does not obey it. */

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { givenPerson } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, type CliResult } from '../helpers/cli.ts';
import { towards } from '../helpers/flows.ts';
import { jwtOf } from '../helpers/jwt.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { keys, noTerminal, openTerminal } from '../helpers/terminal.ts';

const emulator = await emulatorOfFile();
const home = homeOfTest(async (path) => {
  await givenPerson(path);
  await givenProfile(path, secretProfile, secrets);
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  runCli(args, { home: home.path, environment: towards(emulator) });

/** ESC, the C1 control characters NEL and CSI, a bidi override and its end, a line separator, a zero-width space. */
const hostile = 'a\u001B[31m\u0085\u009B31m\u202Eb\u2066\u2028\u200Bc';
const shown = String.raw`a\u001b[31m\u0085\u009b31m\u202eb\u2066\u2028\u200bc`;
/** All that a terminal shows as it is, and line breaks. */
const harmless = /^[\n\u0020-\u007E\u00A0-\u00AC\u00AE-\u0600]*$/;

describe('The answer of a token service', () => {
  it.each([
    ['json', (text: string): unknown => JSON.parse(text)],
    ['yaml', (text: string): unknown => parse(text)],
  ] as const)('is escaped in %s, and the same for who reads it', async (format, read) => {
    const json = { access_token: 'opaque', expires_in: 3599, scope: `User.Read ${hostile}`, refresh_token: hostile };
    emulator.nextAnswers.push({ kind: 'json', json });
    const answers = [await run('get-token', '-o', format), await run('get-token', '-o', format)];
    expect(emulator.nextAnswers).toHaveLength(0);
    for (const { exitCode, stdout, stderr } of answers) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(harmless);
      expect(read(stdout)).toMatchObject({ access_token: 'opaque', scope: `User.Read ${hostile}` });
    }
    expect(read(answers[0]?.stdout ?? '')).toMatchObject({ refresh_token: hostile });
  });

  it('stays without quotes in yaml where there is nothing to escape', async () => {
    const { stdout } = await run('get-token', '-o', 'yaml');
    expect(stdout).toMatch(
      /^token_type: Bearer\nscope: https:\S+\nexpires_in: \d+\naccess_token: eyJ\S+\nexpires_at: \S+Z\n$/,
    );
  });

  it('is escaped in the message of a refusal', async () => {
    const json = { error: 'invalid_client', error_description: `AADSTS7000215: ${hostile}.`, correlation_id: hostile };
    emulator.nextAnswers.push({ kind: 'json', status: 401, json });
    const { exitCode, stdout, stderr } = await run('get-token');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(harmless);
    expect(stderr).toContain(`AADSTS7000215: ${shown}. (correlation id ${shown})`);
  });

  it('is escaped in what a person is told to do', async () => {
    const json = { user_code: hostile, device_code: 'd', verification_uri: hostile, expires_in: 1, interval: 1 };
    emulator.nextAnswers.push({ kind: 'json', endpoint: 'devicecode', json: { ...json, message: hostile } });
    const { stderr } = await run('get-token', '-p', 'person', '--flow', 'device-code', '--timeout', '500ms');
    expect(stderr).toMatch(harmless);
    expect(stderr).toContain(`${shown}\n`);
  });
});

describe('A token', () => {
  const token = jwtOf({ aud: hostile, [hostile]: [hostile], exp: 1 }, { alg: 'none', kid: hostile });
  const read = (...args: readonly string[]): Promise<CliResult> => runCli(args, { home: home.path, input: token });

  it.each(['text', 'json', 'yaml'])('is escaped as %s', async (format) => {
    for (const command of ['inspect', 'discover']) {
      const { stdout, stderr } = await read(command, '-o', format);
      expect(stdout + stderr).toMatch(harmless);
      expect(stdout).toContain(format === 'text' ? shown : '');
    }
  });

  it('is the same for who reads it', async () => {
    const whole = { header: { alg: 'none', kid: hostile }, payload: { aud: hostile, [hostile]: [hostile], exp: 1 } };
    expect(JSON.parse((await read('inspect', '-o', 'json')).stdout)).toEqual(whole);
    expect(parse((await read('inspect', '-o', 'yaml')).stdout)).toEqual(whole);
    expect(JSON.parse((await read('discover', '-o', 'json')).stdout)).toMatchObject({ audience: hostile });
    expect(parse((await read('discover', '-o', 'yaml')).stdout)).toMatchObject({ audience: hostile });
  });
});

describe('What was typed', () => {
  it.each([[[hostile]], [['get-token', `--${hostile}`]], [['get-token', '--output', hostile]], [['config', hostile]]])(
    'is escaped in the message that it is wrong (%#)',
    async (args) => {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(harmless);
      expect(stderr).toContain(shown);
    },
  );
});

describe.skipIf(noTerminal !== '')(`A profile from elsewhere${noTerminal}`, () => {
  it('is escaped in the questions about it, and not changed by Enter', async () => {
    const certificatePath = `/${hostile}`;
    const profile = {
      ...secretProfile,
      name: 'foreign',
      authMethod: 'Certificate',
      certificatePath,
      cacheCertificatePassword: false,
    } as const;
    await givenProfile(home.path, profile);
    await using asking = openTerminal(['get-token', '-p', 'foreign'], { home: home.path });
    await asking.shows(`Password of /${shown}:`);
    asking.type(keys.ctrlC);
    expect(await asking.exitCode).toBe(130);

    await using editing = openTerminal(['config', 'edit', 'foreign'], { home: home.path });
    await editing.answer('What does it prove itself with?');
    await editing.answer('Tenant');
    await editing.answer('Application (client) id');
    await editing.answer(`Certificate file (PEM or PFX): (/${shown})`);
    await editing.shows(`The certificate file '/${shown}' does not exist`);
    for (const terminal of [asking, editing]) {
      expect(stripVTControlCharacters(terminal.sent()).replaceAll('\r', '')).not.toMatch(
        /[\u0085\u009B\u202E\u2066\u2028]/,
      );
      expect(terminal.sent()).not.toContain('\u0085');
      expect(terminal.sent()).not.toContain('a\u001B[31m');
    }
  });
});
