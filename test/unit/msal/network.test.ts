import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { exchangeText, failedExchange, network, tokenResponse } from '../../../src/msal/network.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { recordedContext } from '../../helpers/request-context.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('The network client', () => {
  it('refuses an answer that has no end', async () => {
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await expect(network.sendGetRequestAsync(url)).rejects.toMatchObject({
      code: 'ResponseInvalid',
      message: 'The service answered with more than 4194304 bytes; that is no token.',
    });
  });

  it.each([
    [200, 'ResponseInvalid', false, 'A proxy or a captive portal may have answered in its place.'],
    [429, 'Throttled', true, 'Try again later.'],
    [502, 'ServiceUnavailable', true, 'Try again later.'],
  ])('says what an answer %i that is no JSON may mean', async (status, code, retryable, advice) => {
    const url = await serve((_request, response) => response.writeHead(status).end('<html>'));
    await expect(network.sendPostRequestAsync(url)).rejects.toMatchObject({
      code,
      message: `${new URL(url).host} answered ${status} with something that is no JSON. ${advice}`,
      data: { retryable },
    });
  });

  it('keeps the failed exchange beside the request it belongs to', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(400, { 'retry-after': '7' }).end('{"error":"invalid_client"}');
    });
    await withRequestContext(recordedContext(), async () => {
      expect(failedExchange()).toBeUndefined();
      await network.sendPostRequestAsync(url);
      expect(failedExchange()).toMatchObject({
        status: 400,
        headers: { 'retry-after': '7' },
        body: { error: 'invalid_client' },
      });
    });
    await withRequestContext(recordedContext(), async () => expect(failedExchange()).toBeUndefined());
  });

  it('ends with the request it belongs to', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error('gone')));
    const context = recordedContext({ signal: controller.signal });
    await expect(withRequestContext(context, () => network.sendGetRequestAsync(url))).rejects.toThrow('gone');
  });

  it.each([
    ['at once', (cancel: () => void): void => cancel()],
    ['in a microtask', (cancel: () => void) => queueMicrotask(cancel)],
    ['at the next tick', (cancel: () => void) => process.nextTick(cancel)],
  ])('ends with its request also when that is cancelled as the answer comes: %s', async (_when, soon) => {
    const url = await serve((_request, response) => response.end('{"access_token":"abc"}'));
    const caller = new AbortController();
    const reason = new Error('The caller went away.');
    const cancel = (): void => soon(() => caller.abort(reason));
    subscribe('http.client.response.finish', cancel);
    try {
      const request = withRequestContext(recordedContext({ signal: caller.signal }), () => exchangeText('GET', url));
      await expect(request).rejects.toBe(reason);
    } finally {
      unsubscribe('http.client.response.finish', cancel);
    }
  });

  it('gives up on a service that is silent', async () => {
    const url = await serve(() => {});
    await expect(network.sendGetRequestAsync(url, undefined, 50)).rejects.toMatchObject({
      code: 'Timeout',
      data: { retryable: true },
    });
  });

  it('keeps what came with a token for the request that asked, and for no other', async () => {
    const url = await serve((_request, response) =>
      response.end(
        '{"access_token":"at","refresh_token":"rt","expires_in":3599,"ext_expires_in":7199,"token_type":"Bearer"}',
      ),
    );
    await withRequestContext(recordedContext(), async () => {
      await network.sendPostRequestAsync(url);
      expect(tokenResponse()).toEqual({ accessToken: 'at', refreshToken: 'rt', extension: 3600 });
      await withRequestContext(recordedContext(), async () => expect(tokenResponse()).toBeUndefined());
    });
    expect(tokenResponse()).toBeUndefined();
  });

  it.each([
    ['no refresh token and no times', '{"access_token":"at"}', { refreshToken: undefined, extension: 0 }],
    ['times as texts', '{"access_token":"at","expires_in":"60","ext_expires_in":"90"}', { extension: 30 }],
    ['an extension that is none', '{"access_token":"at","expires_in":60,"ext_expires_in":0}', { extension: 0 }],
  ])('understands an answer with %s', async (_what, body, expected) => {
    const url = await serve((_request, response) => response.end(body));
    await withRequestContext(recordedContext(), async () => {
      await network.sendPostRequestAsync(url);
      expect(tokenResponse()).toMatchObject(expected);
    });
  });

  it('takes what node refuses to send for a failed exchange', async () => {
    await withRequestContext(recordedContext(), async () => {
      const headers = { 'x-broken': 'a\nb' };
      await expect(network.sendPostRequestAsync('http://127.0.0.1:1', { headers })).rejects.toThrow(/x-broken/);
      expect(failedExchange()).toMatchObject({ error: { code: 'ERR_INVALID_CHAR' } });
    });
  });
});
