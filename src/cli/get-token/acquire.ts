import { TokenError } from '../../protocol/token-error.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import type { Profile } from '../../profile/profile.ts';
import {
  acquireProfileToken,
  provesItself,
  type ProfileCredential,
  type ProfileToken,
  type ProfileTokenDemand,
} from '../../token/profile-token.ts';
import { printable } from '../printable.ts';
import type { TokenRequest } from './profile-token.ts';
import { requestContext } from './request-context.ts';
import type { Shell } from '../shell.ts';
import type { Asked } from './token-key.ts';

/** Gets a token from Entra: the profile and its secrets become a demand. */
export async function acquire(
  asked: Asked & { readonly refreshToken: string | undefined },
  request: TokenRequest,
  shell: Shell,
): Promise<ProfileToken> {
  const { profile, flow, scopes, refreshToken } = asked;
  const demand: ProfileTokenDemand = {
    profile: profile.name,
    authority: profile.authority,
    tenant: profile.tenantId,
    clientId: profile.clientId,
    // What is not sent, nobody is asked for.
    credential: provesItself(flow) ? await credentialOf(profile, shell) : { kind: 'none' },
    flow,
    scopes,
    redirectUri: profile.redirectUri,
    refreshToken,
    signIn: request.signIn,
    force: request.force,
    timeout: request.timeout,
  };
  return acquireProfileToken(demand, requestContext(request, shell));
}

async function credentialOf(profile: Profile, shell: Shell): Promise<ProfileCredential> {
  switch (profile.authMethod) {
    case 'ClientSecret': {
      const { clientSecret } = await shell.store.secrets.read(profile.name);
      if (clientSecret !== undefined) return { kind: 'secret', secret: clientSecret };
      throw new ProfileError(
        'SecretMissing',
        `No client secret is stored for the profile '${profile.name}'. ` +
          `Store it with: entra-auth-cli config edit ${profile.name} --client-secret-file -`,
      );
    }
    case 'PasswordlessCertificate':
      return { kind: 'certificateFile', path: certificatePath(profile) };
    case 'Certificate':
      return {
        kind: 'certificateFile',
        path: certificatePath(profile),
        password: await certificatePassword(profile, shell),
      };
    case 'ManagedIdentity':
      return { kind: 'managedIdentity' };
    case 'WorkloadIdentity':
      return {
        kind: 'workloadIdentity',
        source: profile.federatedTokenSource ?? 'File',
        file: profile.federatedTokenFile,
        serviceConnectionId: profile.serviceConnectionId,
      };
    case 'PublicClient':
      return { kind: 'none' };
  }
}

function certificatePath({ name, certificatePath: path }: Profile): string {
  if (path !== undefined) return path;
  throw new TokenError('CertificateNotFound', `The profile '${name}' names no certificate file.`);
}

/** The stored one, else the one that a person types: it is stored only where the profile says so. */
async function certificatePassword({ name, certificatePath: path = '' }: Profile, shell: Shell): Promise<string> {
  const { certificatePassword: stored } = await shell.store.secrets.read(name);
  if (stored !== undefined) return stored;
  if (shell.canAsk) {
    const { default: password } = await import('@inquirer/password');
    return password(
      { message: printable(`Password of ${path}:`) },
      { output: process.stderr, clearPromptOnDone: true, signal: shell.signal },
    );
  }
  throw new ProfileError(
    'SecretMissing',
    `The password of the certificate file '${path}' is not stored, and there is no terminal to ask at. ` +
      `Store it with: entra-auth-cli config edit ${name} --cache-certificate-password --certificate-password-file -`,
  );
}
