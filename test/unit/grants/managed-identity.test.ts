import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetProbes, managedIdentity } from '../../../src/grants/managed-identity.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { recordedContext } from '../../helpers/request-context.ts';

let asked = 0;
/** A metadata service that is too busy to answer. */
const service = createServer((request) => {
  asked++;
  request.socket.destroy();
});
await once(service.listen(0, '127.0.0.1'), 'listening');
const { port } = service.address() as AddressInfo;
afterAll(() => service.close());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  asked = 0;
});
afterEach(() => {
  vi.useRealTimers();
  forgetProbes();
});

async function find(how: { readonly optional?: boolean; readonly force?: boolean }): Promise<void> {
  const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}` };
  const request = { resource: 'https://graph.microsoft.com', force: false, ...how };
  await expect(
    withRequestContext(recordedContext({ environment }), () => managedIdentity(request)),
  ).rejects.toMatchObject({ code: 'ManagedIdentityUnavailable' });
}

it('A metadata service that did not answer is left alone for half a minute by who has other sources', async () => {
  await find({ optional: true });
  await find({ optional: true });
  expect(asked).toBe(1);
  vi.setSystemTime(Date.now() + 30_001);
  await find({ optional: true });
  expect(asked).toBe(2);
  await find({ optional: true, force: true });
  expect(asked).toBe(3);
});

it('A metadata service that did not answer is asked again by who wants nothing else', async () => {
  await find({ optional: true });
  await find({});
  await find({});
  expect(asked).toBe(3);
});
