import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/protocol/environment.ts';
import {
  givenProfile,
  homeOfTest,
  runCli,
  secretProfile,
  secrets,
  startCli,
  storeOf,
  type CliResult,
} from '../helpers/cli.ts';
import { confidentialClient, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile();
const home = homeOfTest((path) => givenProfile(path, secretProfile, secrets));

function getToken(args: readonly string[] = [], environment: Environment = towards(emulator)): Promise<CliResult> {
  return runCli(['get-token', ...args], { home: home.path, environment });
}

describe('The exit code', () => {
  it('is 0 with a token', async () => {
    expect(await getToken()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each([
    {
      args: ['--nonsense'],
      message:
        "entra-auth-cli: unknown option '--nonsense'\nRun 'entra-auth-cli get-token --help' for what there is.\n",
    },
    {
      args: ['--output', 'xml'],
      message:
        "entra-auth-cli: option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are token, json, yaml.\n" +
        "Run 'entra-auth-cli get-token --help' for what there is.\n",
    },
    {
      args: ['production'],
      message:
        "entra-auth-cli: too many arguments for 'get-token'. Expected 0 arguments but got 1.\n" +
        "(A profile is named by --profile NAME.)\nRun 'entra-auth-cli get-token --help' for what there is.\n",
    },
    {
      args: ['--timeout', 'soon'],
      message:
        "entra-auth-cli: option '--timeout <duration>' argument 'soon' is invalid. Give a duration such as 30s, 2m or 1m30s, a day at most.\n" +
        "Run 'entra-auth-cli get-token --help' for what there is.\n",
    },
    {
      args: ['--scope', ' '],
      message:
        "entra-auth-cli: option '-s, --scope <scopes>' argument ' ' is invalid. Give scopes separated by spaces, such as \"User.Read Mail.Read\".\n" +
        "Run 'entra-auth-cli get-token --help' for what there is.\n",
    },
  ])('is 1 for what was typed wrong: $args', async ({ args, message }) => {
    expect(await getToken(args)).toEqual({ exitCode: 1, stdout: '', stderr: message });
  });

  it.each([
    [['inspect', 'eyJ.typed.here'], 'too many arguments'],
    [['inspect', '--tokn=eyJ.typed.here'], "unknown option '--tokn'"],
  ])('is 1 for a value in the wrong place, which may be a token and is not repeated: %j', async (args, problem) => {
    const { exitCode, stdout, stderr } = await runCli(args, { home: home.path });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('eyJ');
  });

  it('is 1 for a command that does not exist', async () => {
    expect(await runCli(['get-tokens'], { home: home.path })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        "entra-auth-cli: unknown command 'get-tokens'\n(Did you mean get-token?)\nRun 'entra-auth-cli --help' for what there is.\n",
    });
  });

  it('is 2 for a profile that does not exist, and the message names those that do', async () => {
    const { exitCode, stdout, stderr } = await getToken(['--profile', 'prod']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain("'prod'");
    expect(stderr).toContain('default');
    expect(stderr).toContain('entra-auth-cli config create prod');
  });

  it('comes with a message that a terminal shows and does not obey, whatever is in it', async () => {
    const { exitCode, stderr } = await getToken(['--profile', 'a\u001b[31mb\u202ec']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(String.raw`'a\u001b[31mb\u202ec'`);
  });

  it('is 3 for a wrong secret, and the message has the AADSTS code, the correlation id and what to do', async () => {
    await storeOf(home.path).secrets.write('default', { clientSecret: 'Wrong-Secret~1' });
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /^entra-auth-cli: AADSTS7000215: .*\(correlation id [0-9a-f-]{36}\) Check the client secret/,
    );
    expect(stderr).not.toContain('Wrong-Secret~1');
  });

  it('is 3 for an expired secret', async () => {
    await storeOf(home.path).secrets.write('default', { clientSecret: confidentialClient.expiredSecret });
    const { exitCode, stderr } = await getToken();
    expect(exitCode).toBe(3);
    expect(stderr).toContain('AADSTS7000222');
  });

  it('is 3 for a profile whose secret is not stored, and the message says how to store it', async () => {
    await storeOf(home.path).secrets.remove('default');
    expect(await getToken()).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        "entra-auth-cli: No client secret is stored for the profile 'default'. " +
        'Store it with: entra-auth-cli config edit default --client-secret-file -\n',
    });
  });

  it('is 4 when the connection is refused', async () => {
    const { exitCode, stderr } = await getToken([], { AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1' });
    expect(exitCode).toBe(4);
    expect(stderr).toBe('entra-auth-cli: 127.0.0.1:1 refused the connection. Check the address and the proxy.\n');
  });

  it('is 4 for a host that nobody knows', async () => {
    // A label has 63 characters at most (RFC 1035 section 2.3.4): the system's resolver refuses this name without asking
    // anybody, so the guard, which refuses names in its own way, can be left out.
    const host = `${'a'.repeat(64)}.invalid`;
    const { exitCode, stderr } = await getToken([], { AZURE_AUTHORITY_HOST: `https://${host}`, NODE_OPTIONS: '' });
    expect(exitCode).toBe(4);
    expect(stderr).toBe(`entra-auth-cli: The name ${host} can't be resolved. Check the network and the proxy.\n`);
  });

  it('is 4 for a host that nobody can know, whose long name is told by its beginning', async () => {
    const host = 'a'.repeat(1000);
    const { exitCode, stderr } = await getToken([], { AZURE_AUTHORITY_HOST: `https://${host}`, NODE_OPTIONS: '' });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^entra-auth-cli: The name a{100}\.\.\. can't be resolved\./);
  });

  it('is 4 for a proxy that nobody knows', async () => {
    const proxy = `${'a'.repeat(64)}.invalid`;
    const { exitCode, stderr } = await getToken([], {
      HTTPS_PROXY: `http://me:secret@${proxy}:3128`,
      NODE_OPTIONS: '',
    });
    expect(exitCode).toBe(4);
    expect(stderr).toBe(
      `entra-auth-cli: The name ${proxy} of the proxy can't be resolved. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.\n`,
    );
  });

  it('is 4 when the certificate of the service is not trusted', async () => {
    const { exitCode, stderr } = await getToken([], { AZURE_AUTHORITY_HOST: emulator.authority });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^entra-auth-cli: The certificate of \S+ is not trusted .* NODE_EXTRA_CA_CERTS\.\n$/);
  });

  it('is 4 then also where NODE_TLS_REJECT_UNAUTHORIZED says not to look', async () => {
    const environment = { AZURE_AUTHORITY_HOST: emulator.authority, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { exitCode, stdout, stderr } = await getToken([], environment);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^entra-auth-cli: The certificate of \S+ is not trusted .*\n$/);
  });

  it.each(['http://me:Proxy-Passw0rd@nowhere:99999', 'ftp://me:Proxy-Passw0rd@nowhere'])(
    'is 1 for a proxy that can not be one, whose password no message repeats: %s',
    async (proxy) => {
      const { exitCode, stderr } = await getToken([], { ...towards(emulator), HTTPS_PROXY: proxy });
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        'entra-auth-cli: What HTTPS_PROXY or HTTP_PROXY says is no address of a proxy. ' +
          'Set it to one such as http://proxy.contoso.com:8080.\n',
      );
    },
  );

  it('is 1 for an AZURE_AUTHORITY_HOST that can not be one, whose password no message repeats', async () => {
    expect(await getToken([], { AZURE_AUTHORITY_HOST: 'http://me:Authority-Passw0rd@localhost' })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        "entra-auth-cli: AZURE_AUTHORITY_HOST is 'http://***@localhost', which is no https address. " +
        'Set it to one such as https://login.microsoftonline.us, or clear it for the public cloud.\n',
    });
  });

  it('is 4 when the service is out of order', async () => {
    emulator.nextAnswers.push({ kind: 'status', status: 503, times: 9 });
    const { exitCode, stderr } = await getToken();
    emulator.nextAnswers.clear();
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Try again later.');
  });

  it('is 5 when the service hangs', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    const { exitCode, stdout, stderr } = await getToken(['--timeout', '300ms']);
    emulator.nextAnswers.clear();
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toBe(
      'entra-auth-cli: No token came within 0.3 seconds. Try again, or give more time with --timeout 1s.\n',
    );
  });

  it('is 5 when the service takes the connection and says nothing at all', async () => {
    const silent: Server = createServer(() => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    silent.listen(0, '127.0.0.1', resolve);
    await promise;
    const { port } = silent.address() as AddressInfo;
    const { exitCode } = await getToken(['--timeout', '300ms'], { AZURE_AUTHORITY_HOST: `https://127.0.0.1:${port}` });
    silent.close();
    expect(exitCode).toBe(5);
  });

  it('is 130 after Ctrl+C, without a word', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    const arrived = emulator.requests.length;
    const running = startCli(['get-token'], { home: home.path, environment: towards(emulator) });
    await expect.poll(() => emulator.requests.length).toBeGreaterThan(arrived);
    running.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running;
    emulator.nextAnswers.clear();
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });
});
