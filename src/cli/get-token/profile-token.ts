import { ProfileError } from '../../profile/profile-error.ts';
import { renewalOffset } from '../../protocol/renewal.ts';
import type { FlowName, ProfileToken } from '../../token/profile-token.ts';
import { defaultFlowOf } from '../flows.ts';
import type { PrintableToken } from './output.ts';
import type { Shell } from '../shell.ts';
import { signInKey, tokenKey } from './token-key.ts';

/** What a command asks for beyond what the profile says. */
export interface TokenRequest {
  /** Instead of the profile's. */
  readonly scopes?: readonly string[] | undefined;
  /** Instead of the profile's. */
  readonly flow?: FlowName | undefined;
  /** Get a new token, whatever is cached. */
  readonly force: boolean;
  /** Use and store cached tokens and sign-ins. */
  readonly cache: boolean;
  /** Whether a person may be asked to sign in. */
  readonly signIn: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * A token for a profile: the cached one while it is good for five minutes more, else one from Entra, which is cached
 * then with the refresh token that came along.
 * @throws ProfileError, TokenError
 */
export async function profileToken(name: string, request: TokenRequest, shell: Shell): Promise<PrintableToken> {
  const { store } = shell;
  const profile = store.profiles.get(name);
  if (request.cache) await store.tokens.prepare(profile.name);
  const flow = request.flow ?? defaultFlowOf(profile);
  const asked = { profile, flow, scopes: request.scopes ?? profile.scopes };
  const keys = { token: tokenKey(asked, shell), signIn: signInKey(asked, shell) };
  // Who asks by name for another way to sign in, and for a new token, wants to sign in again.
  const anew = request.force && request.flow !== undefined;
  const known =
    request.cache && !anew && flow !== 'client-credentials'
      ? await store.tokens.readSignIn(profile.name, keys.signIn)
      : undefined;
  shell.explain(`Profile ${profile.name}, flow ${flow}, scopes ${asked.scopes.join(' ') || 'of Microsoft Graph'}.`);
  if (request.cache && !request.force) {
    const cached = await store.tokens.read(profile.name, keys.token);
    if (cached && cached.expiresOn - renewalOffset > Date.now()) {
      shell.explain(`The cached token is good until ${new Date(cached.expiresOn).toISOString()}.`);
      return { ...cached, refreshToken: known?.refreshToken };
    }
    shell.explain(cached ? 'The cached token has expired, or will in five minutes.' : 'No token is cached for this.');
  }

  const { acquire } = await import('./acquire.ts');
  const token = await acquire({ ...asked, refreshToken: known?.refreshToken }, request, shell);
  if (request.cache) await keep(profile.name, keys, token, shell);
  return token;
}

/** A token is of use also where nothing can be stored: in a container whose file system is read-only, on a full disk. */
async function keep(
  name: string,
  keys: { readonly token: string; readonly signIn: string },
  { accessToken, expiresOn, scopes, refreshToken, username }: ProfileToken,
  shell: Shell,
): Promise<void> {
  const { tokens } = shell.store;
  try {
    await tokens.write(name, keys.token, { accessToken, expiresOn, scopes: [...scopes] });
    if (refreshToken === undefined) return;
    const signIn = { refreshToken, ...(username === undefined ? {} : { username }) };
    await tokens.writeSignIn(name, keys.signIn, signIn);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    shell.tell(`entra-auth-cli: The token is not cached. ${error.message}`);
  }
}
