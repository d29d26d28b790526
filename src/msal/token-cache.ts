import type { AuthenticationResult, TokenCache } from '@azure/msal-node';
import { requestUnderWay, withRequestContext } from '../platform/request-context.ts';

/** Any of MSAL's applications. */
export interface CachingApplication {
  getTokenCache(): TokenCache;
}

/**
 * The refresh token that an application has cached for an account: MSAL never hands it out, and its cache's snapshot is
 * the one public place where it can be read.
 * @param homeAccountId as in MSAL's AccountInfo
 */
export function cachedRefreshToken(application: CachingApplication, homeAccountId: string): string | undefined {
  const entries = Object.values(application.getTokenCache().getKVStore());
  for (const entry of entries) {
    if (typeof entry !== 'object' || !('credentialType' in entry)) continue;
    if (entry.credentialType === 'RefreshToken' && entry.homeAccountId === homeAccountId) return entry.secret;
  }
  return undefined;
}

/**
 * What MSAL has in its cache for a request. MSAL has no such question for tokens of applications, and where it has one
 * (acquireTokenSilent) it goes on to the network; so it is let ask, and stopped where it would send something.
 * @returns undefined when it would have to ask Entra
 */
export async function cachedResult(
  ask: () => Promise<AuthenticationResult | null>,
): Promise<AuthenticationResult | undefined> {
  // What MSAL logs of its vain try would only confuse.
  const context = { ...requestUnderWay(), log() {}, cacheOnly: true };
  const result = await withRequestContext(context, () => ask().catch(() => null));
  return result ?? undefined;
}
