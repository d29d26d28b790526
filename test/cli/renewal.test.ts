/** Sign-ins that are renewed without the person, and the command refresh. */

import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/server.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { enterCode, givenPerson, storedFiles } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, personProfile, runCli, secretProfile, secrets, startCli } from '../helpers/cli.ts';
import { alice, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const day = 86_400_000;

interface Answer {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope: string;
}

/** What the emulator's clock is ahead of this machine's, in milliseconds. */
let ahead = 0;
beforeEach(() => void (ahead = 0));

const emulator = await emulatorOfFile({
  // Tokens that a cache doesn't hand out: less than five minutes are left of them
  tokenLifetimeSeconds: 200,
  deviceCodeIntervalSeconds: 0.1,
  now: () => Date.now() + ahead,
});
const home = homeOfTest(async (path) => {
  await givenPerson(path);
  await givenProfile(path, secretProfile, secrets);
});

const options = () => ({ home: home.path, environment: towards(emulator) });
const person = ['-p', 'person', '-o', 'json'] as const;

/** Runs a command that must succeed without a word to anybody. */
async function run(...args: readonly string[]): Promise<Answer> {
  const { exitCode, stdout, stderr } = await runCli(args, options());
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Answer;
}

/** Alice signs in with the profile `person`. */
async function signIn(...args: readonly string[]): Promise<Answer> {
  const running = startCli(['get-token', ...person, '-f', 'device-code', ...args], options());
  await enterCode(running, emulator);
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(0);
  emulator.clearRequests();
  return JSON.parse(stdout) as Answer;
}

/** How tokens were asked for at the emulator, and how it answered, in order. */
const grants = (): readonly unknown[] =>
  emulator.requests.filter(({ path }) => path.endsWith('/token')).map(({ grantType, status }) => [grantType, status]);

describe('A sign-in', () => {
  it('gives a new token when the cached one has expired, without the person', async () => {
    const first = await signIn();
    const second = await run('get-token', ...person);
    expect(second.access_token).not.toBe(first.access_token);
    expect(claimsIn(second.access_token)).toMatchObject({ upn: alice.username });
    expect(grants()).toEqual([['refresh_token', 200]]);
  });

  it('goes on with the refresh token that came with the last renewal, and keeps no other', async () => {
    await signIn();
    // Entra's refresh tokens live for 90 days: the first one is of no use for the second renewal.
    ahead = 60 * day;
    await run('get-token', ...person, '--force');
    ahead = 120 * day;
    await run('get-token', ...person, '--force');
    expect(storedFiles(home.path).filter((path) => path.endsWith('.sign-in'))).toHaveLength(1);
  });

  it('serves other scopes too', async () => {
    await signIn();
    const orders = await run('get-token', ...person, '--scope', 'api://contoso-orders/Orders.Read');
    expect(claimsIn(orders.access_token)).toMatchObject({ scp: 'Orders.Read' });
    expect(orders.scope).toContain('Orders.Read');
    expect(grants()).toEqual([['refresh_token', 200]]);
  });

  it('is used with --force', async () => {
    await signIn();
    await run('get-token', ...person, '--force');
    expect(grants()).toEqual([['refresh_token', 200]]);
  });

  it('leads to a new sign-in once Entra refuses it', async () => {
    await signIn();
    ahead = 100 * day;
    const again = startCli(['get-token', ...person, '-f', 'device-code'], options());
    await enterCode(again, emulator);
    const { exitCode, stdout, stderr } = await again;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/The sign-in of profile person can't be renewed: AADSTS\d+: /);
    expect(claimsIn((JSON.parse(stdout) as Answer).access_token)).toMatchObject({ upn: alice.username });
    expect(grants()[0]).toEqual(['refresh_token', 400]);
    await run('refresh', ...person);
  });

  it('is renewed by several processes at once, and is good after that', async () => {
    await signIn();
    const answers = await Promise.all(Array.from({ length: 6 }, () => run('get-token', ...person)));
    for (const { access_token } of answers) expect(claimsIn(access_token)).toMatchObject({ upn: alice.username });
    const left = storedFiles(home.path).filter((path) => path.startsWith('tokens/person/'));
    expect(left.map((path) => path.split('.').at(-1)).toSorted()).toEqual(['sign-in', 'token']);
    await run('refresh', ...person);
  });

  it('is not lost when the service is out of order', async () => {
    await signIn();
    emulator.nextAnswers.push({ kind: 'status', status: 503, times: 9 });
    const { exitCode, stdout } = await runCli(['get-token', ...person], options());
    emulator.nextAnswers.clear();
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    await run('get-token', ...person);
  });
});

describe('refresh', () => {
  it('prints a new token of the person who has signed in', async () => {
    const first = await signIn();
    const { exitCode, stdout, stderr } = await runCli(['refresh', '--profile', 'person'], options());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stdout.trim()).not.toBe(first.access_token);
    expect(claimsIn(stdout)).toMatchObject({ upn: alice.username });
    expect(grants()).toEqual([['refresh_token', 200]]);
  });

  it('prints a new token of the application, which has no refresh token', async () => {
    const first = await run('refresh', '-o', 'json');
    const { exitCode, stdout, stderr } = await runCli(['refresh', '-q', '-o', 'yaml'], options());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const second = parse(stdout) as Answer;
    expect(second.access_token).not.toBe(first.access_token);
    expect(claimsIn(second.access_token)).toMatchObject({ appid: secretProfile.clientId });
    expect(first).not.toHaveProperty('refresh_token');
    expect(second).not.toHaveProperty('refresh_token');
    expect(grants()).toEqual([
      ['client_credentials', 200],
      ['client_credentials', 200],
    ]);
  });

  it('ends with 3 where nobody has signed in, and says how to', async () => {
    const { exitCode, stdout, stderr } = await runCli(['refresh', '-p', 'person'], options());
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toBe(
      "entra-auth-cli: Nobody has signed in with the profile 'person'. Sign in with: entra-auth-cli get-token --profile person\n",
    );
    expect(emulator.requests).toEqual([]);
  });

  it('ends with 3 once Entra refuses the sign-in, asks nobody, and says how to sign in', async () => {
    await signIn();
    ahead = 100 * day;
    const { exitCode, stdout, stderr } = await runCli(['refresh', '-p', 'person'], options());
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /^entra-auth-cli: AADSTS\d+: .* Sign in again: entra-auth-cli get-token --profile person --flow \S+ --force\n$/,
    );
  });

  it('ends with 2 for a profile that does not exist', async () => {
    expect(await runCli(['refresh', '-p', 'nobody'], options())).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('makes the token that get-token prints next', async () => {
    const lasting = await startEmulator();
    try {
      const at = { home: home.path, environment: towards(lasting) };
      await runCli(['get-token'], at);
      const { stdout } = await runCli(['refresh'], at);
      expect((await runCli(['get-token'], at)).stdout).toBe(stdout);
    } finally {
      await lasting.close();
    }
  });
});

describe('A person with another profile', () => {
  it('is another person', async () => {
    await signIn();
    await givenProfile(home.path, { ...personProfile, name: 'other' });
    expect(await runCli(['refresh', '-p', 'other'], options())).toMatchObject({ exitCode: 3 });
  });
});
