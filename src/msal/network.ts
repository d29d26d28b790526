import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';
import { trustsSystemStore, trustSystemStoreAfter } from '../platform/network-settings.ts';
import { currentRequest, type RequestContext } from '../platform/request-context.ts';
import { isLifetime, problemOfTokenAnswer } from './token-answers.ts';

/** What a token service has to say fits in far less; a longer answer (bytes) is refused, not stored. */
const maximumBody = 4 * 1024 * 1024;

/** How long a service may be silent, in milliseconds, before it counts as not answering. */
const silence = 30_000;

/**
 * MSAL's network over node:http and node:https, whose global agents keep connections alive and follow the session's
 * proxy. MSAL's own client uses fetch, which takes longer to load and can't be cancelled; this one ends with the
 * request it belongs to.
 */
export const network: INetworkModule = {
  sendGetRequestAsync: (url, options, timeout) => send('GET', url, options, timeout),
  sendPostRequestAsync: (url, options) => send('POST', url, options),
};

/** How the last exchange of a request ended without a token. */
export type FailedExchange =
  | { readonly error: unknown; readonly url: string }
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** The JSON that the service answered with. */
      readonly body: Readonly<Record<string, unknown>>;
      readonly url: string;
    };

/**
 * MSAL replaces network errors by ones without a cause, and drops most of what Entra says of a refusal. So the facts
 * are kept here, beside the request they belong to.
 */
const failedExchanges = new WeakMap<RequestContext, FailedExchange>();

/** The failure of the request's last exchange; undefined when it succeeded or there was none. */
export function failedExchange(): FailedExchange | undefined {
  const context = currentRequest();
  return context && failedExchanges.get(context);
}

/** What a token service said beside the access token and MSAL keeps to itself. */
export interface TokenResponse {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Seconds by which the token outlives its end while the service has an outage: ext_expires_in past expires_in. */
  readonly extension: number;
}

/**
 * MSAL never hands a refresh token out. Its cache has it, but not after a refresh token grant, whose tokens MSAL doesn't
 * cache; and with several such grants at once the cache couldn't say which answer belongs to whom. Here each request
 * finds the answer that it got itself.
 */
const tokenResponses = new WeakMap<RequestContext, TokenResponse>();

/** The last answer with a token that the request got from the network; undefined when there was none. */
export function tokenResponse(): TokenResponse | undefined {
  const context = currentRequest();
  return context && tokenResponses.get(context);
}

function rememberTokens(body: Readonly<Record<string, unknown>>): void {
  const context = currentRequest();
  const { access_token: accessToken, refresh_token: refreshToken } = body;
  if (!context || typeof accessToken !== 'string') return;
  const whole = body['ext_expires_in'];
  const extension = isLifetime(whole) ? Number(whole) - Number(body['expires_in']) : 0;
  tokenResponses.set(context, {
    accessToken,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined,
    extension: extension > 0 ? extension : 0,
  });
}

function remember(failure: FailedExchange): void {
  const context = currentRequest();
  if (context) failedExchanges.set(context, failure);
}

function forgetFailure(): void {
  const context = currentRequest();
  if (context) failedExchanges.delete(context);
}

async function send<Body>(
  method: 'GET' | 'POST',
  url: string,
  options?: NetworkRequestOptions,
  timeout?: number,
): Promise<NetworkResponse<Body>> {
  const response = await exchangeText(method, url, options, timeout);
  const body = parseBody(response, url);
  if (response.status >= 400) {
    remember({ status: response.status, headers: response.headers, body, url });
    if (asksForToken.test(options?.body ?? '') && isPassingTrouble(response)) {
      throw new Error(`${new URL(url).host} answered ${response.status}.`);
    }
  } else {
    refuseWrongAnswer(url, options?.body, body);
    rememberTokens(body);
  }
  return { headers: response.headers, status: response.status, body: body as Body };
}

/**
 * MSAL gives the same refusal to the same request for a minute, unsent, also to who asks to go past its cache: a script
 * that tries again could not succeed. A service that wants a wait says so by Retry-After, and MSAL obeys it.
 */
function isPassingTrouble({ status, headers }: RawResponse): boolean {
  return (status === 429 || status >= 500) && headers['retry-after'] === undefined;
}

/**
 * One exchange with a service that is none of MSAL's: whatever it answers is the answer.
 * @param timeout milliseconds of silence
 * @throws as {@link exchange}; a failure is remembered for the request's error
 */
export async function exchangeText(
  method: 'GET' | 'POST',
  url: string,
  options?: NetworkRequestOptions,
  timeout: number = silence,
): Promise<RawResponse> {
  const context = currentRequest();
  if (context?.cacheOnly) throw new TokenError('EngineError', 'Nothing is to be sent.');
  context?.log('debug', `${method} ${withoutQuery(url)}`);
  // Async: what node throws at once, of a header it won't send for one, is a failed exchange too.
  const attempt = async (): Promise<RawResponse> => exchange(method, new URL(url), options, timeout, context?.signal);
  const trusted = trustsSystemStore();
  const response = await attempt()
    .catch((error: unknown) => (!trusted && trustSystemStoreAfter(error) ? attempt() : Promise.reject(error)))
    .catch((error: unknown) => {
      remember({ error, url });
      throw error;
    });
  forgetFailure();
  const correlation = response.headers['x-ms-request-id'];
  context?.log('debug', `${response.status} from ${withoutQuery(url)}${correlation ? ` (${correlation})` : ''}`);
  return response;
}

/** An HTTP answer, read to its end. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

/**
 * One HTTP exchange. `timeout`: milliseconds of silence.
 * @throws the signal's reason when cancelled; node's own error (ECONNREFUSED, ENOTFOUND, a TLS code) when there is
 * no answer; TokenError Timeout or ResponseInvalid
 */
function exchange(
  method: 'GET' | 'POST',
  url: URL,
  options: NetworkRequestOptions | undefined,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const body = method === 'POST' ? (options?.body ?? '') : undefined;
  const requestOptions: RequestOptions = {
    method,
    headers: {
      ...options?.headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    timeout,
  };
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = open(url, requestOptions, (response) => {
    readText(response).then((text) => {
      // Node takes the listeners for its body off a request that is cancelled just now, and tells of its end all the same.
      if (signal?.aborted) fail(signal.reason);
      else resolve({ status: response.statusCode ?? 0, headers: flatHeaders(response), text });
    }, fail);
  });
  function fail(error: unknown): void {
    reject(signal?.aborted ? signal.reason : error);
  }
  request.on('timeout', () => {
    request.destroy(
      new TokenError('Timeout', `${url.host} did not answer within ${Math.round(timeout / 1000)} seconds.`, {
        retryable: true,
      }),
    );
  });
  request.on('error', fail);
  // Not the option `signal`, for which node listens for the request's end in eight ways.
  const cancel = (): void => void request.destroy();
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  request.on('close', () => signal?.removeEventListener('abort', cancel));
  request.end(body);
  return promise;
}

/** By events, which cost less than an async iterator. */
function readText(response: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    chunks.push(chunk);
    if (length <= maximumBody) return;
    const message = `The service answered with more than ${maximumBody} bytes; that is no token.`;
    response.destroy(new TokenError('ResponseInvalid', message));
  });
  response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  response.on('error', reject);
  return promise;
}

function flatHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function parseBody(response: RawResponse, url: string): Readonly<Record<string, unknown>> {
  // A refusal without words, as proxies and identity endpoints give it, is told by its status and headers.
  if (response.text === '' && response.status >= 400) return {};
  try {
    const body: unknown = JSON.parse(response.text);
    if (typeof body === 'object' && body !== null) return { ...body };
  } catch {
    // Told below: an answer that is JSON but no object is as useless.
  }
  const error = unreadable(response.status, new URL(url).host);
  remember({ error, url });
  throw error;
}

/** What to do where an answer can't be Entra's. */
export const checkService = 'Check the address of the sign-in service, and the proxy.';

/** The form of a request to a token endpoint (RFC 6749 section 4). */
const asksForToken = /(?:^|&)grant_type=/;

/** @throws TokenError ResponseInvalid for what MSAL would take as it comes */
function refuseWrongAnswer(url: string, form: string | undefined, body: Readonly<Record<string, unknown>>): void {
  const problem = form && asksForToken.test(form) ? problemOfTokenAnswer(body) : undefined;
  if (problem === undefined) return;
  const error = new TokenError('ResponseInvalid', `${new URL(url).host} answered with ${problem}. ${checkService}`);
  remember({ error, url });
  throw error;
}

function unreadable(status: number, host: string): TokenError {
  const what = `${host} answered ${status} with something that is no JSON.`;
  if (status === 429) return new TokenError('Throttled', `${what} Try again later.`, { retryable: true });
  if (status >= 500) return new TokenError('ServiceUnavailable', `${what} Try again later.`, { retryable: true });
  return new TokenError('ResponseInvalid', `${what} A proxy or a captive portal may have answered in its place.`);
}

function withoutQuery(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
