import { RequestType0 } from 'vscode-jsonrpc/node';

/** Answers at once, whatever else is under way: a host's heartbeat. */
export const ping = new RequestType0<null, void>('session/ping');

export interface SessionStatus {
  readonly processId: number;
  /** When the engine started, in Unix milliseconds. */
  readonly startedOn: number;
  /** Token requests under way. */
  readonly requests: number;
  /** The account that the last interactive sign-in left, or null. */
  readonly account: { readonly username: string; readonly tenantId: string } | null;
  /** Bytes. */
  readonly memory: { readonly heapUsed: number; readonly rss: number };
}
export const status = new RequestType0<SessionStatus, void>('session/status');

/** Forgets the remembered account and every cached token; answers null. */
export const forget = new RequestType0<null, void>('session/forget');
