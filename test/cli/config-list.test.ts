import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { profileList } from '../../src/cli/config/profile-list.ts';
import {
  givenProfile,
  homeOfTest,
  personProfile,
  runCli,
  secretProfile,
  secrets,
  storeOf,
  type CliResult,
} from '../helpers/cli.ts';
import { storedFiles } from '../helpers/cli-people.ts';

const home = homeOfTest();

const config = (...args: readonly string[]): Promise<CliResult> => runCli(['config', ...args], { home: home.path });

describe('config list', () => {
  it('shows what people need to tell profiles apart, one a line', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    await givenProfile(home.path, personProfile);
    await givenProfile(home.path, { name: 'vm', authMethod: 'ManagedIdentity', scopes: [] });
    const { exitCode, stdout, stderr } = await config('list');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [heading, ...lines] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(heading).toEqual(['Name', 'Auth method', 'Flow', 'Tenant', 'Client', 'Scopes']);
    const { tenantId, clientId } = secretProfile;
    expect(lines).toEqual([
      ['default', 'ClientSecret', 'client-credentials', tenantId, clientId, 'https://graph.microsoft.com/.default'],
      ['person', 'PublicClient', 'interactive', tenantId, personProfile.clientId, 'User.Read'],
      ['vm', 'ManagedIdentity', 'client-credentials', '-', '-', '(Microsoft Graph)'],
    ]);
  });

  it('has no colours where no terminal is', async () => {
    await givenProfile(home.path, secretProfile);
    expect((await config('list')).stdout).not.toContain('\u001B');
  });

  it('prints the profiles as a JSON array with --json, without secrets', async () => {
    await givenProfile(home.path, secretProfile, secrets);
    await givenProfile(home.path, personProfile);
    const { exitCode, stdout, stderr } = await config('list', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([secretProfile, personProfile]);
    expect(stdout).not.toContain(secrets.clientSecret);
  });

  it('says how to make one when there is none, and prints an empty array with --json', async () => {
    expect(await config('list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'There are no profiles yet. Make one with: entra-auth-cli config create\n',
    });
    expect(await config('list', '--json')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
    expect(() => storedFiles(home.path)).toThrow('ENOENT');
  });

  it('ends with 1 for a broken file, which is kept aside', async () => {
    await givenProfile(home.path, secretProfile);
    const path = join(storeOf(home.path).folder, 'profiles.json');
    writeFileSync(path, '{"version": 1, "profi');
    const { exitCode, stderr } = await config('list');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`It is kept as '${path}.corrupt'`);
    expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('{"version": 1, "profi');
  });
});

describe('The list of profiles', () => {
  const wide = profileList([secretProfile], 200);

  it('is a table where that fits, and where the width is not known', () => {
    expect(wide.split('\n')).toHaveLength(3);
    expect(profileList([secretProfile], undefined)).toBe(wide);
  });

  it('is a block for each profile on a narrow terminal, with nothing cut off', () => {
    const narrow = stripVTControlCharacters(profileList([secretProfile, personProfile], 80));
    expect(Math.max(...narrow.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(narrow).toBe(
      [
        'default',
        '  Auth method  ClientSecret',
        '  Flow         client-credentials',
        `  Tenant       ${secretProfile.tenantId}`,
        `  Client       ${secretProfile.clientId}`,
        '  Scopes       https://graph.microsoft.com/.default',
        '',
        'person',
        '  Auth method  PublicClient',
        '  Flow         interactive',
        `  Tenant       ${personProfile.tenantId}`,
        `  Client       ${personProfile.clientId}`,
        '  Scopes       User.Read',
        '',
      ].join('\n'),
    );
  });
});

describe('config delete', () => {
  beforeEach(async () => {
    for (const name of ['one', 'two', 'three']) {
      await givenProfile(home.path, { ...secretProfile, name }, secrets);
      await storeOf(home.path).tokens.write(name, 'key', { accessToken: 'a', expiresOn: 1, scopes: [] });
    }
  });
  const names = () =>
    storeOf(home.path)
      .profiles.list()
      .map(({ name }) => name);

  it('deletes profiles with their secrets and tokens', async () => {
    const result = await config('delete', 'one', 'TWO', 'two', '--yes');
    expect(result).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringMatching(/^Deleted profiles 'one', 'two', their secrets and cached tokens\.\n$/i) as string,
    });
    expect(names()).toEqual(['three']);
    const left = storedFiles(home.path).filter((name) => /^(?:secrets|tokens)/.test(name));
    expect(left.filter((name) => !name.includes('three'))).toEqual([]);
    expect(left).toHaveLength(2);
  });

  it('deletes nothing without --yes where nobody can be asked', async () => {
    const { exitCode, stderr } = await config('delete', 'one');
    expect(exitCode).toBe(1);
    expect(stderr).toBe("entra-auth-cli: Nobody can be asked here whether to delete 'one'. Say so with --yes.\n");
    expect(names()).toEqual(['one', 'two', 'three']);
  });

  it('ends with 2 and deletes nothing when one of the names is not there', async () => {
    const { exitCode, stderr } = await config('delete', 'one', 'four', '--yes');
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      "entra-auth-cli: There is no profile 'four'. There are: one, two, three. " +
        'See what there is with: entra-auth-cli config list\n',
    );
    expect(names()).toEqual(['one', 'two', 'three']);
  });

  it('deletes a profile that can not be used any more', async () => {
    const path = join(storeOf(home.path).folder, 'profiles.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('ClientSecret', 'Riddle'));
    expect(await config('delete', 'one', '--yes')).toMatchObject({ exitCode: 0 });
    expect(names()).toEqual(['two', 'three']);
  });

  it('needs a name', async () => {
    const { exitCode, stderr } = await config('delete');
    expect(exitCode).toBe(1);
    expect(stderr).toContain("missing required argument 'profile'");
  });
});
