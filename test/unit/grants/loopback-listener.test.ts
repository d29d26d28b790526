import { request } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackListener, type PortRange } from '../../../src/grants/loopback-listener.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { freePort } from '../../helpers/ports.ts';
import { recordedContext } from '../../helpers/request-context.ts';

let listener: LoopbackListener;
const state = 'right';

beforeEach(async () => {
  listener = await LoopbackListener.open(state);
});
afterEach(() => listener.close());

const occupied: Server[] = [];
afterEach(async () => {
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
    expect(await occupy('127.0.0.1', port)).toBe(port);
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
  afterEach(() => void (context.logged.length = 0));

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
    const free = await freePort();
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
    const first = await occupy('::1', await freePort());
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

describe('The loopback listener at a redirect address', () => {
  async function openAt(address: string): Promise<string> {
    await listener.close();
    listener = await LoopbackListener.open(state, address);
    return listener.redirectUri;
  }

  /** The status of a request that has the right state. */
  async function statusOf(path: string, options: { address?: string } = {}): Promise<number | string | undefined> {
    const page = call(path, options).then(
      ({ status }) => status,
      ({ code }: NodeJS.ErrnoException) => code,
    );
    void listener.answer(new AbortController().signal).then((answer) => answer.reply(true, ''));
    return page;
  }

  it.each(['', '/', '/signin', '/sign-in/oidc%20callback/'])(
    'with a port and the path "%s" listens exactly there, and names it to the letter',
    async (path) => {
      const address = `http://localhost:${await freePort()}${path}`;
      expect(await openAt(address)).toBe(address);
      expect(await statusOf(`${path || '/'}?code=abc&state=right`)).toBe(200);
    },
  );

  it.each(['', '/signin'])('without a port takes any, and keeps the path "%s"', async (path) => {
    const address = await openAt(`http://localhost${path}`);
    expect(address).toMatch(new RegExp(`^http://localhost:\\d+${path}$`));
    expect(await openAt(`http://127.0.0.1${path}`)).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+${path}$`));
  });

  it.each(['/', '/signin/', '/Signin', '/signin/more'])('with the path /signin answers nothing at %s', async (path) => {
    await openAt('http://localhost/signin');
    expect(await statusOf(`${path}?code=abc&state=right`)).toBe(404);
  });

  it('of 127.0.0.1 leaves ::1 to others, for no browser goes there', async ({ skip }) => {
    const port = await occupy('::1', await freePort());
    if (port === undefined) return skip('There is no IPv6 here.');
    expect(await openAt(`http://127.0.0.1:${port}`)).toBe(`http://127.0.0.1:${port}`);
    expect(await statusOf('/?code=abc&state=right')).toBe(200);
  });

  it.for(['127.0.0.1', '::1'])('of localhost is refused where its port is taken on %s', async (host, { skip }) => {
    const port = await occupy(host);
    if (port === undefined) return skip('There is no IPv6 here.');
    const address = `http://localhost:${port}/signin`;
    await expect(openAt(address)).rejects.toMatchObject({
      code: 'PortUnavailable',
      message:
        `The browser has to come back to ${address}, and port ${port} is taken by another program or reserved. ` +
        'End the program that listens there and run the command again, or use another address that is registered.',
      data: { retryable: true },
    });
  });

  it.each([
    'https://localhost:8400',
    'http://contoso.com/signin',
    'http://localhost.contoso.com',
    'http://localhost@contoso.com',
    'http://192.168.1.2:8400',
    'http://0.0.0.0:8400',
    'http://[::1]:8400',
    'http://localhost:70000',
    'http://localhost:8400/signin?next=1',
    'http://localhost:8400/#top',
    'http://localhost:',
    'msauth://app',
    'urn:ietf:wg:oauth:2.0:oob',
    'localhost:8400',
    '',
  ])('refuses %s, which the browser would not come back to', async (address) => {
    await expect(openAt(address)).rejects.toMatchObject({
      code: 'InvalidParameter',
      message:
        `The browser can't come back from the sign-in to '${address}': it has to be an http address of this machine. ` +
        'Use http://localhost, or one such as http://localhost:8400/signin or http://127.0.0.1:8400, ' +
        "as it stands in the application's registration.",
      data: { parameter: 'redirectUri', retryable: false },
    });
  });

  it('is repeated by its beginning where it is long', async () => {
    const port = await occupy('127.0.0.1');
    const here = `http://localhost:${port}/${'x'.repeat(1000)}`;
    await expect(openAt(here)).rejects.toThrow(`The browser has to come back to ${here.slice(0, 100)}..., and port`);
    const elsewhere = `https://contoso.com/${'x'.repeat(1000)}`;
    await expect(openAt(elsewhere)).rejects.toThrow(`from the sign-in to '${elsewhere.slice(0, 100)}...': it has`);
  });
});

describe('An address that is pasted to the loopback listener', () => {
  beforeEach(async () => {
    await listener.close();
    listener = await LoopbackListener.open(state, 'http://localhost/signin');
  });

  it.each([
    ['as it is', (address: string) => address],
    ['with space around it', (address: string) => `  ${address}\n`],
    ['without http://, as browsers show it', (address: string) => address.replace('http://', '')],
    ['of 127.0.0.1', (address: string) => address.replace('localhost', '127.0.0.1')],
  ])('%s is the answer', async (_, copied) => {
    expect(listener.paste(copied(`${listener.redirectUri}?code=abc&state=right`))).toBeUndefined();
    const answer = await listener.answer(new AbortController().signal);
    expect(answer.parameters.get('code')).toBe('abc');
    await answer.reply(true, 'Nobody sees this.');
  });

  it.each([
    ['the address of the sign-in page', 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize?state=right'],
    ['another path', 'http://localhost:PORT/?code=abc&state=right'],
    ['another port', 'http://localhost:1/signin?code=abc&state=right'],
    ['the code alone', 'abc'],
    ['nothing', ''],
  ])('is none when it is %s, and the wait goes on', async (_, text) => {
    const { port } = new URL(listener.redirectUri);
    expect(listener.paste(text.replace('PORT', port))).toBe(
      `That is no address at ${listener.redirectUri}. Copy the whole address of the page that the browser ended on.`,
    );
    expect(listener.paste(`${listener.redirectUri}?code=abc&state=right`)).toBeUndefined();
    expect((await listener.answer(new AbortController().signal)).parameters.get('code')).toBe('abc');
  });

  it.each(['?code=evil&state=wrong', '?code=evil', ''])('is none when it ends in "%s"', async (search) => {
    expect(listener.paste(`${listener.redirectUri}${search}`)).toBe(
      'That is the address of another sign-in. Copy the one that this sign-in ended on.',
    );
    expect(listener.paste(`${listener.redirectUri}?code=abc&state=right`)).toBeUndefined();
    expect((await listener.answer(new AbortController().signal)).parameters.get('code')).toBe('abc');
  });
});
