import type { AuthResult, AuthResultAccount } from '../protocol/partner-token.ts';
import { TokenError } from '../protocol/token-error.ts';
import type { Cloud } from '../cloud/environments.ts';
import type { EntraAnswer } from '../grants/token-answer.ts';
import { claimOf, claimsOf } from './claims.ts';
import { invalid } from './parameters.ts';
import { expiryOf, reusableUntil } from './token-result.ts';

/** Upstream's result where Entra was not asked. */
const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** MSAL.NET's AuthenticationResult, which upstream handed out, from Entra's answer. */
export function authResult(answer: EntraAnswer): AuthResult {
  const claims = claimsOf(answer.accessToken);
  const expiresOn = expiryOf(answer, claimOf(claims, 'exp'));
  return {
    accessToken: answer.accessToken,
    isExtendedLifeTimeToken: false,
    uniqueId: answer.uniqueId ?? null,
    expiresOn,
    extendedExpiresOn: expiresOn + answer.extension,
    // An application's token comes without an id token; MSAL.NET then looks at the tenant of the access token.
    tenantId: answer.tenantId ?? claimOf(claims, 'tid') ?? null,
    account: accountOf(answer),
    idToken: answer.idToken ?? null,
    scopes: answer.scopes,
    correlationId: answer.correlationId,
    refreshToken: answer.refreshToken ?? null,
    reusableUntil: reusableUntil(answer, expiresOn),
  };
}

function accountOf({ account }: EntraAnswer): AuthResultAccount | null {
  if (!account) return null;
  const [objectId = '', tenantId = ''] = account.homeAccountId.split('.');
  return {
    username: account.username,
    environment: account.environment,
    homeAccountId: { identifier: account.homeAccountId, objectId, tenantId },
  };
}

/**
 * The result for a token that somebody already has, read from its claims as upstream does it; nobody is asked.
 * @param scopes what the person says the token is for
 * @throws TokenError InvalidParameter for what is no JWT, or one without exp or tid; TokenExpired
 */
export function resultOfGivenToken(accessToken: string, scopes: readonly string[], cloud: Cloud): AuthResult {
  const claims = claimsOf(accessToken);
  if (claims.length === 0) {
    throw invalid('AccessToken', 'the value is no JWT. Give the whole access token, as it was handed out.');
  }
  const exp = Number(claimOf(claims, 'exp'));
  if (!Number.isFinite(exp)) throw invalid('AccessToken', 'the token does not say when it expires (claim exp).');
  const expiresOn = Math.round(exp * 1000);
  if (expiresOn <= Date.now()) {
    throw new TokenError(
      'TokenExpired',
      `Parameter AccessToken: the token expired on ${dateOf(expiresOn)}. Get a new one and run the command again.`,
      { parameter: 'AccessToken' },
    );
  }
  const tenantId = claimOf(claims, 'tid');
  if (!tenantId) {
    throw invalid(
      'AccessToken',
      'the token does not say of which tenant it is (claim tid). Give an access token of Microsoft Entra.',
    );
  }
  const [username, objectId] = [claimOf(claims, 'upn'), claimOf(claims, 'oid')];
  return {
    accessToken,
    isExtendedLifeTimeToken: false,
    uniqueId: null,
    expiresOn,
    extendedExpiresOn: expiresOn,
    tenantId,
    account:
      username && objectId
        ? {
            username,
            environment: new URL(cloud.authorityHost).host,
            homeAccountId: { identifier: `${objectId}.${tenantId}`, objectId, tenantId },
          }
        : null,
    idToken: null,
    scopes,
    correlationId: emptyGuid,
    refreshToken: null,
    reusableUntil: null,
  };
}

/** A year beyond 275760 is no date. */
function dateOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? 'an unknown date' : date.toISOString();
}
