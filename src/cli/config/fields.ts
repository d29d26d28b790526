import type { FieldName } from '../../profile/profile-fields.ts';

interface Field {
  /** In a sentence. */
  readonly what: string;
  /** How it is given without a terminal: `--tenant-id`. */
  readonly option: string;
  /** What stands behind the option; nothing behind a switch. */
  readonly value?: string;
  /** Which profiles have it, in a sentence; absent where all do. */
  readonly owners?: string;
}

/** In the order in which people think of them. */
export const fields: Readonly<Record<FieldName, Field>> = {
  authMethod: { what: 'the kind of credential', option: '--auth-method', value: 'METHOD' },
  tenantId: {
    what: 'the tenant',
    option: '--tenant-id',
    value: 'ID',
    owners: 'all kinds but ManagedIdentity',
  },
  clientId: { what: 'the client id', option: '--client-id', value: 'ID' },
  clientSecret: {
    what: 'the client secret',
    option: '--client-secret-file',
    value: 'FILE, - for standard input',
    owners: 'the kind ClientSecret',
  },
  certificatePath: {
    what: 'the certificate',
    option: '--certificate',
    value: 'FILE',
    owners: 'the kinds Certificate and PasswordlessCertificate',
  },
  cacheCertificatePassword: {
    what: "storing the certificate's password",
    option: '--cache-certificate-password',
    owners: 'the kind Certificate',
  },
  certificatePassword: {
    what: "the certificate's password",
    option: '--certificate-password-file',
    value: 'FILE, - for standard input',
    owners: 'the kind Certificate',
  },
  federatedTokenSource: {
    what: 'the source of the federated token',
    option: '--federated-token-source',
    value: 'SOURCE',
    owners: 'the kind WorkloadIdentity',
  },
  federatedTokenFile: {
    what: 'the file with the federated token',
    option: '--federated-token-file',
    value: 'FILE',
    owners: 'the kind WorkloadIdentity with the source File',
  },
  serviceConnectionId: {
    what: 'the service connection',
    option: '--service-connection-id',
    value: 'ID',
    owners: 'the kind WorkloadIdentity with the source AzurePipelines',
  },
  defaultFlow: { what: 'the flow', option: '--flow', value: 'FLOW' },
  redirectUri: {
    what: 'the redirect address',
    option: '--redirect-uri',
    value: 'URI',
    owners: 'the kinds with which a person can sign in',
  },
  scopes: { what: 'the scopes', option: '--scope', value: 'SCOPES' },
  authority: {
    what: 'the authority',
    option: '--authority',
    value: 'URL',
    owners: 'all kinds but ManagedIdentity',
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
