import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startEmulator, type EmulatorOptions } from '../../src/emulator/server.ts';
import type { ClientIdentity } from '../../src/msal/applications.ts';
import { TokenError } from '../../src/protocol/token-error.ts';
import { contoso, type Emulator } from './flows.ts';

const trustedBefore = getCACertificates('default');

/** An emulator that this process trusts until it is closed, for grants that run in the test's own process. */
export async function startTrustedEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  // Alone: the system's more than a hundred would be parsed for each test.
  setDefaultCACertificates([emulator.ca]);
  return {
    ...emulator,
    async close() {
      setDefaultCACertificates(trustedBefore);
      await emulator.close();
    },
  };
}

/** A client of the emulator's. */
export function identityOf({ authority }: Emulator, clientId: string, tenant: string = contoso): ClientIdentity {
  return { cloud: { authorityHost: authority, wellKnown: false }, tenant, clientId };
}

/** The error of a grant that must fail. */
export async function tokenErrorOf(grant: Promise<unknown>): Promise<TokenError> {
  const outcome = await grant.catch((error: unknown) => error);
  if (outcome instanceof TokenError) return outcome;
  throw new Error('The grant did not fail with a TokenError.', { cause: outcome });
}
