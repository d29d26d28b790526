import { forgetProbes } from '../grants/managed-identity.ts';
import { endEnvironmentThreads } from '../grants/environment-thread.ts';
import { forgetAccount } from './session-memory.ts';

/** Forgets everything that this engine knows of earlier requests: the account, cached tokens, probes. */
export async function forgetSession(): Promise<void> {
  forgetAccount();
  forgetProbes();
  endEnvironmentThreads();
  const { forgetApplications } = await import('../msal/applications.ts');
  forgetApplications();
}
