import { statSync } from 'node:fs';
import { managedIdentityNames } from '../../protocol/environment.ts';
import type { Profile } from '../../profile/profile.ts';
import type { Shell } from '../shell.ts';
import type { FlowName } from '../../token/profile-token.ts';

/** What is asked for, by the profile and by the command. */
export interface Asked {
  readonly profile: Profile;
  readonly flow: FlowName;
  readonly scopes: readonly string[];
}

/**
 * Everything that decides which token it is, as text: tokens with the same key can stand in for each other. A secret
 * that was replaced is another credential, as is a certificate file that was; so is the environment of a managed or
 * federated identity.
 */
export function tokenKey(asked: Asked, shell: Shell): string {
  const scopes = asked.scopes.toSorted();
  return JSON.stringify(['token', client(asked.profile, shell), identity(asked, shell), scopes]);
}

/** The same for a person's sign-in, which serves any scopes. */
export function signInKey(asked: Asked, shell: Shell): string {
  return JSON.stringify(['sign-in', client(asked.profile, shell), identity(asked, shell)]);
}

function client({ authority, tenantId, clientId }: Profile, { environment }: Shell): unknown {
  return [authority ?? environment['AZURE_AUTHORITY_HOST'], tenantId?.toLowerCase(), clientId?.toLowerCase()];
}

/** A person's tokens are the same however the person signed in to a public client. */
function identity({ profile, flow }: Asked, shell: Shell): unknown {
  switch (flow) {
    case 'interactive':
    case 'device-code':
      return 'person';
    case 'authorization-code':
      return ['person', credential(profile, shell)];
    case 'client-credentials':
      return ['application', credential(profile, shell)];
  }
}

function credential(profile: Profile, { store, environment }: Shell): unknown {
  switch (profile.authMethod) {
    case 'ClientSecret':
      return ['secret', store.secrets.revision(profile.name)];
    case 'Certificate':
    case 'PasswordlessCertificate':
      return ['certificate', fileState(profile.certificatePath)];
    case 'ManagedIdentity':
      return ['managed identity', managedIdentityNames.map((name) => environment[name])];
    case 'WorkloadIdentity':
      return [
        profile.federatedTokenSource,
        profile.serviceConnectionId,
        fileState(profile.federatedTokenFile ?? environment['AZURE_FEDERATED_TOKEN_FILE']),
        environment['ACTIONS_ID_TOKEN_REQUEST_URL'],
        environment['SYSTEM_OIDCREQUESTURI'],
      ];
    case 'PublicClient':
      return 'none';
  }
}

/** Path, time of the last change and size; a file that isn't there, or may not be looked at, is another state too. */
function fileState(path: string | undefined): unknown {
  if (path === undefined) return undefined;
  try {
    const state = statSync(path, { throwIfNoEntry: false });
    return [path, state?.mtimeMs, state?.size];
  } catch (error) {
    // Who reads the file says what is wrong with it.
    return [path, (error as NodeJS.ErrnoException).code];
  }
}
