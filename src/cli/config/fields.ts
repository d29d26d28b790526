import type { AuthMethod, Profile } from '../../profile/profile.ts';
import type { ProfileSecrets } from '../../profile/secrets.ts';

/** A profile on its way, its secrets beside its fields: what options, a file and answers have said so far. */
export type Draft = {
  readonly [Name in keyof (Profile & ProfileSecrets)]?: (Profile & ProfileSecrets)[Name] | undefined;
};

/** What a profile is made of beside its name, as it is called in JSON. */
export type FieldName = Exclude<keyof Draft, 'name'>;

interface Field {
  /** In a sentence. */
  readonly what: string;
  /** How it is given without a terminal. */
  readonly option: string;
  /** Which profiles have it, in a sentence; absent where all do. */
  readonly owners?: string;
  /** Whether such a profile has it. */
  belongs(draft: Draft): boolean;
  /** Whether such a profile is of no use without it. */
  needed(draft: Draft): boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;
const isOneOf =
  (...methods: readonly AuthMethod[]) =>
  ({ authMethod }: Draft): boolean =>
    authMethod !== undefined && methods.includes(authMethod);
/** A managed identity knows its tenant itself. */
const isInATenant = ({ authMethod }: Draft): boolean => authMethod !== 'ManagedIdentity';
const isFederated = isOneOf('WorkloadIdentity');

/** In the order in which people think of them. */
export const fields: Readonly<Record<FieldName, Field>> = {
  authMethod: { what: 'the kind of credential', option: '--auth-method METHOD', belongs: always, needed: always },
  tenantId: {
    what: 'the tenant',
    option: '--tenant-id ID',
    owners: 'all kinds but ManagedIdentity',
    belongs: isInATenant,
    needed: always,
  },
  clientId: { what: 'the client id', option: '--client-id ID', belongs: always, needed: isInATenant },
  clientSecret: {
    what: 'the client secret',
    option: '--client-secret-file FILE, - for standard input',
    owners: 'the kind ClientSecret',
    belongs: isOneOf('ClientSecret'),
    needed: always,
  },
  certificatePath: {
    what: 'the certificate',
    option: '--certificate FILE',
    owners: 'the kinds Certificate and PasswordlessCertificate',
    belongs: isOneOf('Certificate', 'PasswordlessCertificate'),
    needed: always,
  },
  cacheCertificatePassword: {
    what: "storing the certificate's password",
    option: '--cache-certificate-password',
    owners: 'the kind Certificate',
    belongs: isOneOf('Certificate'),
    needed: never,
  },
  certificatePassword: {
    what: "the certificate's password",
    option: '--certificate-password-file FILE, - for standard input',
    owners: 'the kind Certificate',
    belongs: isOneOf('Certificate'),
    needed: ({ cacheCertificatePassword }) => cacheCertificatePassword === true,
  },
  federatedTokenSource: {
    what: 'the source of the federated token',
    option: '--federated-token-source SOURCE',
    owners: 'the kind WorkloadIdentity',
    belongs: isFederated,
    needed: always,
  },
  federatedTokenFile: {
    what: 'the file with the federated token',
    option: '--federated-token-file FILE',
    owners: 'the kind WorkloadIdentity with the source File',
    belongs: (draft) => isFederated(draft) && draft.federatedTokenSource === 'File',
    needed: never,
  },
  serviceConnectionId: {
    what: 'the service connection',
    option: '--service-connection-id ID',
    owners: 'the kind WorkloadIdentity with the source AzurePipelines',
    belongs: (draft) => isFederated(draft) && draft.federatedTokenSource === 'AzurePipelines',
    needed: always,
  },
  defaultFlow: { what: 'the flow', option: '--flow FLOW', belongs: always, needed: never },
  redirectUri: {
    what: 'the redirect address',
    option: '--redirect-uri URI',
    owners: 'the kinds with which a person can sign in',
    belongs: isOneOf('ClientSecret', 'Certificate', 'PasswordlessCertificate', 'PublicClient'),
    needed: never,
  },
  scopes: { what: 'the scopes', option: '--scope SCOPES', belongs: always, needed: never },
  authority: {
    what: 'the authority',
    option: '--authority URL',
    owners: 'all kinds but ManagedIdentity',
    belongs: isInATenant,
    needed: never,
  },
};

export const fieldNames = Object.keys(fields) as readonly FieldName[];

export const secretNames = ['clientSecret', 'certificatePassword'] as const satisfies readonly FieldName[];

/** What a profile can be without, and `config edit` can take away. */
export const removable = [
  'scopes',
  'defaultFlow',
  'redirectUri',
  'authority',
  'clientId',
  'cacheCertificatePassword',
  'federatedTokenFile',
] as const satisfies readonly FieldName[];

/** What does not decide whose tokens a profile gets; a change of all else makes the cached ones another's. */
const incidental: ReadonlySet<FieldName> = new Set([
  'scopes',
  'defaultFlow',
  'redirectUri',
  'cacheCertificatePassword',
]);

/** Whether a change from one to the other leaves the profile without a right to its cached tokens. */
export function isAnotherIdentity(before: Draft, after: Draft): boolean {
  return fieldNames.some((name) => !incidental.has(name) && before[name] !== after[name]);
}

/** What the draft has to have and has not; while its kind isn't known, what nearly all kinds need. */
export function missingFrom(draft: Draft): readonly FieldName[] {
  const wanted = draft.authMethod === undefined ? (['authMethod', 'tenantId', 'clientId'] as const) : fieldNames;
  return wanted.filter((name) => {
    const field = fields[name];
    return !draft[name] && field.belongs(draft) && field.needed(draft);
  });
}

/** The fields that such a profile doesn't have. */
export function foreignIn(draft: Draft): readonly FieldName[] {
  return fieldNames.filter((name) => draft[name] !== undefined && !fields[name].belongs(draft));
}

/** The draft without fields that such a profile doesn't have; those that were said stay, to be refused. */
export function withoutForeign(draft: Draft, said: Draft): Draft {
  return without(
    draft,
    foreignIn(draft).filter((name) => said[name] === undefined),
  );
}

export function without(draft: Draft, names: readonly FieldName[]): Draft {
  return { ...draft, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** The draft with what the rest of it tells: the kind of credential, and where a federated token comes from. */
export function withImplied(draft: Draft): Draft {
  const authMethod = draft.authMethod ?? impliedAuthMethod(draft);
  if (authMethod === undefined) return draft;
  const federatedTokenSource = draft.federatedTokenSource ?? impliedTokenSource(draft);
  if (authMethod !== 'WorkloadIdentity' || federatedTokenSource === undefined) return { ...draft, authMethod };
  return { ...draft, authMethod, federatedTokenSource };
}

function impliedAuthMethod(draft: Draft): AuthMethod | undefined {
  if (draft.clientSecret) return 'ClientSecret';
  if (draft.certificatePath) {
    return draft.certificatePassword || draft.cacheCertificatePassword ? 'Certificate' : 'PasswordlessCertificate';
  }
  if (draft.federatedTokenSource || draft.federatedTokenFile || draft.serviceConnectionId) return 'WorkloadIdentity';
  const { defaultFlow } = draft;
  return defaultFlow === 'InteractiveBrowser' || defaultFlow === 'DeviceCode' ? 'PublicClient' : undefined;
}

function impliedTokenSource(draft: Draft): Profile['federatedTokenSource'] {
  if (draft.serviceConnectionId) return 'AzurePipelines';
  return draft.federatedTokenFile ? 'File' : undefined;
}
