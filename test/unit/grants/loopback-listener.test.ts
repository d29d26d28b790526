import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackListener } from '../../../src/grants/loopback-listener.ts';

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
