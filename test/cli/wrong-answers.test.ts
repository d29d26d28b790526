/** Services that answer with what no token service may say, and with what seems so. */

import { describe, expect, it } from 'vitest';
import { enterCode, givenPerson, storedFiles } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, startCli, type CliResult } from '../helpers/cli.ts';
import { towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile({ deviceCodeIntervalSeconds: 0.1 });
const home = homeOfTest();

const run = (...args: readonly string[]): Promise<CliResult> =>
  runCli([...args, '-o', 'json'], {
    home: home.path,
    environment: { ...towards(emulator), ...emulator.managedIdentityEnvironment.appService },
  });

const good = { token_type: 'Bearer', access_token: 'opaque', expires_in: 3599 };
const { expires_in: _, ...endless } = good;

const wrongAnswers: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['expires_in 1e+300, which is no lifetime of a token: seconds, a year at most', { ...good, expires_in: 1e300 }],
  ['no expires_in', endless],
  ['an access_token that is no text', { ...good, access_token: 12 }],
  ['no access_token', {}],
  ['an access_token with spaces or other characters that no token has', { ...good, access_token: 'a\u001B[31mb' }],
];

describe('A token service that answers wrongly', () => {
  it.each(wrongAnswers)('is quoted, exit code 4: %s (%j)', async (what, json) => {
    await givenProfile(home.path, secretProfile, secrets);
    const before = storedFiles(home.path);
    const { host } = new URL(emulator.authority);
    for (const command of ['get-token', 'refresh']) {
      emulator.nextAnswers.push({ kind: 'json', json });
      expect(await run(command)).toEqual({
        exitCode: 4,
        stdout: '',
        stderr: `entra-auth-cli: ${host} answered with ${what}. Check the address of the sign-in service, and the proxy.\n`,
      });
    }
    expect(storedFiles(home.path)).toEqual(before);
  });

  it('may write the lifetime as a text, as older versions of Entra do', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    emulator.nextAnswers.push({ kind: 'json', json: { ...good, expires_in: '3599' } });
    const { exitCode, stdout } = await run('get-token');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      access_token: 'opaque',
      expires_in: expect.closeTo(3595, -1) as number,
    });
  });

  it('does not decide by a time in the token that is no time', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: 1e300 })}.x`;
    emulator.nextAnswers.push({ kind: 'json', json: { ...good, access_token: token } });
    const { exitCode, stdout, stderr } = await run('get-token');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ access_token: token, expires_in: expect.closeTo(3595, -1) as number });
  });
});

describe('A sign-in', () => {
  const person = ['-p', 'person'] as const;

  it('outlives wrong answers to its refresh', async () => {
    await givenPerson(home.path);
    const environment = towards(emulator);
    const signingIn = startCli(['get-token', ...person, '-f', 'device-code'], { home: home.path, environment });
    await enterCode(signingIn, emulator);
    expect(await signingIn).toMatchObject({ exitCode: 0 });
    const before = storedFiles(home.path);
    for (const json of [{ ...good, expires_in: 1e300 }, endless, { ...good, refresh_token: 12 }, {}]) {
      emulator.nextAnswers.push({ kind: 'json', json });
      const { exitCode, stdout, stderr } = await run('refresh', ...person);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^entra-auth-cli: localhost:\d+ answered with [^\n]*\n$/);
    }
    expect(storedFiles(home.path)).toEqual(before);
    expect(await run('refresh', ...person)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each([1e300, -1, 'soon', [[5]]])('is asked for at the usual pace where the service names %j', async (interval) => {
    await givenPerson(home.path);
    const json = { user_code: 'A1', device_code: 'd', verification_uri: emulator.authority, expires_in: 900, interval };
    emulator.clearRequests();
    const pending = { kind: 'json', status: 400, json: { error: 'authorization_pending' }, times: 1000 } as const;
    emulator.nextAnswers.push({ kind: 'json', endpoint: 'devicecode', json }, pending);
    const { exitCode, stderr } = await run('get-token', ...person, '-f', 'device-code', '--timeout', '1s');
    expect(exitCode).toBe(5);
    expect(stderr).not.toContain('Warning');
    expect(emulator.requests.filter(({ path }) => path.endsWith('/token'))).toHaveLength(1);
  });
});

describe('An identity endpoint', () => {
  const soon = (): string => String(Math.floor(Date.now() / 1000) + 3600);
  /** `2020-01-16T05:24:12` as `01/16/2020 05:24:12 +00:00`. */
  const monthFirst = (date: string): string => date.replace(/^(\d+)-(\d+)-(\d+)T(.*)$/, '$2/$3/$1 $4 +00:00');
  const identityProfile = {
    name: 'default',
    authMethod: 'ManagedIdentity',
    scopes: ['https://management.azure.com/.default'],
  } as const;

  it.each([
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_on: 'soon' }],
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_on: '1e300' }],
    ['no time of expiry, or one that has passed', { access_token: 'opaque' }],
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_on: '1' }],
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_on: '2020-01-16T05:24:12Z' }],
    // Of no zone, and so of no time.
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_on: '1/16/2920 5:24:12 AM' }],
    ['no time of expiry, or one that has passed', { access_token: 'opaque', expires_in: 1e300 }],
    ['an access_token that is no text', { access_token: 12, expires_on: soon() }],
    ['no access_token', { expires_on: soon() }],
    [
      'an access_token with spaces or other characters that no token has',
      { access_token: 'a\u001B[31mb', expires_on: soon() },
    ],
  ])('that answers wrongly is quoted, exit code 3: %s (%j)', async (what, json) => {
    await givenProfile(home.path, identityProfile);
    emulator.nextAnswers.push({ kind: 'json', json: { token_type: 'Bearer', ...json } });
    const { exitCode, stdout, stderr } = await run('get-token');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toBe(
      'entra-auth-cli: The identity endpoint gave no token for the system-assigned managed identity: ' +
        `it answered with ${what}.\n`,
    );
  });

  it.each([
    [
      'an ISO date with more digits than ECMAScript writes',
      (date: string) => ({ expires_on: `${date}.0000000+00:00` }),
    ],
    ['an ISO date without fractions', (date: string) => ({ expires_on: `${date}Z` })],
    ['a date as the API of 2017 writes it', (date: string) => ({ expires_on: monthFirst(date) })],
    ['a lifetime alone, as a text', () => ({ expires_in: '3600' })],
    ['a lifetime alone, as a number', () => ({ expires_in: 3600 })],
  ])('may say when the token expires by %s', async (_what, expiry) => {
    await givenProfile(home.path, identityProfile);
    const date = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
    const json = { token_type: 'Bearer', access_token: 'opaque', ...expiry(date) };
    emulator.nextAnswers.push({ kind: 'json', json });
    const { exitCode, stdout } = await run('get-token');
    expect(exitCode).toBe(0);
    const { expires_in: seconds } = JSON.parse(stdout) as { expires_in: number };
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
  });
});
