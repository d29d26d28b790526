import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, type CliResult } from '../helpers/cli.ts';
import { tokenRequests, towards, type Emulator } from '../helpers/flows.ts';
import { jwtOf, signature } from '../helpers/jwt.ts';
import { keys, noTerminal, openTerminal, type Terminal } from '../helpers/terminal.ts';

const home = homeOfTest();

/** Runs inspect with something on standard input. */
const inspect = (input: string, ...args: readonly string[]): Promise<CliResult> =>
  runCli(['inspect', ...args], { home: home.path, input });

const claims = { aud: 'https://graph.microsoft.com', name: 'Alice' };
const token = jwtOf(claims);
const json = { header: { alg: 'RS256', typ: 'JWT' }, payload: claims };

describe('inspect', () => {
  it('shows header and payload, each under its title, and not the signature', async () => {
    const { exitCode, stdout, stderr } = await inspect(token);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(
      `Header\n${JSON.stringify(json.header, null, 2)}\n\nPayload\n${JSON.stringify(claims, null, 2)}\n`,
    );
  });

  it('says in UTC which moment each time is, and how far away', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { stdout } = await inspect(
      jwtOf({ iat: 1_735_399_800, exp: now + 7290, auth_time: '1735399800', xms_tcdt: 1_289_241_547, pwd_exp: 3600 }),
    );
    expect(stdout).toMatch(/"iat": 1735399800, {2}\/\/ 2024-12-28T15:30:00Z, \d+ days ago\n/);
    expect(stdout).toMatch(/"exp": \d+, {2}\/\/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, in 2 hours( 1 minute)?\n/);
    expect(stdout).toMatch(/"auth_time": "1735399800", {2}\/\/ 2024-12-28T15:30:00Z, /);
    expect(stdout).toMatch(/"xms_tcdt": 1289241547, {2}\/\/ 2010-11-08T18:39:07Z, /);
    expect(stdout).toContain('"pwd_exp": 3600\n');
  });

  it('gives times that are no times without a moment beside them', async () => {
    const { exitCode, stdout } = await inspect(jwtOf('{"exp":99999999999999,"iat":"soon","nbf":{"exp":1}}'));
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('//');
  });

  it('prints both parts as one JSON document with -o json', async () => {
    const { stdout } = await inspect(token, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual(json);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['header', 'payload']);
  });

  it.each(['text', 'json', 'yaml'])('keeps every digit of every number with -o %s', async (output) => {
    const { stdout } = await inspect(jwtOf('{"big":12345678901234567890,"list":[1.10],"tiny":-1E-400}'), '-o', output);
    for (const number of ['12345678901234567890', '1.10', '-1E-400']) expect(stdout).toContain(number);
  });

  it('prints YAML in which texts stay texts with -o yaml', async () => {
    const odd = { date: '2025-01-31', number: '0123', no: 'no', empty: null, list: ['~'], yes: true, n: 5, o: {} };
    const { stdout } = await inspect(jwtOf(odd), '--output', 'yaml');
    for (const version of ['1.1', '1.2'] as const) {
      expect(parse(stdout, { version })).toEqual({ header: json.header, payload: odd });
    }
  });

  it('shows characters that a terminal would obey as their numbers', async () => {
    const odd = { name: '\u001B[2J\u009B1m\u202Eevil\u007F', '\u001B[8m': 1 };
    for (const output of ['text', 'json', 'yaml']) {
      const { stdout } = await inspect(jwtOf(odd), '-o', output);
      expect(stdout).toMatch(/"(\\u001b|\\e)\[8m": 1$/m);
      expect(stdout).toMatch(/"?name"?: "(\\u001b|\\e)\[2J\\u009b1m\\u202eevil\\u007f"/);
    }
  });

  it.each(['text', 'json', 'yaml'])('never shows the signature with -o %s', async (output) => {
    const { stdout, stderr } = await inspect(token, '-o', output);
    expect(stdout + stderr).not.toContain(signature);
  });
});

describe('What inspect reads', () => {
  it('is a token on standard input, in a file or as an option, with what was copied along', async () => {
    const text = `Authorization: Bearer ${token}\r\n`;
    for (const run of [inspect(text), inspect('', '-f', home.file('token', text)), inspect('', '-t', text)]) {
      expect(await run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"name": "Alice"') as string });
    }
  });

  it('comes from standard input with -t - and -f - too', async () => {
    for (const option of ['-t', '--token', '-f', '--file']) {
      const { stdout, stderr } = await inspect(token, option, '-');
      expect(stdout).toContain('"name": "Alice"');
      expect(stderr).toBe('');
    }
  });

  it('is a file in UTF-16 too, which Windows PowerShell writes', async () => {
    const path = home.file('token.txt', Buffer.from(`\uFEFF${token}\r\n`, 'utf16le'));
    expect((await inspect('', '--file', path)).stdout).toContain('"name": "Alice"');
  });

  it('can be the token itself as an option, with a warning where it now stands and how to avoid that', async () => {
    for (const option of ['-t', '--token']) {
      const { exitCode, stdout, stderr } = await inspect('', option, token);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('"name": "Alice"');
      expect(stderr).toMatch(/^entra-auth-cli: .*shell's history.*list of processes.*--file or --profile\.\n$/);
      expect(stderr).not.toContain(token);
    }
  });

  it.each([[['-t', 'x', '-f', 'y']], [['-t', 'x', '-p', 'y']], [['-f', 'x', '-p', 'y']]])(
    'is one thing at a time: %j is refused',
    async (args) => {
      const { exitCode, stdout, stderr } = await inspect(token, ...args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(
        /^entra-auth-cli: option '-\w, --\w+ <\w+>' cannot be used with option '-\w, --\w+ <\w+>'/,
      );
    },
  );

  it('is missing when standard input is empty: that is said, with what to give', async () => {
    const { exitCode, stderr } = await inspect(' \n');
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'entra-auth-cli: Standard input is empty. Pipe a token in, or give --file, --profile or --token.\n',
    );
  });

  describe.skipIf(noTerminal !== '')(`in a terminal${noTerminal}`, () => {
    const start = (args: readonly string[], environment: Environment = {}): Terminal =>
      openTerminal(args, { home: home.path, environment });

    it.each(['inspect', 'discover'])(
      'is asked for at once by %s, instead of waiting for standard input',
      async (command) => {
        await using terminal = start([command]);
        expect(await terminal.exitCode).toBe(1);
        expect(terminal.sent()).toBe(
          'entra-auth-cli: There is no token to read. Pipe one in, or give --file, --profile or --token.\r\n',
        );
      },
    );

    it('can be pasted with -t -', async () => {
      await using terminal = start(['inspect', '-o', 'json', '-t', '-']);
      terminal.type(`${token}\n${keys.ctrlD}`);
      expect(await terminal.exitCode).toBe(0);
      expect(terminal.shown()).toContain('"name": "Alice"');
    });

    it.each(['inspect', 'discover'])(
      'is shown in colours by %s, and without them where NO_COLOR is set or the output is JSON',
      async (command) => {
        const path = home.file('token', jwtOf({ exp: 1 }));
        const sentBy = async (args: readonly string[], environment?: Environment): Promise<string> => {
          await using terminal = start([command, '-f', path, ...args], environment);
          await terminal.exitCode;
          return terminal.sent();
        };
        expect(await sentBy([])).toContain('\u001B[1m');
        expect(await sentBy([], { NO_COLOR: '1' })).not.toContain('\u001B');
        expect(await sentBy(['-o', 'json'])).not.toContain('\u001B');
      },
    );
  });

  it('must be there: a file that is not, or is a folder, is named', async () => {
    const missing = await inspect('', '-f', join(home.path, 'nothing.txt'));
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toMatch(/^entra-auth-cli: '.*nothing\.txt' can't be read: there is no such file\./);
    mkdirSync(join(home.path, 'folder'));
    expect((await inspect('', '-f', join(home.path, 'folder'))).stderr).toContain('it is a folder.');
  });

  it('is no JWT: what it seems to be is said, and nothing of it shown', async () => {
    const { exitCode, stdout, stderr } = await inspect('opaque-token');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^entra-auth-cli: This is no JWT: a JWT has three parts [^\n]+\n$/);
    expect(stderr).not.toContain('opaque-token');
  });
});

describe('inspect --profile', () => {
  let emulator: Emulator;
  beforeAll(async () => void (emulator = await startEmulator()));
  afterAll(() => emulator.close());
  beforeEach(async () => {
    emulator.requests.length = 0;
    await givenProfile(home.path, secretProfile, secrets);
  });

  const cli = (...args: readonly string[]): Promise<CliResult> =>
    runCli(args, { home: home.path, environment: { ...towards(emulator), ENTRA_AUTH_CLI_STORE: 'file' } });

  it('shows the token that is cached, and asks Entra for nothing', async () => {
    await cli('get-token');
    emulator.requests.length = 0;
    const { exitCode, stdout, stderr } = await cli('inspect', '-p', 'default');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`"appid": "${secretProfile.clientId}"`);
    expect(emulator.requests).toEqual([]);
  });

  it("shows the token for the profile's own scopes when several are cached, and says so", async () => {
    await cli('get-token');
    await cli('get-token', '-s', 'api://contoso-orders/.default');
    const { stdout, stderr } = await cli('inspect', '-p', 'default');
    expect(stdout).toContain('"aud": "https://graph.microsoft.com"');
    expect(stderr).toBe(
      "entra-auth-cli: 2 tokens are cached for the profile 'default'; this is the one for: https://graph.microsoft.com/.default\n",
    );
  });

  it('shows another one when a plain get-token has none, and says which', async () => {
    await cli('get-token', '-s', 'api://contoso-orders/.default');
    const { stdout, stderr } = await cli('inspect', '-p', 'default');
    expect(stdout).toContain('Orders.Read.All');
    expect(stderr).toBe(
      "entra-auth-cli: What a plain get-token for the profile 'default' would use is not cached; this is another token, for: api://contoso-orders/.default\n",
    );
  });

  it('says how to get a token when none is cached, and ends with 1', async () => {
    const { exitCode, stdout, stderr } = await cli('inspect', '-p', 'default');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      "entra-auth-cli: No token is cached for the profile 'default'. Get one with: entra-auth-cli get-token --profile default\n",
    );
    expect(tokenRequests(emulator)).toBe(0);
  });

  it('ends with 2 when there is no such profile', async () => {
    const { exitCode, stderr } = await cli('inspect', '--profile', 'nobody');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("There is no profile 'nobody'.");
  });
});
