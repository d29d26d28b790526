import { AuthError, type DeviceCodeRequest as MsalDeviceCodeRequest } from '@azure/msal-node';
import type { DeviceCode } from '../protocol/host.ts';
import { TokenError, type TokenErrorDetails } from '../protocol/token-error.ts';
import { publicClient, type ClientIdentity } from '../msal/applications.ts';
import { isLifetime } from '../msal/token-answers.ts';
import { requestUnderWay } from '../platform/request-context.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import { asTokenError } from './foreign-errors.ts';
import type { SignInAnswer } from './signed-in-account.ts';
import { answerOf } from './token-answer.ts';

export interface DeviceCodeRequest {
  /** A public client: Entra gives device codes to no other. */
  readonly identity: ClientIdentity;
  readonly scopes: readonly string[];
  /** A claims challenge: JSON. */
  readonly claims?: string | undefined;
  /** When to give up waiting for the person, in Unix milliseconds; the code's own end where that comes first. */
  readonly until?: number | undefined;
}

/** What MSAL's callback is given; after a refusal the members are undefined, whatever MSAL's type says. */
type CodeAnswer = Parameters<MsalDeviceCodeRequest['deviceCodeCallback']>[0];

/** How often to ask where the service doesn't say, in seconds (RFC 8628 section 3.2). */
const defaultInterval = 5;
/** Seconds: nobody who waits for a person waits for an hour between two looks. */
const longestInterval = 3600;

/**
 * The device authorization grant (RFC 8628): the host shows a code, and the person enters it in a browser anywhere.
 * @throws TokenError SignInDenied, DeviceCodeExpired, or what Entra's endpoints say; the request's signal's reason when
 * nobody finishes in time or the request is cancelled
 */
export async function deviceCode(request: DeviceCodeRequest): Promise<SignInAnswer> {
  const context = requestUnderWay();
  context.signal.throwIfAborted();
  const client = publicClient(request.identity);
  const polling: MsalDeviceCodeRequest = {
    scopes: [...request.scopes],
    ...(request.claims === undefined ? {} : { claims: request.claims }),
    deviceCodeCallback(answer) {
      const code = codeOf(answer);
      // For one that is none, or longer than timers run, MSAL would ask without a pause.
      if (!(answer.interval > 0 && answer.interval <= longestInterval)) answer.interval = defaultInterval;
      context.deviceCode(code);
      context.progress(
        'Signing in',
        `Open ${code.verificationUri} in a browser and enter the code ${code.userCode}.`,
        Math.min(code.expiresOn, request.until ?? Infinity),
      );
    },
  };
  // MSAL looks at this when its pause between two polls is over: it ends the polling, and the signal the wait.
  const stopPolling = (): void => void (polling.cancel = true);
  context.signal.addEventListener('abort', stopPolling, { once: true });
  try {
    const result = await untilAborted(context.signal, client.acquireTokenByDeviceCode(polling));
    const signedIn = result?.account ? { identity: request.identity, account: result.account } : undefined;
    return { ...answerOf(result), signedIn };
  } catch (error) {
    context.signal.throwIfAborted();
    throw refusal(error);
  } finally {
    context.signal.removeEventListener('abort', stopPolling);
    context.progress('Signing in', 'Done');
  }
}

/** MSAL calls back after a refusal too. What the service said is the failed exchange's, for {@link asTokenError}. */
function codeOf({ userCode, verificationUri, message, expiresIn }: Partial<CodeAnswer>): DeviceCode {
  if (!userCode || !verificationUri || !isLifetime(expiresIn)) {
    throw new AuthError('no_device_code', 'The service answered without a device code.');
  }
  return {
    userCode,
    verificationUri,
    message: message || `To sign in, open ${verificationUri} in a browser and enter the code ${userCode}.`,
    expiresOn: Date.now() + Number(expiresIn) * 1000,
  };
}

/** What the person did, or didn't, in words of ours (RFC 8628 section 3.5); everything else as it comes. */
function refusal(cause: unknown): TokenError {
  // MSAL has a clock of its own for the code; the failed exchange of the request is then the last `pending`.
  if (cause instanceof AuthError && cause.errorCode === 'device_code_expired') return expired({ cause });
  const error = asTokenError(cause);
  const { code: _code, ...data } = error.data;
  const details = { ...data, cause };
  switch (data.oauthError) {
    case 'authorization_declined':
    case 'access_denied': {
      const what = `The sign-in was cancelled or declined where the code was entered${reference(details)}.`;
      return new TokenError('SignInDenied', `${what} Run the command again, and accept.`, details);
    }
    case 'expired_token':
    case 'code_expired':
      return expired(details);
    default:
      return data.aadsts === 7000218 ? notPublic(details) : error;
  }
}

function expired(details: TokenErrorDetails): TokenError {
  const what = `Nobody signed in with the code before it expired${reference(details)}.`;
  return new TokenError('DeviceCodeExpired', `${what} Run the command again for a new one.`, {
    ...details,
    retryable: true,
  });
}

/** Entra gives the code all the same, and misses the credential when it is to be redeemed. */
function notPublic(details: TokenErrorDetails): TokenError {
  const what = `A device code is for public clients, and this application is none${reference(details)}.`;
  const advice =
    requestUnderWay().wording?.refusals?.[7000218]?.advice ??
    "Switch 'Allow public client flows' on in its app registration, or give another client id.";
  return new TokenError('InvalidClient', `${what} ${advice}`, details);
}

/** What to look up, in parentheses; empty where the service said nothing. */
function reference({ aadsts, correlationId }: TokenErrorDetails): string {
  const parts = [
    ...(aadsts === undefined ? [] : [`AADSTS${aadsts}`]),
    ...(correlationId === undefined ? [] : [`correlation id ${correlationId}`]),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}
