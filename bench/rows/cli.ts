import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openStore } from '../../src/profile/store.ts';
import type { Finding } from '../finding.ts';
import { run } from '../processes.ts';
import { inTurn, median } from '../statistics.ts';
import type { Environment, Surroundings } from '../surroundings.ts';

/** `entra-auth-cli get-token` when the token is cached: what people wait for at each prompt and in each script's line. */
export async function getToken(surroundings: Surroundings): Promise<readonly Finding[]> {
  const environment = await withProfile(surroundings);
  const cli = join(dirname(surroundings.engine), 'cli.js');
  const typed = [cli, 'get-token', '--silent'];
  // The first brings the token from the emulator; those that are counted must not ask it again.
  await run(process.execPath, typed, environment);
  await surroundings.tokensHandedOut();
  const { ours, floor } = await inTurn(
    {
      ours: async () => (await run(process.execPath, typed, environment)).milliseconds,
      floor: async () => (await run(process.execPath, ['-e', '0'], environment)).milliseconds,
    },
    31,
  );
  const handedOut = await surroundings.tokensHandedOut();
  if (handedOut > 0) throw new Error(`The token was not cached: the emulator handed out ${handedOut} more.`);
  const what = 'entra-auth-cli get-token, cached; floor: node -e 0';
  return [{ what, unit: 'ms', ours: median(ours), floor: median(floor), comparison: 'times', bound: 2 }];
}

/** A home with a profile in it, whose key is in a file. */
async function withProfile({ environment }: Surroundings): Promise<Environment> {
  const home = join(environment['HOME'] ?? '', 'entra-auth-cli');
  await mkdir(home, { recursive: true, mode: 0o700 });
  const own = { ...environment, HOME: home, APPDATA: home, ENTRA_AUTH_CLI_STORE: 'file' };
  const { profiles, secrets } = openStore(own, () => {});
  const {
    AZURE_TENANT_ID: tenantId = '',
    AZURE_CLIENT_ID: clientId = '',
    AZURE_CLIENT_SECRET: clientSecret = '',
  } = environment;
  await profiles.add({ name: 'default', authMethod: 'ClientSecret', tenantId, clientId, scopes: [] });
  await secrets.write('default', { clientSecret });
  return own;
}
