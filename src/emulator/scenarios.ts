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

const endpoints = ['token', 'discovery', 'keys', 'authorize', 'devicecode', 'page', 'workload'] as const;
export type Endpoint = (typeof endpoints)[number];

export const defaultClaimsChallenge = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

/** The answers that are waiting, first come first served among those for an endpoint. */
export class NextAnswers {
  readonly #waiting: { answer: NextAnswer; left: number }[] = [];

  /** @throws TypeError for what is no such answer; then none of them waits */
  push(...answers: readonly NextAnswer[]): void {
    for (const answer of answers) assertAnswer(answer);
    this.#waiting.push(...answers.map((answer) => ({ answer, left: answer.times ?? 1 })));
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

/** What each member may be: a wrong one would end the emulator when it is answered, or be passed over. */
const members: Readonly<Record<keyof NextAnswer, readonly [(value: unknown) => boolean, string]>> = {
  kind: [(value) => kinds.some((kind) => kind === value), `one of ${kinds.join(', ')}`],
  status: [wholeNumber(200, 599), 'a whole number from 200 to 599'],
  retryAfter: [wholeNumber(0), 'a whole number from 0 on'],
  claims: [(value) => typeof value === 'string', 'a text'],
  json: [(value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object'],
  endpoint: [
    (value) => value === 'any' || endpoints.some((endpoint) => endpoint === value),
    `one of ${endpoints.join(', ')}, any`,
  ],
  times: [wholeNumber(1), 'a whole number from 1 on'],
};

function wholeNumber(least: number, most = Infinity): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function assertAnswer(answer: NextAnswer): void {
  if (!kinds.includes(answer?.kind)) throw new TypeError(`There is no answer of kind '${answer?.kind}'.`);
  for (const [name, value] of Object.entries(answer)) {
    if (!Object.hasOwn(members, name)) throw new TypeError(`It has '${name}', which no answer has.`);
    const [isRight, what] = members[name as keyof NextAnswer];
    if (value !== undefined && !isRight(value)) {
      throw new TypeError(`'${name}' is ${JSON.stringify(value)}, and must be ${what}.`);
    }
  }
}
