import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AadstsError } from './aadsts-errors.ts';
import type { RequestLogEntry } from './request-log.ts';

/** A request as the endpoints see it: read to its end. */
export interface EndpointRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of a form body; empty for any other content type. */
  readonly form: URLSearchParams;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
  /** The client's own, as long as it is a GUID; else a new one. */
  readonly correlationId: string;
  readonly log: RequestLogEntry;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | object;
}

export const html = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body,
});

const bodyLimit = 1024 * 1024;

/** @returns undefined when the body is over 1 MB */
export async function readBody(message: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    length += (chunk as Buffer).length;
    if (length > bodyLimit) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** MSAL sends client-request-id as a header, in the query or in the form, by platform. */
export function correlationIdOf(...candidates: readonly (string | null | undefined)[]): string {
  return candidates.find((each) => each && guid.test(each)) ?? randomUUID();
}

/** RFC 6749 section 3.1 and 3.2: no parameter more than once. @throws AadstsError 9000411 */
export function refuseDuplicates(parameters: URLSearchParams): void {
  const names = [...parameters.keys()];
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined) throw new AadstsError(9000411, [duplicate]);
}

/** The value of one cookie. */
export function cookie(headers: IncomingMessage['headers'], name: string): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}
