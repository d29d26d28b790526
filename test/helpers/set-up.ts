/** What every test file starts with: no network but this machine, and none of the developer's own credentials. */

import process from 'node:process';
import { afterEach, expect } from 'vitest';
import { takeNetworkAttempts } from './network-guard.ts';

for (const name of Object.keys(process.env)) {
  if (/^(?:AZURE|IDENTITY|MSI|SYSTEM|ACTIONS)_|^IMDS_ENDPOINT$/.test(name)) Reflect.deleteProperty(process.env, name);
}
// What a test doesn't say leads to a port where nobody listens, also in the programs that it spawns.
process.env['AZURE_AUTHORITY_HOST'] = 'https://127.0.0.1:1';
process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = 'http://127.0.0.1:1';

afterEach(() => {
  expect(takeNetworkAttempts(), 'attempts to reach something other than this machine').toEqual([]);
});
