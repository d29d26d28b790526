import type { AuthMethod } from '../../profile/profile.ts';
import type { Draft } from './draft.ts';

/** What a profile is made of beside its name, as it is called in JSON. */
export type FieldName = Exclude<keyof Draft, 'name'>;

interface Field {
  /** In a sentence. */
  readonly what: string;
  /** How it is given without a terminal: `--tenant-id`. */
  readonly option: string;
  /** What stands behind the option; nothing behind a switch. */
  readonly value?: string;
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
  authMethod: {
    what: 'the kind of credential',
    option: '--auth-method',
    value: 'METHOD',
    belongs: always,
    needed: always,
  },
  tenantId: {
    what: 'the tenant',
    option: '--tenant-id',
    value: 'ID',
    owners: 'all kinds but ManagedIdentity',
    belongs: isInATenant,
    needed: always,
  },
  clientId: { what: 'the client id', option: '--client-id', value: 'ID', belongs: always, needed: isInATenant },
  clientSecret: {
    what: 'the client secret',
    option: '--client-secret-file',
    value: 'FILE, - for standard input',
    owners: 'the kind ClientSecret',
    belongs: isOneOf('ClientSecret'),
    needed: always,
  },
  certificatePath: {
    what: 'the certificate',
    option: '--certificate',
    value: 'FILE',
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
    option: '--certificate-password-file',
    value: 'FILE, - for standard input',
    owners: 'the kind Certificate',
    belongs: isOneOf('Certificate'),
    needed: ({ cacheCertificatePassword }) => cacheCertificatePassword === true,
  },
  federatedTokenSource: {
    what: 'the source of the federated token',
    option: '--federated-token-source',
    value: 'SOURCE',
    owners: 'the kind WorkloadIdentity',
    belongs: isFederated,
    needed: always,
  },
  federatedTokenFile: {
    what: 'the file with the federated token',
    option: '--federated-token-file',
    value: 'FILE',
    owners: 'the kind WorkloadIdentity with the source File',
    belongs: (draft) => isFederated(draft) && draft.federatedTokenSource === 'File',
    needed: never,
  },
  serviceConnectionId: {
    what: 'the service connection',
    option: '--service-connection-id',
    value: 'ID',
    owners: 'the kind WorkloadIdentity with the source AzurePipelines',
    belongs: (draft) => isFederated(draft) && draft.federatedTokenSource === 'AzurePipelines',
    needed: always,
  },
  defaultFlow: { what: 'the flow', option: '--flow', value: 'FLOW', belongs: always, needed: never },
  redirectUri: {
    what: 'the redirect address',
    option: '--redirect-uri',
    value: 'URI',
    owners: 'the kinds with which a person can sign in',
    belongs: isOneOf('ClientSecret', 'Certificate', 'PasswordlessCertificate', 'PublicClient'),
    needed: never,
  },
  scopes: { what: 'the scopes', option: '--scope', value: 'SCOPES', belongs: always, needed: never },
  authority: {
    what: 'the authority',
    option: '--authority',
    value: 'URL',
    owners: 'all kinds but ManagedIdentity',
    belongs: isInATenant,
    needed: never,
  },
};

/** All of {@link fields}. */
export const fieldNames = Object.keys(fields) as readonly FieldName[];

/** What is stored beside the profile, sealed. */
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
