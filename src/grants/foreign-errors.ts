import type { TokenErrorCode } from '../protocol/errors.ts';
import { shortened } from '../protocol/quoted.ts';
import { TokenError, type TokenErrorDetails } from '../protocol/token-error.ts';
import { checkService, failedExchange, type FailedExchange } from '../msal/network.ts';
import { redact } from '../msal/logger.ts';
import { currentRequest, type Wording } from '../platform/request-context.ts';

/**
 * The one boundary where errors that are not ours become ours.
 *
 * MSAL's own errors say little, so the exchange that failed is looked at first: Entra's answer, or node's error.
 */
export function asTokenError(error: unknown): TokenError {
  if (error instanceof TokenError) return error;
  const exchange = failedExchange();
  if (exchange && 'error' in exchange) {
    if (exchange.error instanceof TokenError) return exchange.error;
    return networkError(exchange.error, new URL(exchange.url));
  }
  if (exchange) return entraError(exchange, error);
  return libraryError(error);
}

const ofGetAzToken: Wording = {
  scope: '-Scope',
  resource: '-Resource',
  signInAgain: 'Sign in again with Get-AzToken -Interactive.',
  answerChallenge: 'Sign in with Get-AzToken -Interactive and give the claims challenge as -Claim.',
};

function wording(): Wording {
  return currentRequest()?.wording ?? ofGetAzToken;
}

/** What Entra's numbers mean, and what to do; the rest goes by OAuth's `error`. */
const entraCodes: Readonly<Record<number, readonly [TokenErrorCode, string | ((wording: Wording) => string)]>> = {
  7000215: ['InvalidClient', 'Check the client secret: its value is needed, not its id.'],
  7000222: ['InvalidClient', 'The client secret has expired. Create a new one for the app registration.'],
  700027: ['InvalidClient', 'Register the certificate with the app registration, or use the one that is registered.'],
  700024: ['InvalidClient', "Check this machine's clock."],
  700025: ['InvalidClient', 'The application is a public client: leave the secret or certificate out.'],
  7000218: ['InvalidClient', 'The application is a confidential one: a secret or a certificate is needed.'],
  700016: ['ApplicationNotFound', 'Check the client id and the tenant: the application is not in this tenant.'],
  90002: ['InvalidTenant', 'Check the tenant: its id, or one of its verified domains.'],
  900023: ['InvalidTenant', 'Check the tenant: its id, or one of its verified domains.'],
  50194: ['InvalidTenant', 'The application is known to one tenant only: name that tenant.'],
  50020: ['UserNotFound', 'The user is of another tenant: check the tenant, or sign in as somebody else.'],
  50034: ['UserNotFound', 'Check the user name and the tenant.'],
  65001: ['ConsentRequired', 'Nobody has consented to these scopes. Sign in interactively, or ask an administrator.'],
  65004: ['SignInDenied', 'The consent was declined. Sign in again and accept, or ask for other scopes.'],
  70011: ['InvalidScope', ({ scope }) => `Check ${scope}: the resource does not have it.`],
  28000: ['InvalidScope', ({ scope }) => `Check ${scope}: a token is for one resource. Run the command once for each.`],
  1002012: ['InvalidScope', ({ scope }) => `An application gets a resource's .default only: check ${scope}.`],
  500011: ['InvalidResource', ({ resource }) => `Check ${resource}: the tenant does not have it.`],
  500133: ['InvalidGrant', 'The assertion is outside of its time. Get a new one.'],
  70008: ['InvalidGrant', ({ signInAgain }) => `The code or refresh token has expired. ${signInAgain}`],
  700082: ['InvalidGrant', ({ signInAgain }) => `The refresh token has expired. ${signInAgain}`],
  50173: ['InvalidGrant', ({ signInAgain }) => `The refresh token has been revoked. ${signInAgain}`],
};

const oauthCodes: Readonly<Record<string, TokenErrorCode>> = {
  invalid_client: 'InvalidClient',
  unauthorized_client: 'InvalidClient',
  invalid_grant: 'InvalidGrant',
  interaction_required: 'InteractionRequired',
  login_required: 'InteractionRequired',
  consent_required: 'ConsentRequired',
  invalid_scope: 'InvalidScope',
  invalid_resource: 'InvalidResource',
  access_denied: 'SignInDenied',
  temporarily_unavailable: 'ServiceUnavailable',
};

function entraError(exchange: Extract<FailedExchange, { status: number }>, cause: unknown): TokenError {
  const { body, status, headers } = exchange;
  const oauthError = textMember(body, 'error');
  // Identity endpoints have a `message` where Entra has an `error_description`.
  const words = textMember(body, 'error_description') ?? textMember(body, 'message');
  const aadsts = numberIn(body['error_codes']) ?? (Number(/AADSTS(\d+)/.exec(words ?? '')?.[1]) || undefined);
  const claims = textMember(body, 'claims');
  const here = aadsts === undefined ? undefined : wording().refusals?.[aadsts];
  const [code, advice] = here ? [here.code, here.advice] : codeFor(status, aadsts, oauthError, claims);
  const retryAfter = retryAfterOf(headers['retry-after']);
  const details: TokenErrorDetails = {
    cause,
    retryable: code === 'Throttled' || code === 'ServiceUnavailable',
    ...defined({
      parameter: here?.parameter,
      aadsts,
      oauthError,
      suberror: textMember(body, 'suberror'),
      correlationId: textMember(body, 'correlation_id'),
      traceId: textMember(body, 'trace_id'),
      timestamp: timestampOf(textMember(body, 'timestamp')),
      claims,
      retryAfter,
    }),
  };
  const said = words ? sentence(redact(firstLine(words))) : `${new URL(exchange.url).host} answered ${status}.`;
  const correlation = details.correlationId ? ` (correlation id ${details.correlationId})` : '';
  return new TokenError(code, `${said}${correlation}${advice ? ` ${advice}` : ''}`, details);
}

function codeFor(
  status: number,
  aadsts: number | undefined,
  oauthError: string | undefined,
  claims: string | undefined,
): readonly [TokenErrorCode, string] {
  const known = aadsts === undefined ? undefined : entraCodes[aadsts];
  if (known) return [known[0], typeof known[1] === 'string' ? known[1] : known[1](wording())];
  if (status === 429) return ['Throttled', 'Too many requests: wait before the next one.'];
  if (status >= 500) return ['ServiceUnavailable', 'Try again later.'];
  const code = oauthCodes[oauthError ?? ''] ?? 'AuthenticationFailed';
  if (claims) return ['InteractionRequired', wording().answerChallenge];
  if (code === 'InteractionRequired' || code === 'InvalidGrant') return [code, wording().signInAgain];
  return [code, ''];
}

const checkProxy = 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.';

/** Node's codes for a way that does not lead to the service. */
function networkError(error: unknown, { host: whole, hostname, port, protocol }: URL): TokenError {
  const host = shortened(whole);
  const code = nodeCodeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const details = { cause: error, retryable: true };
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const unknown = error instanceof Error && 'hostname' in error ? String(error.hostname) : hostname;
      return new TokenError(
        'NameNotResolved',
        unknown === hostname
          ? `The name ${host} can't be resolved. Check the network and the proxy.`
          : `The name ${shortened(unknown)} of the proxy can't be resolved. ${checkProxy}`,
        details,
      );
    }
    case 'ECONNREFUSED': {
      const refuser = refuserIn(error);
      const isProxy = refuser !== undefined && refuser.port !== Number(port || (protocol === 'https:' ? 443 : 80));
      return new TokenError(
        'ConnectionRefused',
        isProxy
          ? `The proxy at ${refuser.address}:${refuser.port} refused the connection to ${host}. ${checkProxy}`
          : `${host} refused the connection. Check the address and the proxy.`,
        details,
      );
    }
    // Node's message repeats the proxy's address.
    case 'ERR_PROXY_TUNNEL': {
      const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0;
      const what = status ? `it answered ${status}` : 'its answer is none of a proxy';
      return new TokenError(
        'NetworkError',
        `The proxy did not connect to ${host}: ${what}. ${adviceForProxy(status)}`,
        {
          cause: error,
          retryable: status >= 500,
        },
      );
    }
    case 'ETIMEDOUT':
      return new TokenError('Timeout', `${host} did not answer. Check the network and the proxy.`, details);
    default:
      if (isCertificateCode(code)) {
        return new TokenError(
          'TlsError',
          `The certificate of ${host} is not trusted (${withoutNodesAdvice(reason)}). Where a proxy inspects TLS, name ` +
            "its authority's PEM file in NODE_EXTRA_CA_CERTS.",
          { cause: error },
        );
      }
      if (isTlsCode(code)) {
        return new TokenError(
          'TlsError',
          `${host} and this machine can't agree on a TLS connection (${openSslReason(reason)}). Check the address, and the proxy.`,
          { cause: error },
        );
      }
      return new TokenError('NetworkError', `The connection to ${host} failed: ${reason}`, details);
  }
}

function nodeCodeOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error)) return '';
  // What glibc says of a name that is longer than any can be.
  const isNoName = error.code === 'EINVAL' && 'syscall' in error && error.syscall === 'getaddrinfo';
  return isNoName ? 'ENOTFOUND' : String(error.code);
}

/** @param status what the proxy answered; 0 where that is unknown */
function adviceForProxy(status: number): string {
  if (status >= 500) return 'Try again later.';
  return status === 407
    ? 'Give it a user name and a password in HTTPS_PROXY, such as http://user:password@proxy.contoso.com:8080.'
    : 'Ask who runs the proxy to let this host through, or name the host in NO_PROXY.';
}

/** Who refused a connection: node's errors have the address that was tried, one each where a name has several. */
function refuserIn(error: unknown): { readonly address: string; readonly port: number } | undefined {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error) || !('address' in first) || !('port' in first)) return undefined;
  return { address: String(first.address), port: Number(first.port) };
}

function isCertificateCode(code: string): boolean {
  return /^(ERR_TLS_CERT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code);
}

/** Of what goes wrong before there is a certificate: the other side speaks no TLS, or other versions of it. */
function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|EPROTO)/.test(code);
}

/** Node advises switches of its own, which nobody here can give it; the system's store has been looked at. */
function withoutNodesAdvice(reason: string): string {
  return reason.replace(/; if the root CA is installed locally, .*$/s, '');
}

/** OpenSSL's reason alone, of a line with its own source files. */
function openSslReason(reason: string): string {
  return /:SSL routines:[^:]*:([^:]+)/.exec(reason)?.[1] ?? reason.trim();
}

/** What MSAL says for most of its codes: where to look them up, and there is little to be found. */
const withoutText = /^(\w+): See https:\/\/aka\.ms\/\S+ for details$/;

/** The codes without a text that a person can meet, and what they mean. Most of the others are of browsers. */
const msalCodes: Readonly<Record<string, readonly [TokenErrorCode, string]>> = {
  nonce_mismatch: [
    'AuthenticationFailed',
    "The answer is another sign-in's: its id token does not have the nonce that this one was begun with. " +
      'Run the command again, and sign in on the page that it opens.',
  ],
  token_parsing_error: ['ResponseInvalid', `The service answered with an id token that is none. ${checkService}`],
  client_info_decoding_error: [
    'ResponseInvalid',
    `The service answered with a client_info that is none. ${checkService}`,
  ],
  endpoints_resolution_error: [
    'ResponseInvalid',
    `The sign-in service does not say where its endpoints are. ${checkService}`,
  ],
};

/** The same of those that another sign-in cures. */
const msalCodesOfPeople: Readonly<Record<string, string>> = {
  no_tokens_found: 'There is no token, and no refresh token that could get one.',
  refresh_token_expired: 'The refresh token has expired.',
};

/** MSAL's errors that no exchange stands behind, and everything that nobody expected. */
function libraryError(error: unknown): TokenError {
  const name = error instanceof Error ? error.name : '';
  const message = redact(error instanceof Error ? error.message : String(error));
  const cause = { cause: error };
  const [, msalCode] = withoutText.exec(message) ?? [];
  if (name === 'InteractionRequiredAuthError') {
    const what = msalCode === undefined ? message : (msalCodesOfPeople[msalCode] ?? endedWith(msalCode));
    return new TokenError('InteractionRequired', `${what} ${wording().signInAgain}`, cause);
  }
  if (name === 'ServerError') {
    // MSAL keeps an answer that asked for a wait, for so long; before its words come Entra's numbers, if it had any.
    const words = firstLine(message.replace(/^[\d ]*(?:: |$)/, ''));
    const advice = 'Entra refused this a moment ago, and the request was not sent again: wait before the next one.';
    return new TokenError('Throttled', words ? `${sentence(words)} ${advice}` : advice, {
      ...cause,
      retryable: true,
    });
  }
  if (/^(ClientAuthError|ClientConfigurationError|AuthError|NodeAuthError|ManagedIdentityError)$/.test(name)) {
    if (msalCode === undefined) return new TokenError('AuthenticationFailed', message, cause);
    const unknown = `${endedWith(msalCode)} Run the command again; if it stays so, report it.`;
    return new TokenError(...(msalCodes[msalCode] ?? (['AuthenticationFailed', unknown] as const)), cause);
  }
  return new TokenError('EngineError', `The engine failed: ${message}`, cause);
}

function endedWith(msalCode: string): string {
  return `MSAL ended the request with ${msalCode}.`;
}

function textMember(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberIn(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === 'number' ? first : undefined;
}

/** Entra writes `2025-01-31 12:34:56Z`. @returns Unix milliseconds */
function timestampOf(value: string | undefined): number | undefined {
  const time = Date.parse((value ?? '').replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : time;
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3). @returns milliseconds */
function retryAfterOf(value: string | undefined): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}

/** Entra adds trace id, correlation id and timestamp on lines of their own or after the sentence; data has them. */
function firstLine(description: string): string {
  return (description.split(/[\r\n]|Trace ID:/)[0] ?? description).trim();
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function defined<Members extends Record<string, unknown>>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };
}
