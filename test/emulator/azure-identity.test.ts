import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  AzurePipelinesCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  ManagedIdentityCredential,
} from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSelfSignedCertificate } from '../../src/emulator/certificates.ts';
import { approveDeviceCode } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { serviceConnectionId, workloadSubjects } from '../../src/emulator/workload-runners.ts';
import { workload } from './agents.ts';
import { alice, certificateApp, confidential, contoso, desktop, graphDefault } from './client.ts';

const registered = createSelfSignedCertificate('identity');
const folder = mkdtempSync(join(tmpdir(), 'azure-identity-'));
const trustedBefore = getCACertificates('default');
const shared = 'a5516000-0000-4000-8000-000000000002';
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ deviceCodeIntervalSeconds: 1 });
  emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(registered.certificate);
  setDefaultCACertificates([...trustedBefore, emulator.ca]);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  setDefaultCACertificates(trustedBefore);
  rmSync(folder, { recursive: true });
  await emulator.close();
});

const options = () => ({ authorityHost: emulator.authority, disableInstanceDiscovery: true });

describe('@azure/identity', () => {
  test('gets an application token with ClientSecretCredential', async () => {
    const token = await new ClientSecretCredential(contoso, confidential.id, confidential.secret, options()).getToken(
      graphDefault,
    );

    expect(decodeJwt(token.token)).toMatchObject({ appid: confidential.id, tid: contoso });
    expect(token.expiresOnTimestamp - Date.now()).toBeGreaterThan(3_500_000);
  });

  test('reads the refusal of an expired secret', async () => {
    const credential = new ClientSecretCredential(contoso, confidential.id, 'Expired-Secret~1', options());

    await expect(credential.getToken(graphDefault)).rejects.toThrow(/AADSTS7000222/);
  });

  test.each([false, true])(
    'gets an application token with ClientCertificateCredential, chain sent: %s',
    async (sendCertificateChain) => {
      const certificatePath = join(folder, 'app.pem');
      writeFileSync(certificatePath, `${registered.privateKey}${registered.certificate}`);
      const credential = new ClientCertificateCredential(
        contoso,
        certificateApp,
        { certificatePath },
        { ...options(), sendCertificateChain },
      );

      expect(decodeJwt((await credential.getToken(graphDefault)).token)).toMatchObject({
        appid: certificateApp,
        appidacr: '2',
      });
    },
  );

  test("gets a pipeline's token with AzurePipelinesCredential", async () => {
    const { SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN } = emulator.workloadEnvironment.azurePipelines;
    vi.stubEnv('SYSTEM_OIDCREQUESTURI', SYSTEM_OIDCREQUESTURI);
    const credential = new AzurePipelinesCredential(
      contoso,
      workload,
      serviceConnectionId,
      SYSTEM_ACCESSTOKEN,
      options(),
    );

    expect(decodeJwt((await credential.getToken(graphDefault)).token)).toMatchObject({ appid: workload });
    expect(emulator.requests.at(-1)?.clientAssertion?.claims).toMatchObject({ sub: workloadSubjects.azurePipelines });
  });

  test('waits for a device code with DeviceCodeCredential', async () => {
    const credential = new DeviceCodeCredential({
      ...options(),
      tenantId: contoso,
      clientId: desktop,
      userPromptCallback: ({ verificationUri, userCode }) =>
        void approveDeviceCode(verificationUri, userCode, alice, emulator.ca),
    });
    const { token } = await credential.getToken('https://graph.microsoft.com/User.Read');

    expect(decodeJwt(token)).toMatchObject({ upn: alice.username });
  });

  test.each([
    ['system-assigned', {}, '5e1f0000-0000-4000-8000-000000000001'],
    ['user-assigned', { clientId: shared }, shared],
  ])("gets a %s identity's token from App Service with ManagedIdentityCredential", async (_, identity, clientId) => {
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = emulator.managedIdentityEnvironment.appService;
    vi.stubEnv('IDENTITY_ENDPOINT', IDENTITY_ENDPOINT);
    vi.stubEnv('IDENTITY_HEADER', IDENTITY_HEADER);
    const { token } = await new ManagedIdentityCredential(identity).getToken('https://vault.azure.net/.default');

    expect(decodeJwt(token)).toMatchObject({ appid: clientId, aud: 'https://vault.azure.net' });
  });
});
