import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { missingPrograms, startKeyringSession } from '../../test/helpers/keyring-session.ts';
import type { Finding } from '../finding.ts';
import { run } from '../processes.ts';
import { inTurn, median } from '../statistics.ts';
import type { Environment, Surroundings } from '../surroundings.ts';

/**
 * `entra-auth-cli get-token` when the token is cached: what people wait for at each prompt and in each script's line.
 * With the key in a file; and in a keyring, where there is one for tests.
 */
export async function getToken(surroundings: Surroundings): Promise<readonly Finding[]> {
  const home = join(surroundings.environment['HOME'] ?? '', 'entra-auth-cli');
  await mkdir(home, { recursive: true, mode: 0o700 });
  const withFile = { ...surroundings.environment, HOME: home, APPDATA: home, ENTRA_AUTH_CLI_STORE: 'file' };
  const findings = [await cached(surroundings, withFile, 'key in a file', 2)];
  if (missingPrograms.length > 0) return findings;

  await using session = await startKeyringSession();
  session.unlock();
  // Where an installed package has it
  const modules = join(import.meta.dirname, '../../node_modules');
  await symlink(modules, join(dirname(surroundings.engine), 'node_modules'), 'junction');
  const withKeyring = { ...surroundings.environment, ...session.environment };
  return [...findings, await cached(surroundings, withKeyring, 'key in a keyring', 2)];
}

async function cached(
  surroundings: Surroundings,
  environment: Environment,
  where: string,
  bound: number,
): Promise<Finding> {
  const program = join(dirname(surroundings.engine), 'cli.js');
  await makeProfile(program, environment);
  const getTokenOnce = [program, 'get-token', '--silent'];
  // The first brings the token from the emulator; those that are counted must not ask it again.
  await run(process.execPath, getTokenOnce, environment);
  await surroundings.tokensHandedOut();
  const { ours, floor } = await inTurn({
    ours: async () => (await run(process.execPath, getTokenOnce, environment)).milliseconds,
    floor: async () => (await run(process.execPath, ['-e', '0'], environment)).milliseconds,
  });
  const handedOut = await surroundings.tokensHandedOut();
  if (handedOut > 0) throw new Error(`The token was not cached: the emulator handed out ${handedOut} more.`);
  const what = `entra-auth-cli get-token, cached, ${where}; floor: node -e 0`;
  return { what, unit: 'ms', ours: median(ours), floor: median(floor), comparison: 'times', bound };
}

/** Of the application whose secret the session has in its environment. */
async function makeProfile(program: string, environment: Environment): Promise<void> {
  const { HOME = '', AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = environment;
  const secretFile = join(HOME, 'secret');
  await writeFile(secretFile, AZURE_CLIENT_SECRET, { mode: 0o600 });
  const application = ['--tenant-id', AZURE_TENANT_ID, '--client-id', AZURE_CLIENT_ID];
  const create = [program, 'config', 'create', ...application, '--client-secret-file', secretFile];
  await run(process.execPath, create, environment);
}
