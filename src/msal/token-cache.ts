import type { TokenCache } from '@azure/msal-node';

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
