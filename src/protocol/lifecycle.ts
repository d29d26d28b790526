import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc/node';
import type { Environment, EnvironmentValues } from './environment.ts';
import type { TokenErrorData } from './errors.ts';

/** The host's first request. Requests that follow may be sent before its answer has come. */
export interface InitializeParams {
  /** {@link protocolVersion} of the host. */
  readonly protocolVersion: number;
  readonly host: {
    /** `PowerShell` (Windows PowerShell too), or the name of another client. */
    readonly name: string;
    /** The host's own version. */
    readonly version: string;
    /** The version of the module. */
    readonly moduleVersion?: string;
  };
  readonly capabilities: {
    /** The host answers `host/sign`. */
    readonly sign?: boolean;
  };
  readonly environment?: Environment | EnvironmentValues;
}

export interface InitializeResult {
  readonly protocolVersion: number;
  readonly engine: { readonly name: string; readonly version: string };
  /** Node's version, without the v. */
  readonly node: { readonly version: string };
  readonly capabilities: {
    /** The methods that this engine serves. */
    readonly methods: readonly string[];
  };
}

export const initialize = new RequestType<InitializeParams, InitializeResult, TokenErrorData>('initialize');

/** Answers null; then the engine ends. */
export const shutdown = new RequestType0<null, void>('shutdown');

/** JSON-RPC as vscode-jsonrpc speaks it: `{ id }` of the request that nobody waits for any more. */
export const cancelRequest = new NotificationType<{ id: number | string }>('$/cancelRequest');
