import type { AzTokenResult } from '../protocol/az-token.ts';
import { renewalOffset } from '../protocol/renewal.ts';
import type { TokenAnswer } from '../grants/token-answer.ts';
import { claimOf, claimsOf } from './claims.ts';

/** Get-AzToken's result from a grant's answer and what the token itself says. */
export function azTokenResult(
  answer: TokenAnswer,
  requested: { readonly scopes: readonly string[]; readonly tenantId: string | undefined },
): AzTokenResult {
  const claims = claimsOf(answer.accessToken);
  const expiresOn = expiryOf(answer, claimOf(claims, 'exp'));
  return {
    token: answer.accessToken,
    expiresOn,
    identity: claimOf(claims, 'upn') ?? claimOf(claims, 'email') ?? claimOf(claims, 'oid') ?? null,
    tenantId: claimOf(claims, 'tid') ?? requested.tenantId ?? null,
    scopes: claimOf(claims, 'scp')?.split(' ').filter(Boolean) ?? requested.scopes,
    claims,
    reusableUntil: reusableUntil(answer, expiresOn),
  };
}

/** Until when a host may hand the answer out again, in Unix milliseconds; null: never. */
export function reusableUntil({ reusable }: TokenAnswer, expiresOn: number): number | null {
  const until = expiresOn - renewalOffset;
  return reusable && until > Date.now() ? until : null;
}

/** ECMAScript's latest time, in milliseconds: September 275760. */
const latestDate = 8.64e15;

/**
 * The token's own `exp` (RFC 7519 section 4.1.4) wins over what a tool printed: older versions of az print a local
 * time without its zone, which is an hour off on the days that change it.
 */
export function expiryOf(answer: TokenAnswer, exp: string | undefined): number {
  const milliseconds = Math.round(Number(exp) * 1000);
  return milliseconds > 0 && milliseconds <= latestDate ? milliseconds : answer.expiresOn;
}
