import { existsSync } from 'node:fs';
import { readCertificateFile } from '../../platform/certificate-file.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import { TokenError } from '../../protocol/token-error.ts';
import type { Shell } from '../shell.ts';
import type { Draft } from './draft.ts';

/** What is wrong with a certificate file. */
export interface CertificateProblem {
  /** A sentence or two: what, and what to do. */
  readonly message: string;
  /** The file isn't there: it may come later, where a container or pipeline puts it in place. */
  readonly absent: boolean;
}

/** Tries a draft's certificate, as far as it can be tried here. */
export async function certificateProblem(draft: Draft): Promise<CertificateProblem | undefined> {
  const { authMethod, certificatePath: path, certificatePassword: password } = draft;
  if (!path || (authMethod !== 'Certificate' && authMethod !== 'PasswordlessCertificate')) return undefined;
  // Nobody knows the password but the person who will be asked for it each time.
  if (authMethod === 'Certificate' && password === undefined && existsSync(path)) return undefined;
  try {
    await readCertificateFile(path, authMethod === 'Certificate' ? password : undefined);
    return undefined;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const message = error.code === 'CertificatePasswordInvalid' ? aboutPassword(path, password) : error.message;
    return { message, absent: error.code === 'CertificateNotFound' };
  }
}

function aboutPassword(path: string, password: string | undefined): string {
  return password === undefined
    ? `The certificate file '${path}' has a password. Choose the kind Certificate (--auth-method Certificate).`
    : `The password is not the one of the certificate file '${path}'. Give the right one.`;
}

/**
 * Refuses a certificate that can't work; one that isn't there yet is told.
 * @throws ProfileError ProfileInvalid
 */
export async function refuseBrokenCertificate(draft: Draft, shell: Shell): Promise<void> {
  const problem = await certificateProblem(draft);
  if (problem?.absent) shell.tell(`${problem.message} The profile is stored all the same.`);
  else if (problem) throw new ProfileError('ProfileInvalid', problem.message);
}
