import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/server.ts';
import { givenProfile, homeOfTest, runCli, secretProfile, secrets, type CliResult } from '../helpers/cli.ts';
import { contoso, towards, type Emulator } from '../helpers/flows.ts';
import { jwtOf, signature } from '../helpers/jwt.ts';

const home = homeOfTest();

const discover = (input: string, ...args: readonly string[]): Promise<CliResult> =>
  runCli(['discover', ...args], { home: home.path, input });

/** A moment (Unix seconds) so far from now. */
const seconds = (away: number): number => Math.floor(Date.now() / 1000) + away;
const iso = (time: number): string => new Date(time * 1000).toISOString().replace('.000Z', 'Z');

const app = 'c0f1de00-0000-4000-8000-000000000001';
/** As Entra issues them, version 1.0, to an application with a secret. */
const applicationClaims = () => ({
  aud: 'https://graph.microsoft.com',
  iss: `https://sts.windows.net/${contoso}/`,
  iat: seconds(-300),
  nbf: seconds(-300),
  exp: seconds(3599),
  app_displayname: 'Contoso Confidential',
  appid: app,
  appidacr: '1',
  idtyp: 'app',
  oid: 'f1f1f1f1-0000-4000-8000-000000000001',
  sub: 'f1f1f1f1-0000-4000-8000-000000000001',
  roles: ['User.Read.All', 'Directory.Read.All'],
  tid: contoso,
  ver: '1.0',
});
/** The same of a person, version 2.0. */
const userClaims = () => ({
  aud: '00000003-0000-0000-c000-000000000000',
  iss: `https://login.microsoftonline.com/${contoso}/v2.0`,
  iat: seconds(-300),
  nbf: seconds(-300),
  exp: seconds(3599),
  azp: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  azpacr: '0',
  name: 'Alice Adams',
  oid: 'a11ce000-0000-4000-8000-000000000001',
  preferred_username: 'alice@contoso.com',
  scp: 'User.Read Mail.Read',
  sub: 'pairwise',
  tid: contoso,
  ver: '2.0',
  amr: ['pwd', 'mfa'],
});

describe('discover', () => {
  it("says what an application's token is", async () => {
    const claims = applicationClaims();
    const { exitCode, stdout, stderr } = await discover(jwtOf(claims));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(
      `Valid        yes, for 59 minutes more
Token        access token of an application, format v1.0
Tenant       ${contoso}
Audience     Microsoft Graph (https://graph.microsoft.com)
Application  Contoso Confidential (${app}), with a secret
Object id    f1f1f1f1-0000-4000-8000-000000000001
Roles        User.Read.All Directory.Read.All
Issued       ${iso(claims.iat)}
Expires      ${iso(claims.exp)} (in 59 minutes)
Cloud        Azure public cloud (https://sts.windows.net/${contoso}/)

The signature was not checked: that is for the service that the token is meant for.
`,
    );
  });

  it("says what a person's token is", async () => {
    const { stdout } = await discover(jwtOf(userClaims()));
    expect(stdout).toContain(`
Token         access token of a user, format v2.0
Tenant        ${contoso}
Audience      Microsoft Graph (00000003-0000-0000-c000-000000000000)
Application   Azure CLI (04b07795-8ddb-461a-bbee-02f9e1bf7b46), public client
User          alice@contoso.com (Alice Adams)
Object id     a11ce000-0000-4000-8000-000000000001
Scopes        User.Read Mail.Read
Signed in by  pwd, mfa
`);
  });

  it('says the same as JSON and as YAML', async () => {
    const claims = userClaims();
    const expected = {
      valid: true,
      status: 'valid',
      signature_checked: false,
      kind: 'access_token',
      version: '2.0',
      subject_type: 'user',
      tenant_id: contoso,
      audience: claims.aud,
      audience_name: 'Microsoft Graph',
      application_id: claims.azp,
      application_name: 'Azure CLI',
      application_credential: 'none',
      user: 'alice@contoso.com',
      user_name: 'Alice Adams',
      object_id: claims.oid,
      scopes: ['User.Read', 'Mail.Read'],
      authentication_methods: ['pwd', 'mfa'],
      issued_at: iso(claims.iat),
      not_before: iso(claims.nbf),
      expires_at: iso(claims.exp),
      expires_in: expect.closeTo(3599, -2) as number,
      issuer: claims.iss,
      cloud: 'Azure public cloud',
    };
    const json = await discover(jwtOf(claims), '-o', 'json');
    expect(JSON.parse(json.stdout)).toEqual(expected);
    const yaml = await discover(jwtOf(claims), '--output', 'yaml');
    expect(parse(yaml.stdout)).toEqual(expected);
    expect(json.stdout + yaml.stdout).not.toContain(signature);
  });

  it.each([
    ['expired', { exp: seconds(-1) }, /^Valid +no: it expired /],
    ['not yet valid', { nbf: seconds(3600) }, /^Valid +no: it is not valid before /],
  ])('ends with 1 for a token that is %s, and says so', async (_what, claims, said) => {
    const { exitCode, stdout } = await discover(jwtOf({ ...applicationClaims(), ...claims }));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(said);
  });

  it('shows characters that a terminal would obey as their numbers', async () => {
    for (const output of ['text', 'json', 'yaml']) {
      const { stdout } = await discover(jwtOf({ ...userClaims(), name: '\u001B[8mA\u202E' }), '-o', output);
      expect(stdout).toMatch(/(\\u001b|\\e)\[8mA\\u202e/);
      expect(stdout).not.toContain('\u001B');
    }
  });

  it.each([
    ['opaque', 'This is no JWT'],
    ['', 'Standard input is empty.'],
  ])('ends with 1 and says why when it can read no token: %j', async (input, said) => {
    const { exitCode, stdout, stderr } = await discover(input);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(said);
  });
});

describe('discover --quiet', () => {
  it('says nothing: the exit code is 0 for a valid token, else 1', async () => {
    const valid = jwtOf(applicationClaims());
    const expired = jwtOf({ ...applicationClaims(), exp: seconds(-1) });
    expect(await discover(valid, '--quiet')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await discover('', '-q', '-t', valid)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    for (const bad of [expired, 'opaque', '']) {
      expect(await discover(bad, '-q')).toEqual({ exitCode: 1, stdout: '', stderr: '' });
    }
  });

  it('still says what was asked wrongly', async () => {
    const { exitCode, stderr } = await discover('', '-q', '-p', 'nobody');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("There is no profile 'nobody'.");
    expect((await discover('', '-q', '-f', '/nowhere/token')).stderr).toContain('there is no such file');
  });
});

describe("discover and the emulator's tokens", () => {
  let emulator: Emulator;
  beforeAll(async () => void (emulator = await startEmulator()));
  afterAll(() => emulator.close());

  const cli = (...args: readonly string[]): Promise<CliResult> =>
    runCli(args, { home: home.path, environment: { ...towards(emulator), ENTRA_AUTH_CLI_STORE: 'file' } });

  it("says what is cached for a profile, and in --quiet's way whether there is anything", async () => {
    await givenProfile(home.path, secretProfile, secrets);
    expect(await cli('discover', '-q', '-p', 'default')).toEqual({ exitCode: 1, stdout: '', stderr: '' });
    await cli('get-token');
    const { exitCode, stdout } = await cli('discover', '-p', 'default', '-o', 'json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      kind: 'access_token',
      subject_type: 'application',
      application_id: secretProfile.clientId,
      application_credential: 'secret',
      audience_name: 'Microsoft Graph',
      issuer: `${emulator.authority}/${contoso}/`,
    });
    expect(await cli('discover', '-q', '-p', 'default')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it("says which resource a managed identity's token is of", async () => {
    const answer = await fetch(
      `${emulator.managedIdentity}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net`,
      { headers: { Metadata: 'true' } },
    );
    const { stdout } = await discover(await answer.text());
    expect(stdout).toMatch(/^Managed identity +system-assigned: \/subscriptions\/.+\/sites\/contoso-runbooks$/m);
    expect(stdout).toMatch(/^Audience +Azure Key Vault/m);
  });
});
