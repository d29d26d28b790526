import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenError } from '../protocol/token-error.ts';
import { signInPage } from './sign-in-page.ts';

/** What Entra sent back through the browser, with the right state. */
export interface AuthorizationResponse {
  /** The parameters of RFC 6749 section 4.1.2 or 4.1.2.1. */
  readonly parameters: URLSearchParams;
  /** Shows the person how it ended; the browser waits for this. */
  reply(succeeded: boolean, message: string): Promise<void>;
}

/** How often another port is tried when the IPv6 side of one belongs to somebody else. */
const attempts = 5;

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
  #port = 0;

  private constructor(state: string) {
    this.#state = state;
  }

  /** @throws TokenError PortUnavailable */
  static async open(state: string): Promise<LoopbackListener> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const listener = new LoopbackListener(state);
      if (await listener.#listen()) return listener;
      await listener.close();
    }
    throw new TokenError('PortUnavailable', 'No loopback port could be opened for the browser to come back to.', {
      retryable: true,
    });
  }

  /** The redirect address: Entra takes any port for `http://localhost` (RFC 8252 section 7.3). */
  get redirectUri(): string {
    return `http://localhost:${this.#port}`;
  }

  /** @throws the signal's reason */
  async answer(signal: AbortSignal): Promise<AuthorizationResponse> {
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#answer.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
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
  async #listen(): Promise<boolean> {
    if ((await this.#bind('127.0.0.1', 0)) !== undefined) return false;
    const problem = await this.#bind('::1', this.#port);
    return problem !== 'EADDRINUSE';
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
