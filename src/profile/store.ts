import type { Environment } from '../protocol/environment.ts';
import { type Profiles, profilesIn } from './profiles.ts';
import { SealedFiles } from './sealed-files.ts';
import { type Secrets, secretsIn } from './secrets.ts';
import { storeFolder, type Tell } from './store-folder.ts';
import { StoreKeys } from './store-keys.ts';
import { type Tokens, tokensIn } from './tokens.ts';

export type { Profiles } from './profiles.ts';
export type { ProfileSecrets, Secrets } from './secrets.ts';
export type { CachedSignIn, CachedToken, Tokens } from './tokens.ts';

/** What entra-auth-cli keeps for a person on this machine. */
export interface Store {
  /** Absolute. */
  readonly folder: string;
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly tokens: Tokens;
}

/**
 * The store of whoever's environment it is. Nothing is read, and no folder made, before something is asked for.
 * @param tell gets what a person must know
 */
export function openStore(environment: Environment, tell: Tell): Store {
  const folder = storeFolder(environment);
  const files = new SealedFiles(new StoreKeys(folder, environment, tell));
  const secrets = secretsIn(folder, files);
  const tokens = tokensIn(folder, files, tell);
  return { folder, profiles: profilesIn(folder, secrets, tokens, tell), secrets, tokens };
}
