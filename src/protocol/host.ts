import { NotificationType, RequestType } from 'vscode-jsonrpc/node';

/** What the engine tells the host while a request is under way carries that request's id. */
interface AboutRequest {
  readonly requestId: number | string;
}

export interface LogParams extends AboutRequest {
  readonly level: 'warning' | 'verbose' | 'debug';
  /** One line, without secrets and tokens. */
  readonly message: string;
}
export const log = new NotificationType<LogParams>('host/log');

export interface ProgressParams extends AboutRequest {
  /** What goes on, e.g. `Waiting for the sign-in in the browser`. */
  readonly activity: string;
  /** What the person can do, e.g. the address to open. */
  readonly status: string;
  /** When the wait ends, in Unix milliseconds; absent when the wait is over. */
  readonly until?: number;
}
export const progress = new NotificationType<ProgressParams>('host/progress');

export interface DeviceCodeParams extends AboutRequest {
  readonly userCode: string;
  readonly verificationUri: string;
  /** Entra's sentence for the person. */
  readonly message: string;
  /** When the code ends, in Unix milliseconds. */
  readonly expiresOn: number;
}
export const deviceCode = new NotificationType<DeviceCodeParams>('host/deviceCode');

export interface SignParams extends AboutRequest {
  /** Which key: the handle that the host gave with the request. */
  readonly handle: string;
  /** JOSE's name (RFC 7518 section 3.1). */
  readonly algorithm: 'PS256' | 'RS256';
  /** The bytes to sign, base64. */
  readonly data: string;
}
export interface SignResult {
  /** base64. */
  readonly signature: string;
}
export const sign = new RequestType<SignParams, SignResult, void>('host/sign');
