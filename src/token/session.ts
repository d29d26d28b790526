import { forgetProbes } from '../grants/managed-identity.ts';
import { endEnvironmentThreads } from '../grants/environment-thread.ts';
import { forgetSignIns } from './known-accounts.ts';
import { forgetAccount } from './session-memory.ts';

/** Forgets everything that this engine knows of earlier requests: accounts, cached tokens, probes. */
export async function forgetSession(): Promise<void> {
  forgetAccount();
  forgetSignIns();
  forgetProbes();
  endEnvironmentThreads();
  const { forgetApplications } = await import('../msal/applications.ts');
  forgetApplications();
}
