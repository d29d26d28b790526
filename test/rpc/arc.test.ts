import { accessSync, constants, mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, contoso, towards, type Emulator } from '../helpers/flows.ts';

/**
 * Where Arc's agent has its key files; MSAL takes them from nowhere else, so only who may write there can try. The folder
 * stays, for the module's tests use it at the same time.
 */
const keyFolder = '/var/opt/azcmagent/tokens';

function writable(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    mkdirSync(keyFolder, { recursive: true });
    accessSync(keyFolder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!writable())('A managed identity on an Arc machine', () => {
  let emulator: Emulator;
  let engine: Engine;

  beforeAll(async () => {
    emulator = await startEmulator();
    engine = await startEngine({ environment: towards(emulator) });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await emulator.close();
  });

  it('answers the challenge with the key file and gets its token', async () => {
    const environment = { ...towards(emulator), ...emulator.managedIdentityEnvironment.arc };
    emulator.clearRequests();
    const result = await ask(engine, 'ManagedIdentity', {}, { environment });
    expect(result.tenantId).toBe(contoso);
    expect(emulator.requests.map(({ status }) => status)).toEqual([401, 200]);
  });

  it('gets the token of the user-assigned identity that -ClientId names', async () => {
    const clientId = 'a5516000-0000-4000-8000-000000000002';
    const environment = { ...towards(emulator), ...emulator.managedIdentityEnvironment.arc };
    const result = await ask(engine, 'ManagedIdentity', { clientId }, { environment });
    expect(result.claims).toContainEqual(['appid', clientId]);
  });
});
