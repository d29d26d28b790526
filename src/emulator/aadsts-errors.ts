import { randomUUID } from 'node:crypto';
import { refusals } from './aadsts-refusals.ts';

export type AadstsCode = keyof typeof refusals;

/** Every number that the emulator can answer with; docs/emulator.md has them all. */
export const aadstsCodes: readonly number[] = Object.keys(refusals).map(Number);

/** What Entra puts into the body of a refusal; an authorize endpoint puts error and error_description into the redirect. */
export interface ErrorBody {
  readonly error: string;
  readonly error_description: string;
  readonly error_codes: readonly number[];
  readonly timestamp: string;
  readonly trace_id: string;
  readonly correlation_id: string;
  readonly error_uri: string;
  readonly suberror?: string;
  readonly claims?: string;
}

/** A refusal on its way to the client. */
export class AadstsError extends Error {
  readonly code: AadstsCode;
  readonly values: readonly string[];
  readonly error: string;
  readonly status: number;
  readonly suberror: string | undefined;
  /** A claims challenge: JSON. */
  readonly claims: string | undefined;

  /**
   * @param values fill {0}, {1} ... of Entra's sentence
   * @param changes where Entra answers the same number with another OAuth error
   */
  constructor(
    code: AadstsCode,
    values: readonly string[] = [],
    changes: { error?: string | undefined; claims?: string } = {},
  ) {
    const refusal: { error: string; text: string; suberror?: string } = refusals[code];
    super(
      `AADSTS${code}: ${refusal.text.replace(/\{(\d)\}/g, (_, index: string) => values[Number(index)] ?? '').trimEnd()}`,
    );
    this.name = 'AadstsError';
    this.code = code;
    this.values = values;
    this.error = changes.error ?? refusal.error;
    // RFC 6749 section 5.2
    this.status = this.error === 'invalid_client' ? 401 : 400;
    this.suberror = refusal.suberror;
    this.claims = changes.claims;
  }

  /** @param now Unix milliseconds */
  body(authority: string, correlationId: string, now: number): ErrorBody {
    const traceId = randomUUID();
    const timestamp = timestampOf(now);
    return {
      error: this.error,
      error_description: `${this.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [this.code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `${authority}/error?code=${this.code}`,
      ...(this.suberror !== undefined && { suberror: this.suberror }),
      ...(this.claims !== undefined && { claims: this.claims }),
    };
  }
}

/** `2026-01-09 02:02:12Z`. */
const timestampOf = (now: number): string =>
  new Date(now)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
