import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServerCertificate } from '../../../src/emulator/certificates.ts';
import { approveDeviceCode, signInAs, type SignInEnd } from '../../../src/emulator/scripted-person.ts';
import { serviceConnectionId } from '../../../src/emulator/workload-runners.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import type { SignInElsewhere } from '../../../src/platform/request-context.ts';
import { acquireProfileToken, type ProfileToken, type ProfileTokenDemand } from '../../../src/token/profile-token.ts';
import { call, certificateApp, unconsented } from '../../emulator/client.ts';
import { makeBrowserOpener, type BrowserOpener } from '../../helpers/browser-opener.ts';
import { makeCertificate } from '../../helpers/certificates.ts';
import { alice, confidentialClient, contoso, tokenRequests, towards, type Emulator } from '../../helpers/flows.ts';
import { desktop, graphDefault, userRead } from '../../helpers/partner-flows.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
let opener: BrowserOpener;
let controller: AbortController;
let context: RecordedContext;

beforeEach(async () => {
  emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1 });
  opener = await makeBrowserOpener();
  controller = new AbortController();
  context = newContext();
});
afterEach(async () => {
  controller.abort();
  forgetApplications();
  await opener[Symbol.asyncDispose]();
  await emulator.close();
});

function newContext(environment: Readonly<Record<string, string>> = {}): RecordedContext {
  return recordedContext({
    environment: {
      ...towards(emulator),
      BROWSER: opener.program,
      PATH: '/usr/bin:/bin',
      ...environment,
    },
    signal: controller.signal,
  });
}

const secret = { kind: 'secret', secret: confidentialClient.secret } as const;

function ask(demand: Partial<ProfileTokenDemand> = {}): Promise<ProfileToken> {
  const token = acquireProfileToken(
    {
      profile: 'dev',
      tenant: contoso,
      clientId: confidentialClient.id,
      credential: secret,
      flow: 'client-credentials',
      scopes: [],
      signIn: true,
      force: false,
      timeout: 30_000,
      showAddress: false,
      ...demand,
    },
    context,
  );
  // Tests look at it when the person has done their part.
  token.catch(() => {});
  return token;
}

const publicClient = { clientId: desktop, credential: { kind: 'none' }, scopes: [userRead] } as const;

/** Where the browser was sent, once it was. */
async function browserAddress(): Promise<URL> {
  await vi.waitFor(() => expect(context.progressed.some(({ until }) => until !== undefined)).toBe(true), {
    interval: 5,
  });
  return new URL(await opener.address());
}

/** Alice signs in with what the browser shows. */
async function personSignsIn(password: string = alice.password): Promise<SignInEnd & { readonly address: URL }> {
  const address = await browserAddress();
  return { address, ...(await signInAs(address.href, { ...alice, password }, emulator.ca)) };
}

/** Alice enters the code that is shown. */
async function personEntersCode(): Promise<void> {
  await vi.waitFor(() => expect(context.deviceCodes).toHaveLength(1), { interval: 5 });
  const [code] = context.deviceCodes;
  await approveDeviceCode(code?.verificationUri ?? '', code?.userCode ?? '', alice, emulator.ca);
}

function claimsOf({ accessToken }: ProfileToken): Record<string, unknown> {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** A person's sign-in of an earlier day: its refresh token. */
async function earlierSignIn(demand: Partial<ProfileTokenDemand> = { ...publicClient }): Promise<string> {
  const asked = ask({ flow: 'interactive', ...demand });
  await personSignsIn();
  const { refreshToken = '' } = await asked;
  forgetApplications();
  emulator.clearRequests();
  context = newContext();
  return refreshToken;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-token-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function refusalOf(token: Promise<ProfileToken>): Promise<{ code: string; message: string; parameter?: string }> {
  const { code, message, data } = await tokenErrorOf(token);
  return { code, message, ...(data.parameter === undefined ? {} : { parameter: data.parameter }) };
}

const grants = (): (string | undefined)[] =>
  emulator.requests.flatMap(({ grantType }) => (grantType === undefined ? [] : [grantType]));

describe('An application', () => {
  it('gets a token for Microsoft Graph by its secret', async () => {
    const token = await ask();
    expect(claimsOf(token)).toMatchObject({ appid: confidentialClient.id, aud: 'https://graph.microsoft.com' });
    expect(token).toMatchObject({ scopes: [graphDefault], refreshToken: undefined, username: undefined });
    expect(token.expiresOn - Date.now()).toBeGreaterThan(3_000_000);
  });

  it('gets one for the scope that is asked for', async () => {
    const token = await ask({ scopes: ['https://management.azure.com/.default'] });
    expect(claimsOf(token)).toMatchObject({ aud: 'https://management.azure.com' });
  });

  it('gets a cached one, and a new one by force', async () => {
    const { accessToken } = await ask();
    expect((await ask()).accessToken).toBe(accessToken);
    expect((await ask({ force: true })).accessToken).not.toBe(accessToken);
    expect(tokenRequests(emulator)).toBe(2);
  });

  it.each(['', 'Passw0rd!'])('gets it by a certificate file with the password "%s"', async (password) => {
    const own = makeCertificate();
    emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(own.certificate);
    await inFolder(async (folder) => {
      const path = join(folder, 'app');
      await writeFile(path, password ? own.pfx(password) : `${own.privateKey}\n${own.certificate}`);
      const credential = { kind: 'certificateFile', path, password: password || undefined } as const;
      expect(claimsOf(await ask({ clientId: certificateApp, credential }))).toMatchObject({
        appid: certificateApp,
        appidacr: '2',
      });
    });
  });

  it.each([
    [undefined, 'is missing: one is needed'],
    ['wrong', 'is not the one'],
  ])('whose certificate file is given the password %s hears where it comes from', async (password, why) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.pfx');
      await writeFile(path, makeCertificate().pfx('Passw0rd!'));
      expect(await refusalOf(ask({ credential: { kind: 'certificateFile', path, password } }))).toEqual({
        code: 'CertificatePasswordInvalid',
        message:
          `The password ${why} for the certificate file '${path}'. ` +
          'Store the right one with: entra-auth-cli config edit dev --certificate-password-file -',
      });
    });
  });

  it('whose certificate file is not there hears it before anything is sent', async () => {
    const credential = { kind: 'certificateFile', path: '/nowhere/app.pem' } as const;
    expect(await refusalOf(ask({ credential }))).toEqual({
      code: 'CertificateNotFound',
      message: "The certificate file '/nowhere/app.pem' does not exist.",
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, Partial<ProfileTokenDemand>, string, RegExp]>([
    [
      'a wrong secret',
      { credential: { kind: 'secret', secret: 'wrong' } },
      'InvalidClient',
      /^AADSTS7000215: .* Check the client secret: its value is needed, not its id\. Store it with: entra-auth-cli config edit dev --client-secret-file -$/,
    ],
    [
      'an expired secret',
      { credential: { kind: 'secret', secret: confidentialClient.expiredSecret } },
      'InvalidClient',
      /^AADSTS7000222: .* and store it with: entra-auth-cli config edit dev --client-secret-file -$/,
    ],
    [
      'a secret of a public client',
      { clientId: desktop },
      'InvalidClient',
      /^AADSTS700025: .* which proves nothing: use --flow interactive or device-code\.$/,
    ],
    [
      'a scope that is no .default',
      { scopes: [userRead] },
      'InvalidScope',
      /^AADSTS1002012: .* An application gets a resource's \.default only: check --scope\.$/,
    ],
    [
      'an unknown resource',
      { scopes: ['api://nobody/.default'] },
      'InvalidResource',
      /^AADSTS500011: .* Check --scope: the tenant does not have it\.$/,
    ],
    [
      'an unknown tenant',
      { tenant: 'nobody.onmicrosoft.com' },
      'InvalidTenant',
      /^AADSTS90002: .* Check the tenant: its id, or one of its verified domains\.$/,
    ],
    [
      'no credential',
      { credential: { kind: 'none' } },
      'CredentialUnavailable',
      /^The profile dev has no credential, which the flow client-credentials needs\. Use --flow interactive or --flow device-code\.$/,
    ],
    [
      'a tenant that is none of its own',
      { tenant: 'organizations' },
      'InvalidTenant',
      /^'organizations' is no tenant of its own, .* with: entra-auth-cli config edit dev --tenant-id ID$/,
    ],
    [
      'no tenant',
      { tenant: undefined },
      'MissingParameter',
      /^The profile dev has no tenant\. Give it one with: entra-auth-cli config edit dev --tenant-id ID$/,
    ],
    [
      'no client id',
      { clientId: undefined },
      'MissingParameter',
      /^The profile dev has no client id\. Give it one with: entra-auth-cli config edit dev --client-id ID$/,
    ],
  ])('with %s hears what to do', async (_, demand, code, message) => {
    expect(await refusalOf(ask(demand))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("is sent to the profile's authority, whatever the environment says", async () => {
    context = newContext({ AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1' });
    expect(claimsOf(await ask({ authority: emulator.authority }))).toMatchObject({ appid: confidentialClient.id });
  });

  it('is sent to no authority without TLS', async () => {
    expect(await refusalOf(ask({ authority: 'http://localhost:1' }))).toEqual({
      code: 'InvalidParameter',
      message:
        "The authority is 'http://localhost:1', which is no https address. " +
        'Set it to one such as https://login.microsoftonline.us, or clear it for the public cloud.',
      parameter: 'authority',
    });
  });

  it('that waited long enough hears how to wait longer', async () => {
    emulator.nextAnswers.push({ kind: 'hang', endpoint: 'any' });
    expect(await refusalOf(ask({ timeout: 300 }))).toEqual({
      code: 'Timeout',
      message: 'No token came within 0.3 seconds. Try again, or give more time with --timeout 1s.',
    });
  });

  it('that is cancelled ends at once', async () => {
    emulator.nextAnswers.push({ kind: 'hang', endpoint: 'any' });
    const asked = ask();
    controller.abort();
    expect(await refusalOf(asked)).toEqual({ code: 'Cancelled', message: 'The request was cancelled.' });
  });
});

describe('A managed identity', () => {
  const managed = { tenant: undefined, clientId: undefined, credential: { kind: 'managedIdentity' } } as const;
  const shared = 'a5516000-0000-4000-8000-000000000002';

  it('gets a token for Microsoft Graph', async () => {
    const token = await ask(managed);
    expect(claimsOf(token)).toMatchObject({ appid: '5e1f0000-0000-4000-8000-000000000001' });
    expect(token).toMatchObject({ scopes: [graphDefault] });
  });

  it('is the user-assigned one that the client id names', async () => {
    expect(claimsOf(await ask({ ...managed, clientId: shared }))).toMatchObject({ appid: shared });
  });

  it.each([
    ['https://management.azure.com/.default', 'https://management.azure.com'],
    ['https://management.azure.com//.default', 'https://management.azure.com/'],
    ['.default', 'https://graph.microsoft.com'],
  ])('asks for the resource of the scope %s', async (scope, resource) => {
    await ask({ ...managed, scopes: [scope] });
    expect(emulator.requests.at(-1)?.query['resource']).toBe(resource);
  });

  it.each([[[userRead]], [[graphDefault, 'https://management.azure.com/.default']], [['https://vault.azure.net']]])(
    'gets none for %j, which is not one whole resource',
    async (scopes) => {
      expect(await refusalOf(ask({ ...managed, scopes }))).toEqual({
        code: 'InvalidScope',
        message:
          "A managed identity's token is for one whole resource: give --scope one scope that ends in /.default, " +
          'such as https://graph.microsoft.com/.default.',
        parameter: 'scope',
      });
    },
  );

  it.each(['interactive', 'device-code', 'authorization-code'] as const)('has no flow %s', async (flow) => {
    expect(await refusalOf(ask({ ...managed, flow }))).toEqual({
      code: 'InvalidParameter',
      message: `A managed identity signs in by itself: leave --flow ${flow} out.`,
      parameter: 'flow',
    });
  });

  it('that is not there hears which one was asked for', async () => {
    const clientId = '00000000-0000-4000-8000-000000000000';
    expect(await refusalOf(ask({ ...managed, clientId }))).toMatchObject({
      code: 'ManagedIdentityFailed',
      message: expect.stringMatching(
        new RegExp(
          `managed identity ${clientId}: .* Check that .* and that the profile's --client-id is its client id\\.$`,
          's',
        ),
      ),
    });
  });
});

describe('A workload', () => {
  const workload = 'c1d0ad00-0000-4000-8000-00000000000c';

  it.each([
    ['a job of GitHub Actions', { source: 'GitHubActions' }, 'repo:contoso/scripts:ref:refs/heads/main'],
    ['a job of Azure Pipelines', { source: 'AzurePipelines', serviceConnectionId }, 'sc://contoso/scripts/entra'],
  ] as const)('that is %s gets a token by the token of the job', async (_, source, subject) => {
    const { gitHubActions, azurePipelines } = emulator.workloadEnvironment;
    context = newContext({ ...gitHubActions, ...azurePipelines });
    const token = await ask({ clientId: workload, credential: { kind: 'workloadIdentity', ...source } });
    expect(claimsOf(token)).toMatchObject({ appid: workload, appidacr: '2' });
    expect(emulator.requests.at(-1)?.clientAssertion?.claims).toMatchObject({
      sub: subject,
      aud: 'api://AzureADTokenExchange',
    });
  });

  it('gets a token by the token in a file', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'token');
      await writeFile(file, await jobToken());
      context = newContext({ AZURE_FEDERATED_TOKEN_FILE: file });
      const credential = { kind: 'workloadIdentity', source: 'File' } as const;
      expect(claimsOf(await ask({ clientId: workload, credential }))).toMatchObject({ appid: workload });
    });
  });

  it.each([
    [70025, { federatedCredentials: [] }, 'Add a federated credential for this workload to its app registration.'],
    [
      700211,
      { issuer: 'https://other.example' },
      "Give a federated credential of the application this token's issuer, to the letter.",
    ],
    [
      700212,
      { audiences: ['other'] },
      "Give a federated credential of the application this token's audience, to the letter.",
    ],
    [
      700213,
      { subject: 'other' },
      "Give a federated credential of the application this token's subject, to the letter.",
    ],
  ])('that the application does not trust (%i) hears what it has to trust', async (aadsts, change, advice) => {
    const application = emulator.directory.applications.find(({ id }) => id === workload);
    const [known] = application?.federatedCredentials ?? [];
    application?.federatedCredentials?.splice(
      0,
      Infinity,
      ...('federatedCredentials' in change ? [] : [{ ...known, ...change } as never]),
    );
    context = newContext(emulator.workloadEnvironment.gitHubActions);
    const credential = { kind: 'workloadIdentity', source: 'GitHubActions' } as const;
    const error = await tokenErrorOf(ask({ clientId: workload, credential }));
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts });
    expect(error.message.endsWith(` ${advice}`)).toBe(true);
  });

  it('without a token of its own hears what it lacks', async () => {
    const credential = { kind: 'workloadIdentity', source: 'GitHubActions' } as const;
    expect(await refusalOf(ask({ clientId: workload, credential }))).toMatchObject({
      code: 'FederatedTokenUnavailable',
      message: expect.stringMatching(/^ACTIONS_ID_TOKEN_REQUEST_URL is not set\./),
    });
  });

  /** A token of the emulator's issuer. */
  async function jobToken(): Promise<string> {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } =
      emulator.workloadEnvironment.gitHubActions;
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await call(emulator, `${url}&audience=api://AzureADTokenExchange`, { headers });
    return String(body['value']);
  }
});

describe('A person', () => {
  it('signs in to a public client in the browser, and leaves a refresh token behind', async () => {
    const asked = ask({ ...publicClient, flow: 'interactive' });
    const { address } = await personSignsIn();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username, appid: desktop });
    expect(token.username).toBe(alice.username);
    expect(token.refreshToken).toBeTruthy();
    expect(address.searchParams.get('prompt')).toBe('select_account');
    expect(address.searchParams.get('scope')?.split(' ')).toContain('offline_access');
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('signs in for Microsoft Graph where no scope is asked for', async () => {
    const asked = ask({ ...publicClient, flow: 'interactive', scopes: [] });
    const { address } = await personSignsIn();
    expect(address.searchParams.get('scope')?.split(' ')).toContain(graphDefault);
    expect(claimsOf(await asked)).toMatchObject({ aud: 'https://graph.microsoft.com' });
  });

  it('signs in with a device code', async () => {
    const asked = ask({ ...publicClient, flow: 'device-code' });
    await personEntersCode();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username });
    expect(token.refreshToken).toBeTruthy();
  });

  it('signs in to a confidential client, which shows its secret', async () => {
    const asked = ask({ scopes: [userRead], flow: 'authorization-code' });
    await personSignsIn();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username, appid: confidentialClient.id, appidacr: '1' });
    expect(token.refreshToken).toBeTruthy();
  });

  it.each(['interactive', 'device-code'] as const)(
    "signs in with %s to a public client, which shows nothing of the profile's secret",
    async (flow) => {
      const asked = ask({ clientId: desktop, scopes: [userRead], flow });
      if (flow === 'interactive') await personSignsIn();
      else await personEntersCode();
      expect(claimsOf(await asked)).toMatchObject({ upn: alice.username, appidacr: '0' });
    },
  );

  it("comes back to the profile's redirect address", async () => {
    emulator.directory.applications.find(({ id }) => id === desktop)?.redirectUris?.push('http://localhost/signin');
    const asked = ask({ ...publicClient, flow: 'interactive', redirectUri: 'http://localhost/signin' });
    const { address } = await personSignsIn();
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/signin$/);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
  });

  it('without a browser is told the address, where a person may be told one', async () => {
    const shown: SignInElsewhere[] = [];
    const withoutBrowser = {
      noBrowser: 'This is a container.',
      signInElsewhere: (told: SignInElsewhere) => void shown.push(told),
    };
    context = { ...newContext(), ...withoutBrowser };
    const asked = ask({ ...publicClient, flow: 'interactive', showAddress: true });
    await vi.waitFor(() => expect(shown).toHaveLength(1), { interval: 5 });
    await signInAs(shown[0]?.address ?? '', alice, emulator.ca);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });

    context = { ...newContext(), ...withoutBrowser };
    expect(await refusalOf(ask({ ...publicClient, flow: 'interactive' }))).toEqual({
      code: 'BrowserUnavailable',
      message:
        'No browser can be opened here. This is a container. Run the command where a browser is, or use --flow device-code.',
    });
  });

  it('who does not come in time may be given more', async () => {
    expect(await refusalOf(ask({ ...publicClient, flow: 'interactive', timeout: 1000 }))).toEqual({
      code: 'SignInTimeout',
      message:
        'Nobody finished the sign-in within 1 seconds. Run the command again, or give more time with --timeout 2s.',
    });
  });

  it('at a confidential client hears in shell and browser which flow it wants', async () => {
    const asked = ask({ scopes: [userRead], flow: 'interactive' });
    const { page } = await personSignsIn();
    const error = await tokenErrorOf(asked);
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(error.message).toMatch(
      /^AADSTS7000218: .* Switch 'Allow public client flows' on in its app registration, or use --flow authorization-code with a profile that has a secret or a certificate\.$/,
    );
    expect(page).toContain('--flow authorization-code');
  });

  it('with a device code of a confidential client hears the same', async () => {
    const asked = ask({ scopes: [userRead], flow: 'device-code' });
    await personEntersCode();
    const error = await tokenErrorOf(asked);
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(error.message).toMatch(
      /^A device code is for public clients, and this application is none \(.*\)\. Switch 'Allow public client flows' on in its app registration, or use --flow authorization-code/,
    );
  });

  it('at a confidential client whose profile has no credential hears what is missing', async () => {
    const asked = ask({ scopes: [userRead], flow: 'authorization-code', credential: { kind: 'none' } });
    await personSignsIn();
    expect((await tokenErrorOf(asked)).message).toMatch(
      /give the profile a secret or a certificate with: entra-auth-cli config edit dev$/,
    );
  });
});

describe('Who has signed in before', () => {
  it('is not asked again, and the next refresh token replaces the one that was used', async () => {
    const refreshToken = await earlierSignIn();
    const renewed = await ask({ ...publicClient, flow: 'interactive', refreshToken });
    expect(claimsOf(renewed)).toMatchObject({ upn: alice.username });
    expect(renewed.refreshToken).toBeTruthy();
    expect(renewed.refreshToken).not.toBe(refreshToken);
    expect(renewed.username).toBe(alice.username);
    expect(grants()).toEqual(['refresh_token']);
  });

  it('keeps the refresh token where the service gives no new one', async () => {
    await using service = await serviceWithoutRotation();
    context = newContext({ NODE_EXTRA_CA_CERTS: service.caFile });
    const { authority } = service;
    const renewed = await ask({ ...publicClient, authority, flow: 'interactive', refreshToken: 'kept', signIn: false });
    expect(renewed).toMatchObject({ accessToken: 'ey.new.token', refreshToken: 'kept' });
  });

  it('at a confidential client needs its secret again', async () => {
    const refreshToken = await earlierSignIn({ scopes: [userRead], flow: 'authorization-code' });
    const renewed = await ask({ scopes: [userRead], flow: 'authorization-code', refreshToken, signIn: false });
    expect(claimsOf(renewed)).toMatchObject({ upn: alice.username, appidacr: '1' });
    expect(emulator.requests.at(-1)).toMatchObject({ grantType: 'refresh_token', body: { client_secret: '***' } });
  });

  it.each([
    ['InvalidGrant', 'AADSTS50173'],
    ['InteractionRequired', 'AADSTS50076'],
  ])('is asked again after %s, which the verbose stream tells', async (code, aadsts) => {
    const refreshToken = await earlierSignIn();
    if (code === 'InvalidGrant') changePassword();
    else emulator.nextAnswers.push({ kind: 'claims-challenge' });
    const asked = ask({ ...publicClient, flow: 'interactive', refreshToken });
    await personSignsIn(code === 'InvalidGrant' ? newPassword : undefined);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
    expect(grants()).toEqual(['refresh_token', 'authorization_code']);
    expect(context.logged.filter(({ level }) => level === 'verbose').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(new RegExp(`^The sign-in of profile dev can't be renewed: ${aadsts}`)),
    );
    expect(JSON.stringify(context.logged)).not.toContain(refreshToken);
  });

  it('is asked again for scopes that nobody has consented to', async () => {
    const client = { ...publicClient, clientId: unconsented };
    const refreshToken = await earlierSignIn(client);
    const scopes = ['https://graph.microsoft.com/Mail.Read'];
    const asked = ask({ ...client, flow: 'interactive', refreshToken, scopes });
    await personSignsIn();
    expect(claimsOf(await asked)['scp']).toContain('Mail.Read');
    expect(grants()).toEqual(['refresh_token', 'authorization_code']);
  });

  it('is not asked because the network fails', async () => {
    const refreshToken = await earlierSignIn();
    emulator.nextAnswers.push({ kind: 'reset' });
    const error = await tokenErrorOf(ask({ ...publicClient, flow: 'interactive', refreshToken }));
    expect(error.data).toMatchObject({ code: 'NetworkError', retryable: true });
    expect(context.progressed).toEqual([]);
  });

  it('is not asked by who may not ask, and hears how to sign in', async () => {
    const refreshToken = await earlierSignIn();
    changePassword();
    const error = await tokenErrorOf(ask({ ...publicClient, flow: 'interactive', refreshToken, signIn: false }));
    expect(error.data).toMatchObject({ code: 'InvalidGrant', aadsts: 50173 });
    expect(error.message).toMatch(/ Sign in again: entra-auth-cli get-token --profile dev --flow interactive --force$/);
    expect(context.progressed).toEqual([]);
  });

  it.each(['interactive', 'device-code', 'authorization-code'] as const)(
    'and is nobody, so that %s is not begun by who may not ask',
    async (flow) => {
      expect(await refusalOf(ask({ ...publicClient, flow, signIn: false }))).toEqual({
        code: 'InteractionRequired',
        message: 'Nobody has signed in with the profile dev. Sign in with: entra-auth-cli get-token --profile dev',
      });
      expect(emulator.requests).toEqual([]);
    },
  );

  it('is no matter to an application, which gets a new token', async () => {
    expect(claimsOf(await ask({ signIn: false }))).toMatchObject({ appid: confidentialClient.id });
  });

  const newPassword = 'Alice-New-Passw0rd!';

  function changePassword(): void {
    const user = emulator.directory.users.find(({ userPrincipalName }) => userPrincipalName === alice.username);
    Object.assign(user ?? {}, { password: newPassword });
  }

  /** A service that gives no refresh token with its answer to one, as RFC 6749 section 6 lets it. */
  async function serviceWithoutRotation(): Promise<AsyncDisposable & { authority: string; caFile: string }> {
    const { ca, server: own } = createServerCertificate();
    const folder = await mkdtemp(join(tmpdir(), 'service-'));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, ca);
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const server = createServer({ cert: own.certificate, key: own.privateKey }, (request, response) => {
      const base = `${authority}/${contoso}`;
      const discovery = {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/keys`,
      };
      const token = { token_type: 'Bearer', scope: userRead, expires_in: 3600, access_token: 'ey.new.token' };
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(request.method === 'POST' ? token : discovery));
    }).listen(0, '127.0.0.1', resolve);
    await listening;
    const authority = `https://localhost:${(server.address() as AddressInfo).port}`;
    return {
      authority,
      caFile,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
        await rm(folder, { recursive: true });
      },
    };
  }
});
