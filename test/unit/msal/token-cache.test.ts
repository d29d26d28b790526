import type { AuthenticationResult } from '@azure/msal-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confidentialClient, forgetApplications } from '../../../src/msal/applications.ts';
import { presenting } from '../../../src/msal/client-assertion.ts';
import { cachedResult } from '../../../src/msal/token-cache.ts';
import { requestUnderWay, withRequestContext } from '../../../src/platform/request-context.ts';
import { invoiceAgent, parentToken } from '../../emulator/agents.ts';
import { graphDefault } from '../../emulator/client.ts';
import type { Emulator } from '../../helpers/flows.ts';
import { recordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startTrustedEmulator();
});
afterEach(async () => {
  forgetApplications();
  await emulator.close();
});

const ask = (): Promise<AuthenticationResult | null> => {
  const client = confidentialClient(identityOf(emulator, invoiceAgent), { kind: 'presented', by: 'test' });
  return client.acquireTokenByClientCredential({ scopes: [graphDefault] });
};

describe("MSAL's cache alone", () => {
  it('has nothing where Entra would have to be asked, and asks nobody', async () => {
    const context = recordedContext();
    expect(await withRequestContext(context, () => cachedResult(ask))).toBeUndefined();
    expect(emulator.requests).toEqual([]);
    expect(context.logged).toEqual([]);
  });

  it('has what was got before, and needs no credential for it', async () => {
    const parent = await parentToken(emulator);
    await withRequestContext(recordedContext(), async () => {
      const result = await presenting(parent, ask);
      emulator.clearRequests();
      expect((await cachedResult(ask))?.accessToken).toBe(result?.accessToken);
      expect(emulator.requests).toEqual([]);
    });
  });

  it('leaves the request that asks it free to go to the network', async () => {
    await withRequestContext(recordedContext(), async () => {
      await cachedResult(ask);
      expect(requestUnderWay().cacheOnly).toBeUndefined();
    });
  });
});

describe('An application whose assertions are presented', () => {
  it('asks for nothing without one', async () => {
    await expect(withRequestContext(recordedContext(), ask)).rejects.toMatchObject({
      code: 'EngineError',
      message: 'An application has no assertion to present.',
    });
  });
});
