import { request } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackListener, type PortRange } from '../../../src/grants/loopback-listener.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { recordedContext } from '../../helpers/request-context.ts';

let listener: LoopbackListener;
const state = 'right';

beforeEach(async () => {
  listener = await LoopbackListener.open(state);
});
afterEach(() => listener.close());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

function call(path: string, options: { method?: string; host?: string; address?: string } = {}): Promise<Answer> {
  const port = Number(new URL(listener.redirectUri).port);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    {
      host: options.address ?? '127.0.0.1',
      port,
      path,
      method: options.method ?? 'GET',
      headers: { host: options.host ?? `localhost:${port}` },
      agent: false,
    },
    (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    },
  );
  sent.on('error', reject);
  sent.end();
  return promise;
}

describe('The loopback listener', () => {
  it('hands on the answer that has the right state, and shows the person how it ended', async () => {
    const page = call('/?code=abc&state=right');
    const answer = await listener.answer(new AbortController().signal);
    expect(answer.parameters.get('code')).toBe('abc');
    await answer.reply(true, 'Fine <b>.');
    const { status, text, headers } = await page;
    expect(status).toBe(200);
    expect(text).toContain('You are signed in');
    expect(text).toContain('Fine &#60;b&#62;.');
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
  });

  it.each([
    ['a wrong state', '/?code=abc&state=wrong', {}, 400],
    ['no state', '/?code=abc', {}, 400],
    ['an error with a wrong state', '/?error=access_denied&state=wrong', {}, 400],
    ['another path', '/favicon.ico', {}, 404],
    ['another method', '/?code=abc&state=right', { method: 'POST' }, 405],
    ['another host name, as a rebound DNS name would send it', '/?code=abc&state=right', { host: 'evil.example' }, 400],
  ])('refuses %s and goes on waiting', async (_what, path, options, expected) => {
    expect((await call(path, options)).status).toBe(expected);
    const page = call('/?code=abc&state=right');
    const answer = await listener.answer(new AbortController().signal);
    await answer.reply(true, '');
    expect((await page).status).toBe(200);
  });

  it('stops waiting when the request is cancelled', async () => {
    const controller = new AbortController();
    const waiting = listener.answer(controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });

  it('frees its port when it is closed, also while a browser holds a connection', async () => {
    const port = Number(new URL(listener.redirectUri).port);
    const hanging = call('/?code=abc&state=right').catch((error: NodeJS.ErrnoException) => error.code);
    await listener.answer(new AbortController().signal);
    await listener.close();
    expect(await hanging).toBe('ECONNRESET');
    const again = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    again.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
    again.close();
  });

  it('listens on loopback addresses alone, IPv6 as well where there is one', async () => {
    const page = call('/?code=abc&state=right', { address: '::1' }).catch((error: NodeJS.ErrnoException) => error.code);
    const outcome = await Promise.race([page, listener.answer(new AbortController().signal)]);
    const answered = typeof outcome === 'object' && 'reply' in outcome;
    expect(answered ? 'answered' : outcome).toMatch(/^answered$|EADDRNOTAVAIL|ECONNREFUSED|EAFNOSUPPORT/);
    if (answered) await outcome.reply(true, '');
  });
});

describe('The loopback listener on a range of ports', () => {
  const context = recordedContext();
  const occupied: Server[] = [];
  afterEach(async () => {
    context.logged.length = 0;
    await Promise.all(occupied.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  /** A stranger's port; undefined where there is no such address. */
  function occupy(host: string, port = 0): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      occupied.push(server);
      resolve((server.address() as AddressInfo).port);
    });
    return promise;
  }

  async function openIn(ports: PortRange): Promise<{ redirectUri: string; port: number }> {
    await listener.close();
    listener = await withRequestContext(context, () => LoopbackListener.open(state, ports));
    return { redirectUri: listener.redirectUri, port: Number(new URL(listener.redirectUri).port) };
  }

  function skipped(first: number, end: number): typeof context.logged {
    return Array.from({ length: end - first }, (_, index) => ({
      level: 'warning',
      message: `Port ${first + index} is taken by another program and was skipped.`,
    }));
  }

  it('takes the first one that is free, without a warning, and comes back to its root', async () => {
    const free = (await occupy('127.0.0.1')) ?? 0;
    await new Promise((resolve) => occupied.pop()?.close(resolve));
    const { redirectUri } = await openIn({ first: free, last: free });
    expect(redirectUri).toBe(`http://localhost:${free}/`);
    expect(context.logged).toEqual([]);
    const page = call('/?code=abc&state=right');
    const answer = await listener.answer(new AbortController().signal);
    await answer.reply(true, '');
    expect((await page).status).toBe(200);
  });

  it('skips each one that is taken, with one warning for each', async () => {
    const first = (await occupy('127.0.0.1')) ?? 0;
    await occupy('127.0.0.1', first + 1);
    const { redirectUri, port } = await openIn({ first, last: Math.min(first + 50, 65_535) });
    expect(port).toBeGreaterThan(first + 1);
    expect(redirectUri).toBe(`http://localhost:${port}/`);
    expect(context.logged).toEqual(skipped(first, port));
  });

  it('skips one whose IPv6 side is taken, for a browser may go there with the code', async ({ skip }) => {
    const first = await occupy('::1');
    if (first === undefined) return skip('There is no IPv6 here.');
    const { port } = await openIn({ first, last: Math.min(first + 50, 65_535) });
    expect(port).toBeGreaterThan(first);
    expect(context.logged).toEqual(skipped(first, port));
    expect(await occupy('127.0.0.1', first), 'the IPv4 side of the skipped port').toBe(first);
  });

  it('is refused when all of them are taken', async () => {
    const taken = (await occupy('127.0.0.1')) ?? 0;
    await expect(openIn({ first: taken, last: taken })).rejects.toMatchObject({
      code: 'PortUnavailable',
      message:
        `The browser has to come back to a port from ${taken} to ${taken}, and all of them are taken. ` +
        'End a program that listens on one of them, and run the command again.',
      data: { retryable: true },
    });
    expect(context.logged).toEqual(skipped(taken, taken + 1));
  });

  it('gives two sign-ins at once a port each', async () => {
    const first = (await occupy('127.0.0.1')) ?? 0;
    const ports = { first, last: Math.min(first + 50, 65_535) };
    const { port } = await openIn(ports);
    const other = await withRequestContext(context, () => LoopbackListener.open(state, ports));
    try {
      expect(Number(new URL(other.redirectUri).port)).toBeGreaterThan(port);
    } finally {
      await other.close();
    }
  });
});
