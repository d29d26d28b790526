import { CancellationTokenSource, type CancellationToken, type RequestMessage } from 'vscode-jsonrpc/node';
import type { RequestCancellationReceiverStrategy } from 'vscode-jsonrpc/node';
import { TokenError } from '../protocol/token-error.ts';

/** A request under way: its id on the wire, and the signal that ends it. */
export interface RequestUnderWay {
  readonly id: number | string;
  readonly signal: AbortSignal;
}

/**
 * The requests under way.
 *
 * vscode-jsonrpc gives a handler its parameters and a cancellation token, not the request's id, which everything that
 * the engine tells the host about the request must carry. The cancellation strategy is where it can be had.
 */
export class RequestsUnderWay implements RequestCancellationReceiverStrategy {
  readonly kind = 'request';
  readonly #byToken = new WeakMap<CancellationToken, { id: number | string; controller: AbortController }>();
  readonly #controllers = new Set<AbortController>();
  #ended = false;

  createCancellationTokenSource(message: RequestMessage): CancellationTokenSource {
    const source = new CancellationTokenSource();
    const controller = new AbortController();
    source.token.onCancellationRequested(() => controller.abort(cancelled()));
    this.#byToken.set(source.token, { id: message.id ?? 0, controller });
    return source;
  }

  dispose(): void {
    this.end();
  }

  /** Runs a handler's work as a request under way. @throws TokenError Cancelled after {@link end} */
  async during<Result>(token: CancellationToken, work: (request: RequestUnderWay) => Promise<Result>): Promise<Result> {
    const known = this.#byToken.get(token);
    if (!known) throw new TokenError('EngineError', 'The request is not known.');
    if (this.#ended) throw cancelled();
    this.#controllers.add(known.controller);
    try {
      return await work({ id: known.id, signal: known.controller.signal });
    } finally {
      this.#controllers.delete(known.controller);
    }
  }

  get count(): number {
    return this.#controllers.size;
  }

  /** Cancels all, and those that have come and are not under way yet: vscode-jsonrpc takes them one by one. */
  end(): void {
    this.#ended = true;
    for (const controller of this.#controllers) controller.abort(cancelled());
  }
}

function cancelled(): TokenError {
  return new TokenError('Cancelled', 'The request was cancelled.');
}
