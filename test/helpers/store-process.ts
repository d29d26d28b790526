import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import type { ProfileErrorCode } from '../../src/profile/profile-error.ts';
import type { Environment } from '../../src/protocol/environment.ts';

const program = fileURLToPath(new URL('../fixtures/store-program.ts', import.meta.url));

/** What a process did with a store. */
export interface StoreProcessResult {
  /** What the last call gave. */
  readonly value?: unknown;
  readonly error?: { readonly code: ProfileErrorCode; readonly message: string };
  readonly told: readonly string[];
}

/**
 * Opens the store of an environment in a process of its own, and makes calls.
 * @param calls each the method and its parameters: `['secrets.write', 'dev', {...}]`
 * @param nodeOptions for the process
 */
export async function callStore(
  environment: Environment,
  calls: readonly (readonly [string, ...unknown[]])[],
  nodeOptions: readonly string[] = [],
): Promise<StoreProcessResult & { readonly stderr: string }> {
  const { stdout, stderr } = await execa(process.execPath, [...nodeOptions, program], {
    env: environment,
    extendEnv: false,
    input: JSON.stringify(calls),
  });
  return { ...(JSON.parse(stdout) as StoreProcessResult), stderr };
}
