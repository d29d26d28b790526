import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/protocol/environment.ts';
import { ProfileError, type ProfileErrorCode } from '../../src/profile/profile-error.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { openStore, type Store } from '../../src/profile/store.ts';

/** A person's home with a store in it, its key in a file. */
export interface TemporaryStore extends Disposable {
  readonly store: Store;
  /** What the store had to say. */
  readonly told: string[];
  readonly environment: Environment;
  /** The path of something in the store's folder. */
  path(...names: string[]): string;
  /** The same store as another process would open it. */
  again(): Store;
}

export function temporaryStore(): TemporaryStore {
  const home = mkdtempSync(join(tmpdir(), 'store-'));
  // Each system takes the variable that it knows
  const environment = { HOME: home, XDG_CONFIG_HOME: home, APPDATA: home, ENTRA_AUTH_CLI_STORE: 'file' };
  const told: string[] = [];
  const open = (): Store => openStore(environment, (message) => void told.push(message));
  return {
    store: open(),
    told,
    environment,
    path: (...names) => join(home, 'entra-auth-cli', ...names),
    again: open,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A profile of an application with a secret. */
export function someProfile(name = 'dev'): Profile {
  return {
    name,
    tenantId: 'contoso.com',
    clientId: '9ab11c00-0000-4000-8000-000000000001',
    scopes: ['https://graph.microsoft.com/.default'],
    authMethod: 'ClientSecret',
  };
}

/** The error that something ends with, which must be one of the store's. */
export async function failureOf(work: () => unknown): Promise<{ code: ProfileErrorCode; message: string }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProfileError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('Nothing failed.');
}
