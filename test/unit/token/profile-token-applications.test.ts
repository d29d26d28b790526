import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceConnectionId } from '../../../src/emulator/workload-runners.ts';
import type { ProfileTokenDemand } from '../../../src/token/profile-token.ts';
import { call, certificateApp } from '../../emulator/client.ts';
import { makeCertificate } from '../../helpers/certificates.ts';
import { confidentialClient, tokenRequests } from '../../helpers/flows.ts';
import { desktop, graphDefault, userRead } from '../../helpers/partner-flows.ts';
import { claimsOf, inFolder, ProfileSession, refusalOf } from '../../helpers/profile-session.ts';
import { tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let session: ProfileSession;
beforeEach(async () => {
  session = await ProfileSession.start();
});
afterEach(() => session[Symbol.asyncDispose]());

describe('An application', () => {
  it('gets a token for Microsoft Graph by its secret', async () => {
    const token = await session.ask();
    expect(claimsOf(token)).toMatchObject({ appid: confidentialClient.id, aud: 'https://graph.microsoft.com' });
    expect(token).toMatchObject({ scopes: [graphDefault], refreshToken: undefined, username: undefined });
    expect(token.expiresOn - Date.now()).toBeGreaterThan(3_000_000);
  });

  it('gets one for the scope that is asked for', async () => {
    const token = await session.ask({ scopes: ['https://management.azure.com/.default'] });
    expect(claimsOf(token)).toMatchObject({ aud: 'https://management.azure.com' });
  });

  it('gets a cached one, and a new one by force', async () => {
    const { accessToken } = await session.ask();
    expect((await session.ask()).accessToken).toBe(accessToken);
    expect((await session.ask({ force: true })).accessToken).not.toBe(accessToken);
    expect(tokenRequests(session.emulator)).toBe(2);
  });

  it.each(['', 'Passw0rd!'])('gets it by a certificate file with the password "%s"', async (password) => {
    const own = makeCertificate();
    session.emulator.directory.applications
      .find(({ id }) => id === certificateApp)
      ?.certificates?.push(own.certificate);
    await inFolder(async (folder) => {
      const path = join(folder, 'app');
      await writeFile(path, password ? own.pfx(password) : `${own.privateKey}\n${own.certificate}`);
      const credential = { kind: 'certificateFile', path, password: password || undefined } as const;
      expect(claimsOf(await session.ask({ clientId: certificateApp, credential }))).toMatchObject({
        appid: certificateApp,
        appidacr: '2',
      });
    });
  });

  it.each([
    [undefined, 'is missing: one is needed', '--auth-method Certificate --certificate-password-file -'],
    ['wrong', 'is not the one', '--certificate-password-file -'],
  ])('whose certificate file is given the password %s hears where it comes from', async (password, why, options) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.pfx');
      await writeFile(path, makeCertificate().pfx('Passw0rd!'));
      expect(await refusalOf(session.ask({ credential: { kind: 'certificateFile', path, password } }))).toEqual({
        code: 'CertificatePasswordInvalid',
        message:
          `The password ${why} for the certificate file '${path}'. ` +
          `Store the right one with: entra-auth-cli config edit dev ${options}`,
      });
    });
  });

  it('whose certificate file is not there hears it before anything is sent', async () => {
    const credential = { kind: 'certificateFile', path: '/nowhere/app.pem' } as const;
    expect(await refusalOf(session.ask({ credential }))).toEqual({
      code: 'CertificateNotFound',
      message: "The certificate file '/nowhere/app.pem' does not exist. Correct the path, or put the file there.",
    });
    expect(session.emulator.requests).toEqual([]);
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
      /^AADSTS1002012: .* An application gets a resource's \.default only: check the scopes \(--scope, or the profile's\)\.$/,
    ],
    [
      'an unknown resource',
      { scopes: ['api://nobody/.default'] },
      'InvalidResource',
      /^AADSTS500011: .* Check the scopes \(--scope, or the profile's\): the tenant does not have it\.$/,
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
      /^The profile 'dev' has no credential, which the flow client-credentials needs\. Use --flow interactive or --flow device-code\.$/,
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
      /^The profile 'dev' has no tenant\. Give it one with: entra-auth-cli config edit dev --tenant-id ID$/,
    ],
    [
      'no client id',
      { clientId: undefined },
      'MissingParameter',
      /^The profile 'dev' has no client id\. Give it one with: entra-auth-cli config edit dev --client-id ID$/,
    ],
  ])('with %s hears what to do', async (_, demand, code, message) => {
    expect(await refusalOf(session.ask(demand))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("is sent to the profile's authority, whatever the environment says", async () => {
    session.context = session.newContext({ AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1' });
    expect(claimsOf(await session.ask({ authority: session.emulator.authority }))).toMatchObject({
      appid: confidentialClient.id,
    });
  });

  it('is sent to no authority without TLS', async () => {
    expect(await refusalOf(session.ask({ authority: 'http://localhost:1' }))).toEqual({
      code: 'InvalidParameter',
      message:
        "The authority is 'http://localhost:1', which is no https address. " +
        'Set it to one such as https://login.microsoftonline.us, or clear it for the public cloud.',
      parameter: 'authority',
    });
  });

  it('that waited long enough hears how to wait longer', async () => {
    session.emulator.nextAnswers.push({ kind: 'hang', endpoint: 'any' });
    expect(await refusalOf(session.ask({ timeout: 300 }))).toEqual({
      code: 'Timeout',
      message: 'No token came within 0.3 seconds. Try again, or give more time with --timeout 1s.',
    });
  });

  it('that is cancelled ends at once', async () => {
    session.emulator.nextAnswers.push({ kind: 'hang', endpoint: 'any' });
    const asked = session.ask();
    session.cancel();
    expect(await refusalOf(asked)).toEqual({ code: 'Cancelled', message: 'The request was cancelled.' });
  });
});

describe('A managed identity', () => {
  const managed = { tenant: undefined, clientId: undefined, credential: { kind: 'managedIdentity' } } as const;
  const shared = 'a5516000-0000-4000-8000-000000000002';

  it('gets a token for Microsoft Graph', async () => {
    const token = await session.ask(managed);
    expect(claimsOf(token)).toMatchObject({ appid: '5e1f0000-0000-4000-8000-000000000001' });
    expect(token).toMatchObject({ scopes: [graphDefault] });
  });

  it('is the user-assigned one that the client id names', async () => {
    expect(claimsOf(await session.ask({ ...managed, clientId: shared }))).toMatchObject({ appid: shared });
  });

  it.each([
    ['https://management.azure.com/.default', 'https://management.azure.com'],
    ['https://management.azure.com//.default', 'https://management.azure.com/'],
    ['.default', 'https://graph.microsoft.com'],
  ])('asks for the resource of the scope %s', async (scope, resource) => {
    await session.ask({ ...managed, scopes: [scope] });
    expect(session.emulator.requests.at(-1)?.query['resource']).toBe(resource);
  });

  it.each([[[userRead]], [[graphDefault, 'https://management.azure.com/.default']], [['https://vault.azure.net']]])(
    'gets none for %j, which is not one whole resource',
    async (scopes) => {
      expect(await refusalOf(session.ask({ ...managed, scopes }))).toEqual({
        code: 'InvalidScope',
        message:
          "A managed identity's token is for one whole resource: give --scope one scope that ends in /.default, " +
          'such as https://graph.microsoft.com/.default.',
        parameter: 'scope',
      });
    },
  );

  it.each(['interactive', 'device-code', 'authorization-code'] as const)('has no flow %s', async (flow) => {
    expect(await refusalOf(session.ask({ ...managed, flow }))).toEqual({
      code: 'InvalidParameter',
      message: `A managed identity signs in by itself: leave --flow ${flow} out.`,
      parameter: 'flow',
    });
  });

  it('that is not there hears which one was asked for', async () => {
    const clientId = '00000000-0000-4000-8000-000000000000';
    expect(await refusalOf(session.ask({ ...managed, clientId }))).toMatchObject({
      code: 'ManagedIdentityFailed',
      message: expect.stringMatching(
        new RegExp(
          `managed identity ${clientId}: .* Check that .* and that the profile's client id is its client id\\.$`,
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
    const { gitHubActions, azurePipelines } = session.emulator.workloadEnvironment;
    session.context = session.newContext({ ...gitHubActions, ...azurePipelines });
    const token = await session.ask({ clientId: workload, credential: { kind: 'workloadIdentity', ...source } });
    expect(claimsOf(token)).toMatchObject({ appid: workload, appidacr: '2' });
    expect(session.emulator.requests.at(-1)?.clientAssertion?.claims).toMatchObject({
      sub: subject,
      aud: 'api://AzureADTokenExchange',
    });
  });

  it('gets a token by the token in a file', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'token');
      await writeFile(file, await jobToken());
      session.context = session.newContext({ AZURE_FEDERATED_TOKEN_FILE: file });
      const credential = { kind: 'workloadIdentity', source: 'File' } as const;
      expect(claimsOf(await session.ask({ clientId: workload, credential }))).toMatchObject({ appid: workload });
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
    const application = session.emulator.directory.applications.find(({ id }) => id === workload);
    const [known] = application?.federatedCredentials ?? [];
    application?.federatedCredentials?.splice(
      0,
      Infinity,
      ...('federatedCredentials' in change ? [] : [{ ...known, ...change } as never]),
    );
    session.context = session.newContext(session.emulator.workloadEnvironment.gitHubActions);
    const credential = { kind: 'workloadIdentity', source: 'GitHubActions' } as const;
    const error = await tokenErrorOf(session.ask({ clientId: workload, credential }));
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts });
    expect(error.message.endsWith(` ${advice}`)).toBe(true);
  });

  it('without a token of its own hears what it lacks', async () => {
    const credential = { kind: 'workloadIdentity', source: 'GitHubActions' } as const;
    expect(await refusalOf(session.ask({ clientId: workload, credential }))).toMatchObject({
      code: 'FederatedTokenUnavailable',
      message: expect.stringMatching(/^ACTIONS_ID_TOKEN_REQUEST_URL is not set\./),
    });
  });

  /** A token of the emulator's issuer. */
  async function jobToken(): Promise<string> {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } =
      session.emulator.workloadEnvironment.gitHubActions;
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await call(session.emulator, `${url}&audience=api://AzureADTokenExchange`, { headers });
    return String(body['value']);
  }
});
