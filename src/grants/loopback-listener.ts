import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenError } from '../protocol/token-error.ts';
import { currentRequest } from '../platform/request-context.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import { signInPage } from './sign-in-page.ts';

/** What Entra sent back through the browser, with the right state. */
export interface AuthorizationResponse {
  /** The parameters of RFC 6749 section 4.1.2 or 4.1.2.1. */
  readonly parameters: URLSearchParams;
  /** Shows the person how it ended; the browser waits for this. */
  reply(succeeded: boolean, message: string): Promise<void>;
}

/** Ports that a redirect address is registered with, for applications that name theirs; both ends belong to it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** How often another port is tried when the IPv6 side of one belongs to somebody else. */
const attempts = 5;

/** Codes of a port that is somebody else's; Windows says EACCES for one that is held exclusively or reserved. */
const takenCodes: ReadonlySet<string | undefined> = new Set(['EADDRINUSE', 'EACCES']);

/**
 * The listener at the end of a browser sign-in (RFC 8252 section 7.3): loopback only, one answer, then gone.
 *
 * Any page that a browser shows can send requests here. So only `GET /` with this sign-in's state counts; whatever
 * else comes is refused and the wait goes on, or a page could end a person's sign-in.
 */
export class LoopbackListener {
  readonly #servers: Server[] = [];
  readonly #answer = Promise.withResolvers<AuthorizationResponse>();
  readonly #state: string;
  /** What follows the port in the redirect address. */
  readonly #path: '' | '/';
  #port = 0;

  private constructor(state: string, path: '' | '/') {
    this.#state = state;
    this.#path = path;
  }

  /**
   * @param ports where the first free one is to be taken, with a warning for each that is not; default any port
   * @throws TokenError PortUnavailable
   */
  static async open(state: string, ports?: PortRange): Promise<LoopbackListener> {
    if (ports) return LoopbackListener.#openFirstFree(state, ports);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const listener = new LoopbackListener(state, '');
      if (await listener.#listen(0)) return listener;
    }
    throw new TokenError('PortUnavailable', 'No loopback port could be opened for the browser to come back to.', {
      retryable: true,
    });
  }

  static async #openFirstFree(state: string, { first, last }: PortRange): Promise<LoopbackListener> {
    for (let port = first; port <= last; port += 1) {
      const listener = new LoopbackListener(state, '/');
      if (await listener.#listen(port)) return listener;
      currentRequest()?.log('warning', `Port ${port} is taken by another program and was skipped.`);
    }
    throw new TokenError(
      'PortUnavailable',
      `The browser has to come back to a port from ${first} to ${last}, and all of them are taken. ` +
        'End a program that listens on one of them, and run the command again.',
      { retryable: true },
    );
  }

  /**
   * The redirect address. For `http://localhost` Entra takes any port (RFC 8252 section 7.3); with a range of ports it
   * ends with a slash, as applications that were made for the range have it registered.
   */
  get redirectUri(): string {
    return `http://localhost:${this.#port}${this.#path}`;
  }

  /** @throws the signal's reason */
  answer(signal: AbortSignal): Promise<AuthorizationResponse> {
    return untilAborted(signal, this.#answer.promise);
  }

  /** Frees the port at once, whatever connections a browser holds open. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        server.close(() => resolve());
        server.closeAllConnections();
        return promise;
      }),
    );
  }

  /**
   * A browser may take `localhost` for 127.0.0.1 or for ::1, so both must be ours: a stranger who listens on the
   * other one would be given the code.
   */
  async #listen(port: number): Promise<boolean> {
    if ((await this.#bind('127.0.0.1', port)) !== undefined) return false;
    // Any other problem means that there is no IPv6 here, and so no stranger.
    if (!takenCodes.has(await this.#bind('::1', this.#port))) return true;
    await this.close();
    return false;
  }

  #bind(host: string, port: number): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const server = createServer((request, response) => this.#receive(request, response));
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => {
      this.#port = (server.address() as AddressInfo).port;
      this.#servers.push(server);
      resolve(undefined);
    });
    return promise;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const host = request.headers.host ?? '';
    if (host !== `localhost:${this.#port}` && host !== `127.0.0.1:${this.#port}`) return refuse(response, 400);
    const url = new URL(request.url ?? '/', this.redirectUri);
    if (request.method !== 'GET') return refuse(response, 405);
    if (url.pathname !== '/') return refuse(response, 404);
    if (url.searchParams.get('state') !== this.#state) return refuse(response, 400);
    this.#answer.resolve({
      parameters: url.searchParams,
      reply: (succeeded, message) => show(response, 200, signInPage(succeeded, message)),
    });
  }
}

function refuse(response: ServerResponse, status: number): void {
  void show(response, status, signInPage(false, 'This is not the answer to the sign-in that is under way.'));
}

function show(response: ServerResponse, status: number, page: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('finish', resolve).once('close', resolve);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    // The address holds the code: it must not reach anybody as a referrer, and the page needs nothing from anywhere.
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(page);
  return promise;
}
