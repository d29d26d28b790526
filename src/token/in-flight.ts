import { withRequestContext, type RequestContext } from '../platform/request-context.ts';

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Requests that are under way, so that the same one asked for twice is sent once.
 *
 * The work ends early only when nobody waits for it any more: one caller's Ctrl+C is not everybody's.
 */
export class InFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * @param key whatever decides the result
   * @throws the caller's own signal's reason when that caller is cancelled; else what the work throws
   */
  async join(key: string, context: RequestContext, work: () => Promise<Result>): Promise<Result> {
    const flight = this.#flights.get(key) ?? this.#start(key, context, work);
    flight.waiting += 1;
    const cancelled = Promise.withResolvers<never>();
    const cancel = (): void => cancelled.reject(context.signal.reason);
    if (context.signal.aborted) cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      return await Promise.race([flight.result, cancelled.promise]);
    } finally {
      context.signal.removeEventListener('abort', cancel);
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.controller.abort(context.signal.reason);
        this.#end(key, flight);
      }
    }
  }

  #start(key: string, context: RequestContext, work: () => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const shared: RequestContext = { ...context, signal: controller.signal };
    const result = withRequestContext(shared, work);
    const flight: Flight<Result> = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    const end = (): void => this.#end(key, flight);
    result.then(end, end);
    return flight;
  }

  #end(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
