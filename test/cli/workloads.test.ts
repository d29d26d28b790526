/** Profiles of programs that have an identity where they run: managed identities and workload identity federation. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/protocol/environment.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { call } from '../emulator/client.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { givenKey } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, runCli, type CliResult } from '../helpers/cli.ts';
import { contoso, tokenRequests, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const systemAssigned = '5e1f0000-0000-4000-8000-000000000001';
const userAssigned = 'a5516000-0000-4000-8000-000000000002';
const workload = 'c1d0ad00-0000-4000-8000-00000000000c';
const repository = 'repo:contoso/scripts:ref:refs/heads/main';
const serviceConnectionId = '5e4c0000-0000-4000-8000-00000000000d';

const emulator = await emulatorOfFile();
const home = homeOfTest(givenKey);

const given = (profile: Omit<Profile, 'name' | 'scopes'> & Partial<Profile>): Promise<void> =>
  givenProfile(home.path, { name: 'default', scopes: ['https://graph.microsoft.com/.default'], ...profile });

function getToken(environment: Environment = {}, ...args: readonly string[]): Promise<CliResult> {
  return runCli(['get-token', ...args], { home: home.path, environment: { ...towards(emulator), ...environment } });
}

/** The application of the token that was printed; the rest of the result must be as it is with every token. */
function applicationOf({ exitCode, stdout, stderr }: CliResult): unknown {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return claimsIn(stdout)['appid'];
}

describe('get-token for a managed identity', () => {
  it.each([
    ['a virtual machine', 'imds'],
    ['App Service', 'appService'],
  ] as const)(
    'of %s prints the token of the system-assigned one, or of the one that the profile names',
    async (_where, source) => {
      await given({ authMethod: 'ManagedIdentity' });
      await given({ name: 'shared', authMethod: 'ManagedIdentity', clientId: userAssigned });
      const environment = emulator.managedIdentityEnvironment[source];
      expect(applicationOf(await getToken(environment))).toBe(systemAssigned);
      expect(applicationOf(await getToken(environment, '-p', 'shared'))).toBe(userAssigned);
    },
  );

  it('asks once, and prints the cached token after that', async () => {
    await given({ authMethod: 'ManagedIdentity' });
    const first = await getToken(emulator.managedIdentityEnvironment.appService);
    const served = emulator.requests.length;
    expect(await getToken(emulator.managedIdentityEnvironment.appService)).toEqual(first);
    expect(emulator.requests).toHaveLength(served);
  });

  it('ends with 3 where there is none, and says where one would be', async () => {
    await given({ authMethod: 'ManagedIdentity' });
    const { exitCode, stdout, stderr } = await getToken({ AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toBe(
      'entra-auth-cli: No managed identity is available here: neither IDENTITY_ENDPOINT (App Service, Functions, Automation, Arc) ' +
        'is set, nor does the metadata service of an Azure virtual machine answer.\n',
    );
  });

  it('ends with 3 for one that is not assigned here, and says to check its client id', async () => {
    await given({ authMethod: 'ManagedIdentity', clientId: workload });
    const { exitCode, stdout, stderr } = await getToken(emulator.managedIdentityEnvironment.appService);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`the user-assigned managed identity ${workload}`);
    expect(stderr).toContain("the profile's client id");
  });

  it('takes one whole resource, and says so for other scopes', async () => {
    await given({ authMethod: 'ManagedIdentity' });
    const { exitCode, stderr } = await getToken(emulator.managedIdentityEnvironment.imds, '-s', 'User.Read Mail.Read');
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      "entra-auth-cli: A managed identity's token is for one whole resource: give --scope one scope that ends in /.default, " +
        'such as https://graph.microsoft.com/.default.\n',
    );
  });
});

describe('get-token for a workload', () => {
  const application = { tenantId: contoso, clientId: workload, authMethod: 'WorkloadIdentity' } as const;
  let tokenFile: string;

  beforeEach(() => {
    tokenFile = join(home.path, 'federated-token');
  });

  /** What Kubernetes and the like put in a file: a token of the emulator's own issuer. */
  async function writeFederatedToken(subject = repository): Promise<void> {
    const { body } = await call(emulator, `${emulator.authority}/emulator/issuer/token`, { form: { subject } });
    writeFileSync(tokenFile, `${String(body['value'])}\n`);
  }

  it("proves it by the token in the profile's file", async () => {
    await writeFederatedToken();
    await given({ ...application, federatedTokenSource: 'File', federatedTokenFile: tokenFile });
    expect(applicationOf(await getToken())).toBe(workload);
  });

  it('proves it by the token in the file that AZURE_FEDERATED_TOKEN_FILE names', async () => {
    await writeFederatedToken();
    await given({ ...application, federatedTokenSource: 'File' });
    expect(applicationOf(await getToken({ AZURE_FEDERATED_TOKEN_FILE: tokenFile }))).toBe(workload);
  });

  it('proves it by the token of a GitHub Actions job', async () => {
    await given({ ...application, federatedTokenSource: 'GitHubActions' });
    const environment = emulator.workloadEnvironment.gitHubActions;
    const first = await getToken(environment);
    expect(applicationOf(first)).toBe(workload);
    expect(await getToken(environment)).toEqual(first);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('proves it by the token of an Azure Pipelines job', async () => {
    await given({ ...application, federatedTokenSource: 'AzurePipelines', serviceConnectionId });
    expect(applicationOf(await getToken(emulator.workloadEnvironment.azurePipelines))).toBe(workload);
  });

  it.each([
    ['File', {}, 'AZURE_FEDERATED_TOKEN_FILE is not set. Name the file, or let the variable name it.'],
    [
      'GitHubActions',
      {},
      'ACTIONS_ID_TOKEN_REQUEST_URL is not set. GitHub sets it for jobs that have `permissions: id-token: write`.',
    ],
    [
      'AzurePipelines',
      { serviceConnectionId },
      'SYSTEM_OIDCREQUESTURI is not set. Azure Pipelines sets it for the jobs that it runs.',
    ],
  ] as const)(
    'ends with 3 outside of what gives the token (%s), and says what is missing',
    async (source, more, message) => {
      await given({ ...application, ...more, federatedTokenSource: source });
      expect(await getToken()).toEqual({ exitCode: 3, stdout: '', stderr: `entra-auth-cli: ${message}\n` });
    },
  );

  it('ends with 3 when the application does not trust the workload, and names what the token has', async () => {
    await writeFederatedToken('repo:contoso/scripts:pull_request');
    await given({ ...application, federatedTokenSource: 'File', federatedTokenFile: tokenFile });
    const { exitCode, stdout, stderr } = await getToken();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^entra-auth-cli: AADSTS700213: .*'repo:contoso\/scripts:pull_request'.*to the letter\.\n$/);
  });

  it('ends with 3 when the service connection is not of this pipeline, and names it', async () => {
    await given({ ...application, federatedTokenSource: 'AzurePipelines', serviceConnectionId: workload });
    const { exitCode, stdout, stderr } = await getToken(emulator.workloadEnvironment.azurePipelines);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`Check the id of the service connection (${workload})`);
  });
});
