import { describe, expect, it } from 'vitest';
import { ask, refusalOf, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

const emulator = await emulatorOfFile();
const engine = await engineOfFile({ environment: towards(emulator) });

const clearIt = 'Azure sets it where there is a managed identity: leave it as it was set there, or clear it.';
const correctIt =
  'Set it to the address of a metadata service, such as http://169.254.169.254, or clear it for that of Azure.';

describe('A variable that should say where the identity endpoint is, and has no address, is named', () => {
  it.each([
    ['IDENTITY_ENDPOINT', 'nonsense', { IDENTITY_HEADER: 'header' }, clearIt],
    ['IDENTITY_ENDPOINT', '127.0.0.1:9/msi/token', { IDENTITY_HEADER: 'header' }, clearIt],
    ['IDENTITY_ENDPOINT', 'http://', { IDENTITY_HEADER: 'header', MSI_ENDPOINT: 'nonsense' }, clearIt],
    ['IDENTITY_ENDPOINT', 'ftp://127.0.0.1/msi/token', { IDENTITY_HEADER: 'header' }, clearIt],
    ['IDENTITY_ENDPOINT', 'nonsense', { IMDS_ENDPOINT: 'http://127.0.0.1:9' }, clearIt],
    ['IMDS_ENDPOINT', 'nonsense', { IDENTITY_ENDPOINT: 'http://127.0.0.1:9' }, clearIt],
    ['MSI_ENDPOINT', 'nonsense', {}, clearIt],
    ['MSI_ENDPOINT', 'nonsense', { MSI_SECRET: 'secret', IDENTITY_ENDPOINT: 'nonsense' }, clearIt],
    ['AZURE_POD_IDENTITY_AUTHORITY_HOST', 'nonsense', {}, correctIt],
    ['AZURE_POD_IDENTITY_AUTHORITY_HOST', 'ftp://127.0.0.1', {}, correctIt],
    ['AZURE_POD_IDENTITY_AUTHORITY_HOST', 'http://127.0.0.1 ', {}, correctIt],
  ])('%s=%s with %o', async (name, value, others, advice) => {
    const environment = { ...towards(emulator), ...others, [name]: value };
    expect(await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment }))).toMatchObject({
      message: `${name} is '${value}', which is no http or https address. ${advice}`,
      data: { code: 'ManagedIdentityFailed', retryable: false },
    });
  });

  it('and repeated by its beginning, without a password', async () => {
    const IDENTITY_ENDPOINT = `nobody:secret@${'x'.repeat(1000)}`;
    const environment = { ...towards(emulator), IDENTITY_ENDPOINT, IDENTITY_HEADER: 'header' };
    const { message } = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment }));
    expect(message).toBe(
      `IDENTITY_ENDPOINT is '***@${'x'.repeat(96)}...', which is no http or https address. ${clearIt}`,
    );
  });

  it('in the chain too', async () => {
    const environment = { ...towards(emulator), AZURE_POD_IDENTITY_AUTHORITY_HOST: 'nonsense' };
    const refusal = await refusalOf(
      ask(engine, 'NonInteractive', { credentialPrecedence: ['ManagedIdentity'] }, { environment }),
    );
    expect(refusal.message).toContain("Managed identity: AZURE_POD_IDENTITY_AUTHORITY_HOST is 'nonsense'");
  });
});

describe('An address that nobody asks is as it is', () => {
  it('of an IDENTITY_ENDPOINT alone, which is no source', async () => {
    const environment = { ...towards(emulator), IDENTITY_ENDPOINT: 'nonsense' };
    expect(await ask(engine, 'ManagedIdentity', {}, { environment })).toHaveProperty('token');
  });

  it('of a metadata service, where App Service has its own endpoint', async () => {
    const environment = {
      ...towards(emulator),
      AZURE_POD_IDENTITY_AUTHORITY_HOST: 'nonsense',
      IDENTITY_ENDPOINT: `${emulator.managedIdentity}/msi/token`,
      IDENTITY_HEADER: emulator.directory.identityHeader,
    };
    expect(await ask(engine, 'ManagedIdentity', {}, { environment })).toHaveProperty('token');
  });
});

it('A metadata service may have an https address', async () => {
  const environment = { ...towards(emulator), AZURE_POD_IDENTITY_AUTHORITY_HOST: 'https://127.0.0.1:9' };
  const refusal = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment }));
  expect(refusal.data.code).toBe('ManagedIdentityUnavailable');
});
