/** People who sign in with a code, in a browser on any machine. */

import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { call } from '../emulator/client.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { enterCode, givenPerson, heard, storedFiles } from '../helpers/cli-people.ts';
import { homeOfTest, runCli, startCli } from '../helpers/cli.ts';
import { alice, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile({ deviceCodeIntervalSeconds: 0.1 });
const home = homeOfTest(givenPerson);

const device = ['get-token', '-p', 'person', '--flow', 'device-code'] as const;
const start = (...args: readonly string[]): ReturnType<typeof startCli> =>
  startCli(args, { home: home.path, environment: towards(emulator) });

describe('get-token --flow device-code', () => {
  it.each([
    [[], 'Finish the sign-in within 1 minute (--timeout gives more).\n'],
    [['--silent'], ''],
    [['--timeout', '90s'], 'Finish the sign-in within 90 seconds (--timeout gives more).\n'],
  ])('tells the code on standard error, and prints the token alone (%s)', async (options, more) => {
    const running = start(...device, ...options);
    const told = await enterCode(running, emulator);
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: told + more });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(claimsIn(stdout)).toMatchObject({ upn: alice.username });
  });

  it('prints the refresh token too with --output json', async () => {
    const running = start(...device, '--output', 'json');
    await enterCode(running, emulator);
    const answer = JSON.parse((await running).stdout) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual([
      'token_type',
      'scope',
      'expires_in',
      'access_token',
      'refresh_token',
      'expires_at',
    ]);
    expect(answer['refresh_token']).toMatch(/^1\./);
    expect(answer['scope']).toContain('User.Read');
  });

  it('asks nobody the next time, in whatever way the person would sign in', async () => {
    const running = start(...device);
    await enterCode(running, emulator);
    const { stdout } = await running;
    const served = emulator.requests.length;
    for (const flow of [[], ['-f', 'interactive'], ['-f', 'device-code']]) {
      const again = await start('get-token', '-p', 'person', ...flow);
      expect(again).toMatchObject({ exitCode: 0, stdout, stderr: '' });
    }
    expect(emulator.requests).toHaveLength(served);
  });

  it('ends with 3 when the person declines', async () => {
    const running = start(...device);
    const [, address = '', code = ''] = await heard(running, /open the page (\S+) and enter the code (\S+)/);
    const page = await call(emulator, address, { form: { otc: code } });
    const flowToken = /name="flow_token" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    await call(emulator, `${emulator.authority}/common/login`, { form: { flow_token: flowToken, action: 'cancel' } });
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /entra-auth-cli: The sign-in was cancelled or declined where the code was entered \(AADSTS65004, correlation id [0-9a-f-]{36}\)\. Run the command again, and accept\.\n$/,
    );
    expect(storedFiles(home.path).filter((path) => path.startsWith('tokens'))).toEqual([]);
  });

  it('ends with 5 when nobody enters the code in time, and says how to get more', async () => {
    const { exitCode, stdout, stderr } = await start(...device, '--timeout', '700ms');
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toMatch(
      /^entra-auth-cli: Nobody finished the sign-in within 0\.7 seconds\. Run the command again, or give more time with --timeout 2s\.\n$/m,
    );
  });

  it('ends with 5 when the code expires before', async () => {
    const impatient = await startEmulator({ deviceCodeIntervalSeconds: 0.1, deviceCodeLifetimeSeconds: 0.3 });
    try {
      const environment = towards(impatient);
      const { exitCode, stdout, stderr } = await runCli(device, { home: home.path, environment });
      expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
      expect(stderr).toContain('entra-auth-cli: Nobody signed in with the code before it expired');
    } finally {
      await impatient.close();
    }
  });

  it('ends with 130 after Ctrl+C while it waits, without a further word', async () => {
    const running = start(...device);
    const [told] = await heard(running, /open the page .*\nFinish .*\n/);
    running.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr.endsWith(told)).toBe(true);
  });

  it('signs in anew with --force, though it knows a sign-in', async () => {
    const first = start(...device);
    await enterCode(first, emulator);
    await first;
    const second = start(...device, '--force');
    await enterCode(second, emulator, { username: 'adele@contoso.onmicrosoft.com', password: 'Adele-Passw0rd!' });
    expect(claimsIn((await second).stdout)).toMatchObject({ upn: 'adele@contoso.onmicrosoft.com' });
  });

  it('leaves nothing of a person on disk with --no-cache, and asks again', async () => {
    for (let round = 1; round <= 2; round += 1) {
      const running = start(...device, '--no-cache');
      await enterCode(running, emulator);
      expect(await running).toMatchObject({ exitCode: 0 });
    }
    expect(storedFiles(home.path)).toEqual(['key', 'profiles.json']);
  });
});
