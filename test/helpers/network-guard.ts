/**
 * No network but this machine, for this process as soon as it imports this, and for those that it spawns.
 *
 * Tests have it from their set-up file. A program that a test spawns gets it as `node --require` of {@link guardPreload};
 * there each attempt stands on stderr when the program ends.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The path of the guard itself. */
export const guardPreload = fileURLToPath(new URL('network-guard.cjs', import.meta.url));

const guard = createRequire(import.meta.url)(guardPreload) as { takeNetworkAttempts(): readonly string[] };

/** What was tried since this was last called; nobody else hears of it. */
export const takeNetworkAttempts = (): readonly string[] => guard.takeNetworkAttempts();
