import type { CachedToken } from '../../profile/store.ts';
import { defaultFlowOf } from '../flows.ts';
import { UnreadableToken } from './jwt.ts';
import type { Shell } from '../shell.ts';
import { tokenKey } from '../get-token/token-key.ts';

/**
 * What is cached for a profile, expired or not: the token that a plain get-token was given; where there is none, the one
 * that lives longest. Nothing is asked of Entra. When there are several, says on standard error which it is.
 * @throws ProfileError ProfileNotFound; UnreadableToken when nothing is cached
 */
export async function cachedToken(name: string, shell: Shell): Promise<string> {
  const profile = shell.store.profiles.get(name);
  const usual = { profile, flow: defaultFlowOf(profile), scopes: profile.scopes };
  const own = await shell.store.tokens.read(profile.name, tokenKey(usual, shell));
  const all = await shell.store.tokens.list(profile.name);
  const token = own ?? longestLived(all);
  if (!token) {
    throw new UnreadableToken(
      `No token is cached for the profile '${profile.name}'. Get one with: entra-auth-cli get-token --profile ${profile.name}`,
    );
  }
  const scopes = token.scopes.join(' ');
  if (!own) {
    shell.tell(
      `entra-auth-cli: What a plain get-token for the profile '${profile.name}' would use is not cached; ` +
        `this is another token, for: ${scopes}`,
    );
  } else if (all.length > 1) {
    shell.tell(
      `entra-auth-cli: ${all.length} tokens are cached for the profile '${profile.name}'; this is the one for: ${scopes}`,
    );
  }
  return token.accessToken;
}

function longestLived(tokens: readonly CachedToken[]): CachedToken | undefined {
  return tokens.toSorted((one, other) => other.expiresOn - one.expiresOn)[0];
}
