import type { AuthenticationResult } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';

/** What every grant ends with. */
export interface TokenAnswer {
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** Whether the same request may be answered with it until near its end (developer tools' tokens may not). */
  readonly reusable: boolean;
}

/** MSAL's result as ours. MSAL answers null for flows that it counts as not finished. */
export function answerOf(result: AuthenticationResult | null): TokenAnswer {
  if (!result?.accessToken || !result.expiresOn) {
    throw new TokenError('ResponseInvalid', 'The token service answered without an access token.');
  }
  return { accessToken: result.accessToken, expiresOn: result.expiresOn.getTime(), reusable: true };
}
