import { createHash, randomBytes } from 'node:crypto';
import type { AccountInfo } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';
import { publicClient, type ClientIdentity } from '../msal/applications.ts';
import { findBrowser, openBrowser } from '../platform/browser.ts';
import { currentRequest } from '../platform/request-context.ts';
import { LoopbackListener, type AuthorizationResponse } from './loopback-listener.ts';
import { answerOf, type TokenAnswer } from './token-answer.ts';

export interface AuthorizationCodeRequest {
  readonly identity: ClientIdentity;
  readonly scopes: readonly string[];
  /** A claims challenge: JSON. */
  readonly claims?: string | undefined;
  /** When to give up waiting for the person, in Unix milliseconds. */
  readonly until: number;
}

/** Who signed in, kept so that later requests need no person. */
export interface SignedInAccount {
  readonly identity: ClientIdentity;
  readonly account: AccountInfo;
}

/**
 * The authorization code grant with PKCE in the person's browser (RFC 6749 section 4.1, RFC 7636, RFC 8252).
 *
 * The steps are MSAL's; the listener is ours, for MSAL's own can't be cancelled and takes whatever answer comes first.
 * @throws TokenError BrowserUnavailable, SignInDenied, PortUnavailable, or what Entra's token endpoint says; the
 * request's signal's reason when nobody finishes in time or the request is cancelled
 */
export async function authorizationCode(
  request: AuthorizationCodeRequest,
): Promise<TokenAnswer & { readonly signedIn: SignedInAccount | undefined }> {
  const context = currentRequest();
  if (!context) throw new TokenError('EngineError', 'A browser sign-in was asked for outside of a request.');
  const browser = context.noBrowser ? { reason: context.noBrowser } : findBrowser(context.environment);
  if ('reason' in browser) throw browserUnavailable(browser.reason);
  const client = publicClient(request.identity);
  const secrets = { state: random(), nonce: random(), verifier: random() };
  const listener = await LoopbackListener.open(secrets.state);
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
      prompt: 'select_account',
    });
    const problem = await openBrowser(browser, address, context.environment);
    if (problem) throw browserUnavailable(problem);
    context.log('verbose', `A browser was opened; it comes back to ${listener.redirectUri}.`);
    context.progress('Signing in', 'Finish the sign-in in the browser window that has opened.', request.until);
    const response = await listener.answer(context.signal);
    return await withReply(response, async () => {
      const result = await client.acquireTokenByCode({
        ...common,
        code: codeOf(response),
        codeVerifier: secrets.verifier,
        nonce: secrets.nonce,
      });
      const signedIn = result.account ? { identity: request.identity, account: result.account } : undefined;
      return { ...answerOf(result), signedIn };
    });
  } finally {
    context.progress('Signing in', 'Done');
    await listener.close();
  }
}

/** A token for an account that has signed in before, from MSAL's cache or with its refresh token. */
export async function silent(
  signedIn: SignedInAccount,
  request: { readonly scopes: readonly string[]; readonly claims?: string | undefined; readonly force: boolean },
): Promise<TokenAnswer> {
  const result = await publicClient(signedIn.identity).acquireTokenSilent({
    account: signedIn.account,
    scopes: [...request.scopes],
    forceRefresh: request.force,
    ...(request.claims === undefined ? {} : { claims: request.claims }),
  });
  return answerOf(result);
}

/** Shows in the browser how it ended: the person looks there, not at the shell. */
async function withReply<Result>(response: AuthorizationResponse, work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work();
    await response.reply(true, 'The token has been handed to the program that asked for it.');
    return result;
  } catch (error) {
    await response.reply(false, error instanceof Error ? error.message : String(error));
    throw error;
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

function browserUnavailable(reason: string): TokenError {
  return new TokenError(
    'BrowserUnavailable',
    `No browser can be opened here. ${reason} Run the command where a browser is, ` +
      `or sign in with 'az login --use-device-code' and call Get-AzToken without -Interactive.`,
  );
}

/** 256 random bits, base64url: 43 characters, the least that RFC 7636 section 4.1 takes for a verifier. */
function random(): string {
  return randomBytes(32).toString('base64url');
}
