/** The cache between processes, and what becomes of files that are broken. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsIn } from '../helpers/agent-flows.ts';
import { enterCode, givenPerson, storedFiles } from '../helpers/cli-people.ts';
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
import { tokenRequests, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile({ deviceCodeIntervalSeconds: 0.1 });
const home = homeOfTest((path) => givenProfile(path, secretProfile, secrets));

const getToken = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['get-token', ...args], { home: home.path, environment: towards(emulator) });

const atOnce = (processes: number, ...args: readonly string[]): Promise<readonly CliResult[]> =>
  Promise.all(Array.from({ length: processes }, () => getToken(...args)));

const pathOf = (name: string): string => join(storeOf(home.path).folder, name);

/** The one record of a token that there is. */
function record(): string {
  const [found = '', ...others] = storedFiles(home.path).filter((path) => path.endsWith('.token'));
  expect(others).toEqual([]);
  return pathOf(found);
}

const always = ['key', 'profiles.json', 'secrets/default.sealed'];
const jwt = /^[\w-]+\.[\w-]+\.[\w-]+\n$/;

function expectTokens(results: readonly CliResult[]): void {
  for (const { exitCode, stdout, stderr } of results) {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(jwt);
    expect(claimsIn(stdout)).toMatchObject({ appid: secretProfile.clientId });
  }
}

describe('Processes at once', { timeout: 120_000 }, () => {
  it('all print a token, twenty of them too, and leave one record and nothing else', async () => {
    expectTokens(await atOnce(20));
    expect(storedFiles(home.path)).toEqual([...always, expect.stringMatching(/^tokens\/default\/\w+\.token$/)]);
    const served = tokenRequests(emulator);
    expectTokens([await getToken()]);
    expect(tokenRequests(emulator)).toBe(served);
  });

  it('that all replace the record never see half of one', async () => {
    await getToken();
    expectTokens([...(await atOnce(8, '--force')), await getToken()]);
    expect(storedFiles(home.path)).toEqual([...always, expect.stringMatching(/^tokens\/default\/\w+\.token$/)]);
  });

  it('that find the record broken keep it once, and all print a token', async () => {
    await getToken();
    const broken = record();
    writeFileSync(broken, 'broken');
    const results = await atOnce(8);
    for (const { exitCode, stdout, stderr } of results) {
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(jwt);
      expect(stderr).toMatch(/^(?:entra-auth-cli: '.*' is damaged.*\n)?$/);
    }
    expect(results.some(({ stderr }) => stderr !== '')).toBe(true);
    const files = storedFiles(home.path).filter((path) => path.startsWith('tokens'));
    expect(files).toEqual([expect.stringMatching(/\.token$/), expect.stringMatching(/\.token\.corrupt$/)]);
    expect(readFileSync(`${broken}.corrupt`, 'utf8')).toBe('broken');
    expectTokens([await getToken()]);
  });
});

describe('A store that takes nothing', () => {
  it('keeps nobody from the token, and is said', async () => {
    // What a read-only file system or a full disk does, for root too
    writeFileSync(pathOf('tokens'), 'in the way of the folder');
    const { exitCode, stdout, stderr } = await getToken();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(jwt);
    expect(stderr).toMatch(
      /^entra-auth-cli: The token is not cached\. '.*' can't be written \((?:EEXIST|ENOTDIR)\)\. /,
    );
    expect(await getToken('--silent')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await getToken('--no-cache')).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('A broken file', () => {
  it.each([
    ['cut off', (content: Buffer) => content.subarray(0, 30)],
    ['altered', (content: Buffer) => content.fill(content[60] === 0 ? 1 : 0, 60, 61)],
    ['empty', () => Buffer.alloc(0)],
  ])('of a token (%s) is said and kept, and a new token is got', async (_how, damage) => {
    const first = await getToken();
    const path = record();
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const second = await getToken();
    expect(second).toMatchObject({
      exitCode: 0,
      stderr: `entra-auth-cli: '${path}' is damaged, or was made for something else. It is kept as '${path}.corrupt'.\n`,
    });
    expect(second.stdout).toMatch(jwt);
    expect(second.stdout).not.toBe(first.stdout);
    expect(readFileSync(`${path}.corrupt`).equals(damaged)).toBe(true);
    expect(await getToken()).toEqual({ ...second, stderr: '' });
  });

  it('of a sign-in is said and kept, and the person is asked again', async () => {
    await givenPerson(home.path);
    const device = ['get-token', '-p', 'person', '-f', 'device-code'];
    const start = (): ReturnType<typeof startCli> =>
      startCli(device, { home: home.path, environment: towards(emulator) });
    const first = start();
    await enterCode(first, emulator);
    await first;
    for (const path of storedFiles(home.path).filter((each) => each.startsWith('tokens'))) {
      writeFileSync(pathOf(path), 'broken');
    }
    const second = start();
    await enterCode(second, emulator);
    const { exitCode, stderr } = await second;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/\.sign-in' is damaged, .*\.token' is damaged, /s);
    expect(storedFiles(home.path).filter((path) => path.endsWith('.corrupt'))).toHaveLength(2);
  });

  it('of profiles ends with 1, is said and kept', async () => {
    const path = pathOf('profiles.json');
    writeFileSync(path, '{"version":1,"profiles":[{"name":"def');
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      `entra-auth-cli: '${path}' is no JSON. It is kept as '${path}.corrupt': ` +
        'mend it and give it its name back, or make the profiles again.\n',
    );
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('{"version":1,"profiles":[{"name":"def');
  });

  it('of secrets ends with 1, is said and kept', async () => {
    const path = pathOf('secrets/default.sealed');
    writeFileSync(path, 'broken');
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`entra-auth-cli: '${path}' is damaged`);
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('broken');
  });

  it("of another profile's token can't stand in for this one's", async () => {
    const orders = { ...secretProfile, name: 'orders', scopes: ['api://contoso-orders/.default'] };
    await givenProfile(home.path, orders, secrets);
    await getToken();
    const graph = record();
    await getToken('-p', 'orders');
    const other = storedFiles(home.path).find((path) => path.startsWith('tokens/orders/')) ?? '';
    writeFileSync(pathOf(other), readFileSync(graph));
    const { exitCode, stdout, stderr } = await getToken('-p', 'orders');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('was made for something else');
    expect(claimsIn(stdout)).toMatchObject({ roles: ['Orders.Read.All'] });
  });
});
