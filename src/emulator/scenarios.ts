const kinds = ['status', 'hang', 'reset', 'claims-challenge', 'expired-secret', 'json'] as const;

/** An answer that the service gives instead of its own, so that a client's handling of it can be tried. */
export interface NextAnswer {
  /**
   * `status`: that HTTP status (429 by default). `hang`: no answer at all. `reset`: the connection is reset.
   * `claims-challenge`: AADSTS50076 with claims. `expired-secret`: AADSTS7000222. `json`: what {@link json} says.
   */
  readonly kind: (typeof kinds)[number];
  readonly status?: number;
  /** Seconds; the Retry-After header of `status`. */
  readonly retryAfter?: number;
  /** JSON of a `claims-challenge`; default asks for the authentication context c1. */
  readonly claims?: string;
  /** The answer of `json`, an object, with the status 200 by default: what the real service never says. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Which requests it is for; default `token`: the token endpoint and the managed identity endpoints. */
  readonly endpoint?: Endpoint | 'any';
  /** How many requests in a row get it; default 1. */
  readonly times?: number;
}

export type Endpoint = 'token' | 'discovery' | 'keys' | 'authorize' | 'devicecode' | 'page' | 'workload';

export const defaultClaimsChallenge = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

/** The answers that are waiting, first come first served among those for an endpoint. */
export class NextAnswers {
  readonly #waiting: { answer: NextAnswer; left: number }[] = [];

  /** @throws TypeError for what is no such answer */
  push(...answers: readonly NextAnswer[]): void {
    for (const answer of answers) {
      if (!kinds.includes(answer?.kind)) {
        throw new TypeError(`There is no answer of kind '${answer?.kind}'.`);
      }
      this.#waiting.push({ answer, left: answer.times ?? 1 });
    }
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** How many answers are still to be given. */
  get length(): number {
    return this.#waiting.reduce((sum, { left }) => sum + left, 0);
  }

  /** Takes the next answer for this endpoint out, if there is one. */
  take(endpoint: Endpoint | undefined): NextAnswer | undefined {
    const index = this.#waiting.findIndex(
      ({ answer: { endpoint: wanted = 'token' } }) => wanted === 'any' || wanted === endpoint,
    );
    const next = this.#waiting[index];
    if (!next) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#waiting.splice(index, 1);
    return next.answer;
  }
}
