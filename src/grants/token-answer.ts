import type { AccountInfo, AuthenticationResult } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';
import { tokenResponse } from '../msal/network.ts';
import { cachedRefreshToken, type CachingApplication } from '../msal/token-cache.ts';

/** What every grant ends with. */
export interface TokenAnswer {
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** Whether the same request may be answered with it until near its end (developer tools' tokens may not). */
  readonly reusable: boolean;
}

/** What comes with a token from Entra itself. */
export interface EntraAnswer extends TokenAnswer {
  /** Milliseconds by which the token outlives {@link expiresOn} while Entra has an outage. */
  readonly extension: number;
  /** `oid`, else `sub` of the id token. */
  readonly uniqueId: string | undefined;
  /** `tid` of the id token. */
  readonly tenantId: string | undefined;
  readonly account: AccountInfo | undefined;
  /** A JWT. */
  readonly idToken: string | undefined;
  /** What was granted, or else what was asked for. */
  readonly scopes: readonly string[];
  /** GUID. */
  readonly correlationId: string;
  readonly refreshToken: string | undefined;
}

/**
 * MSAL's result as ours. MSAL answers null for flows that it counts as not finished.
 * @param application where its cache may have served: whose refresh token to add
 */
export function answerOf(result: AuthenticationResult | null, application?: CachingApplication): EntraAnswer {
  if (!result?.accessToken || !result.expiresOn) {
    throw new TokenError('ResponseInvalid', 'The token service answered without an access token.');
  }
  const { accessToken, account } = result;
  const response = tokenResponse();
  const own = response?.accessToken === accessToken ? response : undefined;
  const cached = application && account ? cachedRefreshToken(application, account.homeAccountId) : undefined;
  return {
    accessToken,
    expiresOn: result.expiresOn.getTime(),
    reusable: true,
    extension: (own?.extension ?? 0) * 1000,
    uniqueId: result.uniqueId || undefined,
    tenantId: result.tenantId || undefined,
    account: account ?? undefined,
    idToken: result.idToken || undefined,
    scopes: result.scopes,
    correlationId: result.correlationId,
    refreshToken: own?.refreshToken ?? cached,
  };
}
