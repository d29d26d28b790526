import { AsyncLocalStorage } from 'node:async_hooks';
import type { Environment } from '../protocol/environment.ts';
import type { DeviceCode } from '../protocol/host.ts';

/** What a token request may use and tell while it is under way. */
export interface RequestContext {
  /** The session's environment when the request came. */
  readonly environment: Environment;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Why no browser can be shown to a person; absent where one may. */
  readonly noBrowser?: string | undefined;
  /** `message`: one line, without secrets and tokens. */
  readonly log: (level: 'warning' | 'verbose' | 'debug', message: string) => void;
  /** A person has to act until `until` (Unix milliseconds); without `until` the wait is over. */
  progress(activity: string, status: string, until?: number): void;
  /** A person has to enter this code in a browser. */
  deviceCode(code: DeviceCode): void;
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
