import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach } from 'vitest';
import type { Environment } from '../../src/protocol/environment.ts';
import type { Profile } from '../../src/profile/profile.ts';
import type { ProfileSecrets } from '../../src/profile/secrets.ts';
import { openStore, type Store } from '../../src/profile/store.ts';
import { confidentialClient, contoso } from './flows.ts';
import { guardPreload } from './network-guard.ts';

/** The command-line program as it is shipped. `npm test` builds it first. */
export const cliFile = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** The person's home folder, see {@link temporaryHome}. */
  readonly home: string;
  readonly environment?: Environment;
  /** What comes on standard input; by default it is empty. */
  readonly input?: string;
}

/** A home folder of its own, for one test file or one test. */
export function temporaryHome(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'entra-auth-cli-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface HomeOfTest {
  readonly path: string;
  /** Writes a file into it. @returns where that is */
  file(name: string, content: string | Buffer): string;
}

/** A home folder of its own for each test of a file. @param furnish puts into it what all of them need */
export function homeOfTest(furnish?: (path: string) => Promise<unknown> | void): HomeOfTest {
  let home: ReturnType<typeof temporaryHome>;
  beforeEach(async () => {
    home = temporaryHome();
    await furnish?.(home.path);
  });
  afterEach(() => home[Symbol.dispose]());
  return {
    get path() {
      return home.path;
    },
    file(name, content) {
      const path = join(home.path, name);
      writeFileSync(path, content);
      return path;
    },
  };
}

/** The variables of a session without a keyring, a display and a person. */
export function cliEnvironment({ home, environment }: Pick<CliOptions, 'home' | 'environment'>): Environment {
  const { PATH = '', AZURE_AUTHORITY_HOST = '', AZURE_POD_IDENTITY_AUTHORITY_HOST = '' } = process.env;
  return {
    PATH,
    HOME: home,
    AZURE_AUTHORITY_HOST,
    AZURE_POD_IDENTITY_AUTHORITY_HOST,
    // No session bus, so no keyring; left out, libraries would start one of their own.
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
    NODE_OPTIONS: `--require=${JSON.stringify(guardPreload)}`,
    ...environment,
  };
}

/** Starts the program, for tests that do something while it runs. */
export function startCli(args: readonly string[], options: CliOptions) {
  return execa(process.execPath, [cliFile, ...args], {
    env: cliEnvironment(options),
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    input: options.input ?? '',
  });
}

/** Runs the program to its end. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await startCli(args, options);
  return { exitCode, stdout, stderr };
}

/** Puts a profile and its secrets into a person's store, past the command that a person would use. */
export async function givenProfile(home: string, profile: Profile, secrets?: ProfileSecrets): Promise<void> {
  const store = storeOf(home);
  await store.profiles.add(profile);
  if (secrets) await store.secrets.write(profile.name, secrets);
}

/** A person's store as this process sees it. */
export function storeOf(home: string): Store {
  return openStore({ HOME: home, ENTRA_AUTH_CLI_STORE: 'file' }, () => {});
}

/** An application with a secret, in the emulator's default directory. */
export const secretProfile: Profile = {
  name: 'default',
  tenantId: contoso,
  clientId: confidentialClient.id,
  scopes: ['https://graph.microsoft.com/.default'],
  authMethod: 'ClientSecret',
};
export const secrets: ProfileSecrets = { clientSecret: confidentialClient.secret };

/** A public client, for people. */
export const personProfile: Profile = {
  name: 'person',
  tenantId: contoso,
  clientId: '9ab11c00-0000-4000-8000-000000000003',
  scopes: ['User.Read'],
  authMethod: 'PublicClient',
};
