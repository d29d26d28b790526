/** What every test file starts with: no network but this machine, and none of the developer's own credentials. */

import process from 'node:process';
import { afterEach, expect } from 'vitest';
import { isolate } from './environment.ts';
import { takeNetworkAttempts } from './network-guard.ts';

isolate(process.env);

afterEach(() => {
  expect(takeNetworkAttempts(), 'attempts to reach something other than this machine').toEqual([]);
});
