import { TokenError } from '../protocol/token-error.ts';
import { withRequestContext, type RequestContext } from '../platform/request-context.ts';

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  /** The requests that wait for the result. */
  readonly waiting: Set<RequestContext>;
  /** What those that come later are to hear too. */
  readonly warnings: readonly Parameters<RequestContext['log']>[];
}

/**
 * Requests that are under way, so that the same one asked for twice is sent once.
 *
 * The work ends early only when nobody waits for it any more: one caller's Ctrl+C is not everybody's. And all hear what
 * it has to tell, for each gets the token that a warning is about.
 */
export class InFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * @param key whatever decides the result
   * @throws the caller's own signal's reason when that caller is cancelled; else what the work throws
   */
  async join(key: string, context: RequestContext, work: () => Promise<Result>): Promise<Result> {
    const known = this.#flights.get(key);
    const flight = known ?? this.#start(key, context, work);
    flight.waiting.add(context);
    if (known) for (const warning of known.warnings) context.log(...warning);
    const cancelled = Promise.withResolvers<never>();
    const cancel = (): void => cancelled.reject(context.signal.reason);
    if (context.signal.aborted) cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      return await Promise.race([flight.result, cancelled.promise]);
    } finally {
      context.signal.removeEventListener('abort', cancel);
      flight.waiting.delete(context);
      if (flight.waiting.size === 0 && this.#flights.get(key) === flight) {
        flight.controller.abort(context.signal.reason);
        this.#end(key, flight);
      }
    }
  }

  #start(key: string, context: RequestContext, work: () => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const waiting = new Set([context]);
    const warnings: Parameters<RequestContext['log']>[] = [];
    const shared: RequestContext = {
      ...context,
      signal: controller.signal,
      log(level, message) {
        if (level === 'warning') warnings.push([level, message]);
        for (const one of waiting) one.log(level, message);
      },
      ...(context.sign ? { sign: (...request) => signForAny(waiting, ...request) } : {}),
    };
    const result = withRequestContext(shared, work);
    const flight: Flight<Result> = { result, controller, waiting, warnings };
    this.#flights.set(key, flight);
    const end = (): void => this.#end(key, flight);
    result.then(end, end);
    return flight;
  }

  #end(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

/**
 * A host signs only for a request that it still waits for, so one that is under way is asked, and another one when that
 * one is cancelled meanwhile.
 */
async function signForAny(
  waiting: ReadonlySet<RequestContext>,
  ...[algorithm, data, signal]: Parameters<NonNullable<RequestContext['sign']>>
): Promise<Uint8Array> {
  for (;;) {
    signal.throwIfAborted();
    const context = [...waiting].find((one) => one.sign && !one.signal.aborted);
    if (!context?.sign) throw new TokenError('Cancelled', 'The request was cancelled.');
    try {
      return await context.sign(algorithm, data, signal);
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
  }
}
