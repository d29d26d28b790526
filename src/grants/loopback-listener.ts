import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { redirectAddress, type RedirectAddress } from '../protocol/formats.ts';
import { quoted, shortened } from '../protocol/quoted.ts';
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
 * Any page that a browser shows can send requests here. So only a GET of the redirect address with this sign-in's state
 * counts; whatever else comes is refused and the wait goes on, or a page could end a person's sign-in.
 */
export class LoopbackListener {
  readonly #servers: Server[] = [];
  readonly #answer = Promise.withResolvers<AuthorizationResponse>();
  readonly #state: string;
  readonly #host: RedirectAddress['host'];
  readonly #path: string;
  #port = 0;

  private constructor(state: string, { host, path }: Pick<RedirectAddress, 'host' | 'path'>) {
    this.#state = state;
    this.#host = host;
    this.#path = path;
  }

  /**
   * @param where the redirect address as the application has it registered, or the ports of which the first free one is
   * to be taken, with a warning for each that is not; default any port of localhost
   * @throws TokenError PortUnavailable; InvalidParameter for a redirect address that isn't here
   */
  static async open(state: string, where: string | PortRange = 'http://localhost'): Promise<LoopbackListener> {
    if (typeof where === 'object') return LoopbackListener.#openFirstFree(state, where);
    const address = redirectAddress(where);
    if (!address) throw elsewhere(where);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const listener = new LoopbackListener(state, address);
      if (await listener.#listen(address.port)) return listener;
      if (address.port !== 0) throw taken(where, address.port);
    }
    throw new TokenError('PortUnavailable', 'No loopback port could be opened for the browser to come back to.', {
      retryable: true,
    });
  }

  static async #openFirstFree(state: string, { first, last }: PortRange): Promise<LoopbackListener> {
    for (let port = first; port <= last; port += 1) {
      // With a slash, as applications that were made for the range have it registered.
      const listener = new LoopbackListener(state, { host: 'localhost', path: '/' });
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

  /** The redirect address, with the port that is listened on. For `http://localhost` Entra takes any (RFC 8252 section 7.3). */
  get redirectUri(): string {
    return `http://${this.#host}:${this.#port}${this.#path}`;
  }

  /** @throws the signal's reason */
  answer(signal: AbortSignal): Promise<AuthorizationResponse> {
    return untilAborted(signal, this.#answer.promise);
  }

  /**
   * Takes the address that a browser on another machine ended on, where nobody listens.
   * @param text as a person has copied it
   * @returns what is wrong with it, a sentence or two; undefined when it is the answer
   */
  paste(text: string): string | undefined {
    const trimmed = text.trim();
    // Browsers hide `http://`, and some leave it out of what is copied.
    const address = trimmed.includes('://') ? trimmed : `http://${trimmed}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url || !this.#isHost(url) || !this.#isPath(url)) {
      return `That is no address at ${this.redirectUri}. Copy the whole address of the page that the browser ended on.`;
    }
    if (!this.#isAnswer(url)) return 'That is the address of another sign-in. Copy the one that this sign-in ended on.';
    this.#answer.resolve({ parameters: url.searchParams, reply: () => Promise.resolve() });
    return undefined;
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
    if (this.#host === '127.0.0.1') return true;
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
    const address = `http://${request.headers.host ?? ''}${request.url ?? ''}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url || !this.#isHost(url)) return refuse(response, 400);
    if (request.method !== 'GET') return refuse(response, 405);
    if (!this.#isPath(url)) return refuse(response, 404);
    if (!this.#isAnswer(url)) return refuse(response, 400);
    this.#answer.resolve({
      parameters: url.searchParams,
      reply: (succeeded, message) => show(response, 200, signInPage(succeeded, message)),
    });
  }

  #isHost({ host }: URL): boolean {
    // Parsed, for the standard port is left out of an address.
    return ['localhost', '127.0.0.1'].some((name) => new URL(`http://${name}:${this.#port}`).host === host);
  }

  #isPath({ pathname }: URL): boolean {
    return pathname === new URL(this.redirectUri).pathname;
  }

  #isAnswer({ searchParams }: URL): boolean {
    return searchParams.get('state') === this.#state;
  }
}

function elsewhere(address: string): TokenError {
  return new TokenError(
    'InvalidParameter',
    `The browser can't come back from the sign-in to ${quoted(address)}: it has to be an http address of this machine. ` +
      'Use http://localhost, or one such as http://localhost:8400/signin or http://127.0.0.1:8400, ' +
      "as it stands in the application's registration.",
    { parameter: 'redirectUri' },
  );
}

/** A port below 1024, or one that Windows has reserved, is as good as taken. */
function taken(address: string, port: number): TokenError {
  return new TokenError(
    'PortUnavailable',
    `The browser has to come back to ${shortened(address)}, and port ${port} is taken by another program or reserved. ` +
      'End the program that listens there and run the command again, or use another address that is registered.',
    { retryable: true },
  );
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
