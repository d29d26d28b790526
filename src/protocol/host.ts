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

/** What a person needs to sign in with a device code. */
export interface DeviceCode {
  readonly userCode: string;
  readonly verificationUri: string;
  /** Entra's sentence for the person. */
  readonly message: string;
  /** When the code ends, in Unix milliseconds. */
  readonly expiresOn: number;
}
export interface DeviceCodeParams extends AboutRequest, DeviceCode {}
export const deviceCode = new NotificationType<DeviceCodeParams>('host/deviceCode');

/** JOSE's names (RFC 7518 section 3.1): RSASSA-PSS (salt as long as the hash) and RSASSA-PKCS1-v1_5, with SHA-256. */
export const signingAlgorithms = ['PS256', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** Sent only while the request that it names is under way; `$/cancelRequest` follows when that one ends before. */
export interface SignParams extends AboutRequest {
  /** Which key: the handle that the host gave with that request. */
  readonly handle: string;
  /** One of those that the host said the key can do. */
  readonly algorithm: SigningAlgorithm;
  /** The bytes to hash and sign, base64. */
  readonly data: string;
}
export interface SignResult {
  /** base64. */
  readonly signature: string;
}
/** A host that can't sign answers with an error, whose message (one sentence, for the person) is handed on. */
export const sign = new RequestType<SignParams, SignResult, void>('host/sign');
