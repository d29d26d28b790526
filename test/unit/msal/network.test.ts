import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { failedExchange, network } from '../../../src/msal/network.ts';
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

  it('gives up on a service that is silent', async () => {
    const url = await serve(() => {});
    await expect(network.sendGetRequestAsync(url, undefined, 50)).rejects.toMatchObject({
      code: 'Timeout',
      data: { retryable: true },
    });
  });
});
