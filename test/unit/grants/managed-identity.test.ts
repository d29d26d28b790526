import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { endEnvironmentThreads } from '../../../src/grants/environment-thread.ts';
import { forgetProbes, managedIdentity } from '../../../src/grants/managed-identity.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import type { TokenAnswer } from '../../../src/grants/token-answer.ts';
import { recordedContext } from '../../helpers/request-context.ts';

let asked = 0;
const tooBusy: RequestListener = ({ socket }) => void socket.destroy();
let serve: RequestListener;
const service = createServer((request, response) => {
  asked++;
  serve(request, response);
});
await once(service.listen(0, '127.0.0.1'), 'listening');
const { port } = service.address() as AddressInfo;
afterAll(() => {
  endEnvironmentThreads();
  service.close();
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  asked = 0;
  serve = tooBusy;
});
afterEach(() => {
  vi.useRealTimers();
  forgetProbes();
});

type How = { readonly optional?: boolean; readonly force?: boolean };

function find(how: How, signal?: AbortSignal): Promise<TokenAnswer> {
  const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}` };
  const request = { resource: 'https://graph.microsoft.com', force: false, ...how };
  const context = recordedContext({ environment, ...(signal ? { signal } : {}) });
  return withRequestContext(context, () => managedIdentity(request));
}

const expectNone = (how: How): Promise<void> =>
  expect(find(how)).rejects.toMatchObject({ code: 'ManagedIdentityUnavailable' });

it('A metadata service that did not answer is left alone for half a minute by who has other sources', async () => {
  await expectNone({ optional: true });
  await expectNone({ optional: true });
  expect(asked).toBe(1);
  vi.setSystemTime(Date.now() + 30_001);
  await expectNone({ optional: true });
  expect(asked).toBe(2);
  await expectNone({ optional: true, force: true });
  expect(asked).toBe(3);
});

it('A metadata service that did not answer is asked again by who wants nothing else', async () => {
  await expectNone({ optional: true });
  await expectNone({});
  await expectNone({});
  expect(asked).toBe(3);
});

it('A metadata service that has answered once has, whatever somebody heard who had asked before', async () => {
  const arrived = Promise.withResolvers<void>();
  serve = () => arrived.resolve();
  const silence = expectNone({});
  await arrived.promise;
  const refuse: RequestListener = (_request, response) => response.writeHead(400).end('{"error":"invalid_request"}');
  serve = refuse;
  const refused = { code: 'ManagedIdentityFailed' };
  await expect(find({ optional: true })).rejects.toMatchObject(refused);
  await silence;
  await expect(find({ optional: true })).rejects.toMatchObject(refused);
});

it('A metadata service that nobody waited for is asked again', async () => {
  const controller = new AbortController();
  const reason = new Error('cancelled');
  serve = () => controller.abort(reason);
  await expect(find({ optional: true }, controller.signal)).rejects.toBe(reason);
  serve = tooBusy;
  await expectNone({ optional: true });
  expect(asked).toBe(2);
});
