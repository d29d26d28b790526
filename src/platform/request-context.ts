import { AsyncLocalStorage } from 'node:async_hooks';
import type { Environment } from '../protocol/environment.ts';
import type { TokenErrorCode } from '../protocol/errors.ts';
import type { DeviceCode, SigningAlgorithm } from '../protocol/host.ts';
import { TokenError } from '../protocol/token-error.ts';

/** What a token request may use and tell while it is under way. */
export interface RequestContext {
  /** The session's environment when the request came. */
  readonly environment: Environment;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Why no browser can be shown to a person; absent where one may. */
  readonly noBrowser?: string | undefined;
  /** `message`: one line, without secrets and tokens; a function's is made when somebody wants to know. */
  readonly log: (level: 'warning' | 'verbose' | 'debug', message: string | (() => string)) => void;
  /** A person has to act until `until` (Unix milliseconds); without `until` the wait is over. */
  progress(activity: string, status: string, until?: number): void;
  /** A person has to enter this code in a browser. */
  deviceCode(code: DeviceCode): void;
  /**
   * Has the host sign with the private key of the certificate that came with the request; absent where it has none.
   * @param data is hashed by the host
   * @param signal ends the wait, as the end of the request does
   * @returns the signature
   * @throws TokenError SigningFailed; the signal's reason
   */
  sign?(algorithm: SigningAlgorithm, data: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Has a person sign in with a browser of their own where none can be opened; absent where nobody can be told. */
  signInElsewhere?: ((signIn: SignInElsewhere) => void) | undefined;
  /** How the command that asks speaks of its parameters; default: as Get-AzToken does. */
  readonly wording?: Wording | undefined;
  /** Only what MSAL has in its cache is wanted: nothing is sent, and no credential is asked for. */
  readonly cacheOnly?: boolean | undefined;
}

/** A sign-in that waits for a person whose browser can't be opened from here. */
export interface SignInElsewhere {
  /** What to open in a browser, on this machine or another. */
  readonly address: string;
  /** Why no browser was opened: a sentence. */
  readonly reason: string;
  /** Where the browser comes back to; one on another machine ends there on an error page, whose address can be pasted. */
  readonly redirectUri: string;
  /**
   * Ends the wait with the address that the browser ended on, as the person has copied it.
   * @returns what is wrong with it, for the person; undefined when it is the answer
   */
  readonly paste: (address: string) => string | undefined;
}

/** What one of Entra's refusals means at the step that met it, and what to do. */
export interface Advice {
  readonly code: TokenErrorCode;
  /** The parameter to change, as PowerShell users know it, without the dash. */
  readonly parameter?: string;
  /** One sentence or two. */
  readonly advice: string;
}

/** What errors say that advise a person, by the command that the person has used. */
export interface Wording {
  /** The parameter with the scopes, with its dash. */
  readonly scope: string;
  /** The parameter that says for which resource. */
  readonly resource: string;
  /** The end of a message whose way out is another sign-in: a sentence. */
  readonly signInAgain: string;
  /** The same where Entra wants its claims challenge answered. */
  readonly answerChallenge: string;
  /** The parameter that names a user-assigned managed identity; default `-ClientId`. */
  readonly managedIdentity?: string | undefined;
  /** The parameter that gives more time; default `-TimeoutSeconds`. */
  readonly timeout?: string | undefined;
  /** Where a certificate file's password comes from: a sentence; default: AZURE_CLIENT_CERTIFICATE_PASSWORD. */
  readonly certificatePassword?: string | undefined;
  /** By AADSTS number: what means something else here than it does in general. */
  readonly refusals?: Readonly<Record<number, Advice>> | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work` so that whatever it awaits, MSAL's network client and logger included, finds its request. */
export function withRequestContext<Result>(context: RequestContext, work: () => Promise<Result>): Promise<Result> {
  return storage.run(context, work);
}

/** The request that the running code belongs to, if any. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** @throws TokenError EngineError outside of a request */
export function requestUnderWay(): RequestContext {
  const context = currentRequest();
  if (!context) throw new TokenError('EngineError', 'A token was asked for outside of a request.');
  return context;
}
