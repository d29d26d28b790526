import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/server.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, storeOf, type CliResult } from '../helpers/cli.ts';
import { tokenRequests, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile();
const home = homeOfTest((path) => givenProfile(path, secretProfile, secrets));

const getToken = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['get-token', ...args], { home: home.path, environment: towards(emulator) });

/** The payload of a JWT. */
function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

describe('get-token', () => {
  it('prints the token of the default profile and a line end, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(payloadOf(stdout)).toMatchObject({ appid: secretProfile.clientId, aud: 'https://graph.microsoft.com' });
  });

  it('takes the profile that -p and --profile name', async () => {
    await givenProfile(
      home.path,
      { ...secretProfile, name: 'orders', scopes: ['api://contoso-orders/.default'] },
      secrets,
    );
    for (const option of ['-p', '--profile']) {
      const { stdout } = await getToken(option, 'orders');
      expect(payloadOf(stdout)).toMatchObject({ roles: ['Orders.Read.All'] });
    }
  });

  it("asks for the scopes of -s and --scope instead of the profile's", async () => {
    for (const option of ['-s', '--scope']) {
      const { stdout } = await getToken(option, 'api://contoso-orders/.default');
      expect(payloadOf(stdout)).toMatchObject({ roles: ['Orders.Read.All'] });
    }
  });

  it('prints the answer with its members as JSON with -o json', async () => {
    const before = Date.now();
    const { stdout } = await getToken('-o', 'json');
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual(['token_type', 'scope', 'expires_in', 'access_token', 'expires_at']);
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: 'https://graph.microsoft.com/.default' });
    const { exp } = payloadOf(String(answer['access_token']));
    expect(answer['expires_at']).toBe(new Date(Number(exp) * 1000).toISOString().replace('.000Z', 'Z'));
    const seconds = Number(exp) - before / 1000;
    expect(answer['expires_in']).toBeGreaterThan(seconds - 20);
    expect(answer['expires_in']).toBeLessThanOrEqual(seconds);
    expect(stdout.endsWith('}\n')).toBe(true);
  });

  it('prints the same as YAML with --output yaml, the token on one line', async () => {
    const { stdout } = await getToken('--output', 'yaml');
    expect(stdout).toMatch(
      /^token_type: Bearer\nscope: \S+\nexpires_in: \d+\naccess_token: [\w-]+\.[\w-]+\.[\w-]+\nexpires_at: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/,
    );
    const json = JSON.parse((await getToken('-o', 'json')).stdout) as Record<string, unknown>;
    const { expires_in: _some, ...rest } = parse(stdout) as Record<string, unknown>;
    expect(json).toMatchObject(rest);
  });

  it('writes to the file of --file, readable by its owner alone, and says so on standard error', async () => {
    const file = join(home.path, 'token.json');
    const { stdout, stderr } = await getToken('--output', 'json', '--file', file);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: `The token is in ${file}, readable by you alone.\n` });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ token_type: 'Bearer' });
  });

  it.skipIf(process.platform === 'win32')('gives that file the mode 0600, also when it was there before', async () => {
    const file = join(home.path, 'token.txt');
    writeFileSync(file, 'something', { mode: 0o644 });
    await getToken('--file', file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('says nothing about the file with --silent', async () => {
    const file = join(home.path, 'token.txt');
    expect(await getToken('-q', '--file', file)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\S+\n$/);
  });

  it("says what is wrong with a file that can't be written, exit code 1", async () => {
    const file = join(home.path, 'nowhere', 'token.txt');
    const { exitCode, stdout, stderr } = await getToken('--file', file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      `entra-auth-cli: The token can't be written to '${file}': no such file or directory. Give --file another path.\n`,
    );
  });

  it('hands out the cached token the next time, without a request', async () => {
    const first = await getToken();
    const second = await getToken('-f', 'client-credentials');
    expect(second).toEqual(first);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('gets a new token with --force, and caches it', async () => {
    const first = await getToken();
    const forced = await getToken('--force');
    expect(forced.stdout).not.toBe(first.stdout);
    expect((await getToken()).stdout).toBe(forced.stdout);
    expect(tokenRequests(emulator)).toBe(2);
  });

  it('leaves no trace on disk with --no-cache, and uses none', async () => {
    const first = await getToken('--no-cache');
    const second = await getToken('--no-cache');
    expect(second.stdout).not.toBe(first.stdout);
    expect(existsSync(join(home.path, '.config', 'entra-auth-cli', 'tokens'))).toBe(false);
    const everything = readdirSync(home.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(everything.length).toBeGreaterThan(0);
    for (const content of everything) expect(content).not.toContain(first.stdout.trim());
  });

  it('does not use a cached token once the secret is another one', async () => {
    await getToken();
    await storeOf(home.path).secrets.write('default', { clientSecret: 'Wrong-Secret~1' });
    expect(await getToken()).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('does not print a token of another authority', async () => {
    const other = await startEmulator();
    try {
      const here = await getToken();
      const there = await runCli(['get-token'], { home: home.path, environment: towards(other) });
      expect(there.exitCode).toBe(0);
      expect(there.stdout).not.toBe(here.stdout);
    } finally {
      await other.close();
    }
  });

  it('says with --verbose what it does, on standard error and without secrets, and --silent silences that', async () => {
    const tenant = `${emulator.authority}/${secretProfile.tenantId}`;
    const asked = await getToken('--verbose');
    expect(asked.stderr.split('\n')).toEqual([
      'Profile default, flow client-credentials, scopes https://graph.microsoft.com/.default.',
      'No token is cached for this.',
      `POST ${tenant}/oauth2/v2.0/token`,
      expect.stringContaining(`200 from ${tenant}/oauth2/v2.0/token`),
      '',
    ]);
    const cached = await getToken('--verbose');
    expect(cached.stdout).toBe(asked.stdout);
    expect(cached.stderr).toMatch(/The cached token is good until \d{4}-\d\d-\d\dT[\d:.]+Z\.\n$/);
    expect(await getToken('--verbose', '--silent', '--force')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('stores no token in the clear', async () => {
    const { stdout } = await getToken();
    const folder = join(home.path, '.config', 'entra-auth-cli');
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = readFileSync(join(entry.parentPath, entry.name), 'latin1');
      expect(content).not.toContain(stdout.trim().slice(0, 40));
      expect(content).not.toContain(secrets.clientSecret);
    }
  });
});
