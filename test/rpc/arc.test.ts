import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, contoso, towards, type Emulator } from '../helpers/flows.ts';

/** Where Arc's agent has its key files; MSAL takes them from nowhere else, so only who may write there can try. */
const keyFolder = '/var/opt/azcmagent/tokens';
const made: string[] = [];

function writable(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    for (let folder = keyFolder; !existsSync(folder); folder = dirname(folder)) made.push(folder);
    mkdirSync(keyFolder, { recursive: true });
    const probe = join(keyFolder, 'probe.key');
    writeFileSync(probe, '');
    rmSync(probe);
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
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
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
