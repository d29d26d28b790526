import { createHash, randomBytes } from 'node:crypto';
import { TokenError } from '../protocol/token-error.ts';
import { confidentialClient, publicClient, type ClientCredential, type ClientIdentity } from '../msal/applications.ts';
import { findBrowser, openBrowser } from '../platform/browser.ts';
import { requestUnderWay } from '../platform/request-context.ts';
import { asTokenError } from './foreign-errors.ts';
import { LoopbackListener, type AuthorizationResponse, type PortRange } from './loopback-listener.ts';
import type { SignInAnswer } from './signed-in-account.ts';
import { answerOf } from './token-answer.ts';

export interface AuthorizationCodeRequest {
  readonly identity: ClientIdentity;
  /** How a confidential client proves itself when it redeems the code; absent for a public client. */
  readonly credential?: ClientCredential | undefined;
  readonly scopes: readonly string[];
  /** A claims challenge: JSON. */
  readonly claims?: string | undefined;
  /** OpenID Connect Core 1.0 section 3.1.2.1; absent: Entra asks for what it needs. */
  readonly prompt?: 'login' | 'select_account' | undefined;
  /**
   * The redirect address as it is registered, or the ports of which the first free one is taken: `http://localhost:PORT/`.
   * Default any port: `http://localhost:PORT`.
   */
  readonly redirect?: string | PortRange | undefined;
  /** When to give up waiting for the person, in Unix milliseconds. */
  readonly until: number;
  /** How else to sign in where no browser can be opened: the end of `Run the command where a browser is, ...`. */
  readonly otherwise?: string | undefined;
}

/**
 * The authorization code grant with PKCE in the person's browser (RFC 6749 section 4.1, RFC 7636, RFC 8252).
 *
 * The steps are MSAL's; the listener is ours, for MSAL's own can't be cancelled and takes whatever answer comes first.
 * A confidential client sends PKCE too: its secret doesn't tell whose browser the code comes from (RFC 9700 section 2.1.1).
 * @throws TokenError BrowserUnavailable, SignInDenied, PortUnavailable, InvalidParameter for a redirect address that
 * isn't here, or what Entra's token endpoint says; the request's signal's reason when nobody finishes in time or the request is cancelled
 */
export async function authorizationCode(request: AuthorizationCodeRequest): Promise<SignInAnswer> {
  const context = requestUnderWay();
  const browser = context.noBrowser ? { reason: context.noBrowser } : findBrowser(context.environment);
  if ('reason' in browser && !context.signInElsewhere) throw browserUnavailable(browser.reason, request.otherwise);
  const { identity, credential } = request;
  const client = credential ? confidentialClient(identity, credential) : publicClient(identity);
  const secrets = { state: random(), nonce: random(), verifier: random() };
  const listener = await LoopbackListener.open(secrets.state, request.redirect);
  try {
    const common = {
      scopes: [...request.scopes],
      redirectUri: listener.redirectUri,
      ...(request.claims === undefined ? {} : { claims: request.claims }),
    };
    const address = await client.getAuthCodeUrl({
      ...common,
      state: secrets.state,
      nonce: secrets.nonce,
      codeChallenge: createHash('sha256').update(secrets.verifier).digest('base64url'),
      codeChallengeMethod: 'S256',
      responseMode: 'query',
      ...(request.prompt === undefined ? {} : { prompt: request.prompt }),
    });
    const reason = 'reason' in browser ? browser.reason : await openBrowser(browser, address, context.environment);
    if (reason) {
      if (!context.signInElsewhere) throw browserUnavailable(reason, request.otherwise);
      const { redirectUri } = listener;
      context.signInElsewhere({ address, reason, redirectUri, paste: (text) => listener.paste(text) });
      context.progress('Signing in', 'Open the address in a browser, and finish the sign-in there.', request.until);
    } else {
      context.log('verbose', `A browser was opened; it comes back to ${listener.redirectUri}.`);
      context.progress('Signing in', 'Finish the sign-in in the browser window that has opened.', request.until);
    }
    const response = await listener.answer(context.signal);
    return await withReply(response, context.signal, async () => {
      const result = await client.acquireTokenByCode({
        ...common,
        code: codeOf(response),
        codeVerifier: secrets.verifier,
        nonce: secrets.nonce,
      });
      const signedIn = result.account && !credential ? { identity, account: result.account } : undefined;
      return { ...answerOf(result), signedIn };
    });
  } finally {
    context.progress('Signing in', 'Done');
    await listener.close();
  }
}

/** Shows in the browser how it ended, in the words that the shell has too: the person looks there, not at the shell. */
async function withReply<Result>(
  response: AuthorizationResponse,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work();
    await response.reply(true, 'The token has been handed to the program that asked for it.');
    return result;
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : asTokenError(error);
    await response.reply(false, reason instanceof Error ? reason.message : String(reason));
    throw reason;
  }
}

/** @throws TokenError SignInDenied and others by RFC 6749 section 4.1.2.1 */
function codeOf({ parameters }: AuthorizationResponse): string {
  const code = parameters.get('code');
  if (code) return code;
  const error = parameters.get('error') ?? 'no code';
  const description = parameters.get('error_description') ?? '';
  const aadsts = Number(/AADSTS(\d+)/.exec(description)?.[1]);
  const details = {
    oauthError: error,
    ...(aadsts ? { aadsts } : {}),
    ...(parameters.get('error_subcode') ? { suberror: parameters.get('error_subcode') ?? '' } : {}),
  };
  if (error === 'access_denied') {
    throw new TokenError(
      'SignInDenied',
      `The sign-in was cancelled or denied in the browser. ${description}`.trim(),
      details,
    );
  }
  throw new TokenError(
    'AuthenticationFailed',
    `The sign-in page refused the request (${error}). ${description}`.trim(),
    details,
  );
}

function browserUnavailable(reason: string, otherwise?: string): TokenError {
  const advice = `Run the command where a browser is${otherwise ? `, ${otherwise}` : ''}.`;
  return new TokenError('BrowserUnavailable', `No browser can be opened here. ${reason} ${advice}`);
}

/** 256 random bits, base64url: 43 characters, the least that RFC 7636 section 4.1 takes for a verifier. */
function random(): string {
  return randomBytes(32).toString('base64url');
}
