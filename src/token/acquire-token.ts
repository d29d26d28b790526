import type { Environment } from '../protocol/environment.ts';
import { quantity } from '../protocol/quantity.ts';
import { TokenError } from '../protocol/token-error.ts';
import { asTokenError } from '../grants/foreign-errors.ts';
import { applyNetworkSettings } from '../platform/network-settings.ts';
import { requestUnderWay, withRequestContext, type RequestContext } from '../platform/request-context.ts';
import type { InFlight } from './in-flight.ts';

export type { RequestContext };

/** A command's request whose parameters have been checked. */
export interface Acquisition<Result> {
  /** Milliseconds. */
  readonly timeout: number;
  /** A person takes part, and may be what was waited for: asked when the time is up. */
  readonly attended: boolean;
  /** Where the same request that is under way is to be sent once; `demand`: what decides the result, as plain data. */
  readonly shared?: { readonly inFlight: InFlight<Result>; readonly demand: unknown } | undefined;
  /** Gets the token and makes the result of it. */
  readonly work: () => Promise<Result>;
}

/**
 * The one door to tokens, for all commands: the session's network settings are in force, the same request is sent once,
 * and every way in which it can end without a token has its code.
 * @throws TokenError with the code that docs/errors.md explains
 */
export async function acquireToken<Result>(acquisition: Acquisition<Result>, context: RequestContext): Promise<Result> {
  applyNetworkSettings(context);
  const work = (): Promise<Result> => withinTime(acquisition);
  if (!acquisition.shared) return withRequestContext(context, work);
  const { inFlight, demand } = acquisition.shared;
  return inFlight.join(JSON.stringify(demand) + textOf(context.environment), context, work);
}

/** A host sends its environment when it has changed; until then requests have the same object. */
const environmentTexts = new WeakMap<Environment, string>();

function textOf(environment: Environment): string {
  const known = environmentTexts.get(environment);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(environment));
  environmentTexts.set(environment, text);
  return text;
}

/** Runs the work until it has a result, the caller goes, or the time is up. */
async function withinTime<Result>(acquisition: Acquisition<Result>): Promise<Result> {
  const { timeout } = acquisition;
  const caller = requestUnderWay();
  // Not AbortSignal.timeout: it would keep the request in memory for the rest of its time, long after the answer. Nor
  // AbortSignal.any, which takes longer than all else here.
  const ending = new AbortController();
  const leave = (): void => ending.abort(caller.signal.reason);
  if (caller.signal.aborted) leave();
  caller.signal.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => ending.abort(), timeout).unref();
  return withRequestContext({ ...caller, signal: ending.signal }, async () => {
    try {
      return await acquisition.work();
    } catch (error) {
      if (caller.signal.aborted) throw new TokenError('Cancelled', 'The request was cancelled.', { cause: error });
      throw ending.signal.aborted ? timedOut(timeout, acquisition.attended, caller) : asTokenError(error);
    } finally {
      clearTimeout(timer);
      caller.signal.removeEventListener('abort', leave);
    }
  });
}

/** @param timeout milliseconds */
function timedOut(timeout: number, attended: boolean, { wording }: RequestContext): TokenError {
  const within = `within ${quantity(timeout / 1000, 'second')}.`;
  const moreTime = `or give more time with ${wording?.timeout ?? '-TimeoutSeconds'}.`;
  const [code, message] = attended
    ? (['SignInTimeout', `Nobody finished the sign-in ${within} Run the command again, ${moreTime}`] as const)
    : (['Timeout', `No token came ${within} Try again, ${moreTime}`] as const);
  return new TokenError(code, message, { retryable: true });
}
