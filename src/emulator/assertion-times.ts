import type { JWTPayload } from 'jose';
import { AadstsError } from './aadsts-errors.ts';

/** How far a client's clock may be off. */
const clockSkewSeconds = 300;

/** When an assertion is valid, and whether that is now. */
export interface Validity {
  readonly valid: boolean;
  /** ISO dates, or what the assertion has instead. */
  readonly current: string;
  readonly notBefore: string;
  readonly expires: string;
}

/**
 * @param now Unix milliseconds
 * @throws AadstsError 50027 where the times are missing or no times
 */
export function validityOf(now: number, claims: JWTPayload): Validity {
  const notBefore = secondsOf(claims.nbf);
  const expires = secondsOf(claims.exp);
  if (expires === undefined) throw new AadstsError(50027, ['It has no exp claim.']);
  const current = now / 1000;
  return {
    valid:
      expires + clockSkewSeconds >= current && (notBefore === undefined || notBefore - clockSkewSeconds <= current),
    current: text(current),
    notBefore: text(notBefore),
    expires: text(expires),
  };
}

function text(seconds = 0): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

/**
 * Some clients write times as text: digits are as good as a number.
 * @throws AadstsError 50027 for anything else
 */
function secondsOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  throw new AadstsError(50027, ['nbf and exp must be numbers.']);
}
