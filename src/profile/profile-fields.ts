import type { AuthMethod, FederatedTokenSource, Profile } from './profile.ts';
import type { ProfileSecrets } from './secrets.ts';

/** What a profile is made of beside its name: what profiles.json holds, and the secrets, which are stored sealed. */
export type FieldName = Exclude<keyof (Profile & ProfileSecrets), 'name'>;

interface Fields {
  /** It is of no use without them. */
  readonly needed: readonly FieldName[];
  readonly possible: readonly FieldName[];
}

const ofAll: Fields = { needed: ['authMethod'], possible: ['scopes', 'defaultFlow'] };

const ofKinds: Readonly<Record<AuthMethod, Fields>> = {
  ClientSecret: { needed: ['tenantId', 'clientId', 'clientSecret'], possible: ['redirectUri', 'authority'] },
  Certificate: {
    needed: ['tenantId', 'clientId', 'certificatePath'],
    possible: ['cacheCertificatePassword', 'certificatePassword', 'redirectUri', 'authority'],
  },
  PasswordlessCertificate: {
    needed: ['tenantId', 'clientId', 'certificatePath'],
    possible: ['redirectUri', 'authority'],
  },
  // It knows its tenant itself.
  ManagedIdentity: { needed: [], possible: ['clientId'] },
  WorkloadIdentity: { needed: ['tenantId', 'clientId', 'federatedTokenSource'], possible: ['authority'] },
  PublicClient: { needed: ['tenantId', 'clientId'], possible: ['redirectUri', 'authority'] },
};

const ofSources: Readonly<Record<FederatedTokenSource, Fields>> = {
  GitHubActions: { needed: [], possible: [] },
  AzurePipelines: { needed: ['serviceConnectionId'], possible: [] },
  File: { needed: [], possible: ['federatedTokenFile'] },
};

const ofStoredPasswords: Fields = { needed: ['certificatePassword'], possible: [] };

/** The fields of a profile, by what it says of itself. While its kind isn't known: what nearly all kinds need. */
export function fieldsOf(profile: { readonly [Name in keyof Profile]?: Profile[Name] | undefined }): Fields {
  const { authMethod, federatedTokenSource: source, cacheCertificatePassword } = profile;
  if (!authMethod) return { needed: ['authMethod', 'tenantId', 'clientId'], possible: [] };
  const parts = [ofAll, ofKinds[authMethod]];
  if (authMethod === 'WorkloadIdentity' && source) parts.push(ofSources[source]);
  if (authMethod === 'Certificate' && cacheCertificatePassword) parts.push(ofStoredPasswords);
  return { needed: parts.flatMap(({ needed }) => needed), possible: parts.flatMap(({ possible }) => possible) };
}
