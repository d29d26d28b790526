import type { Cloud } from '../cloud/environments.ts';
import type { Environment } from '../protocol/environment.ts';
import { isTenantGroup } from '../protocol/formats.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { currentRequest } from '../platform/request-context.ts';
import { certificateCredential } from './certificate-credential.ts';
import { clientCredentials } from './client-credentials.ts';
import type { TokenAnswer } from './token-answer.ts';

/**
 * A token for the application that the environment names, as the Azure SDKs' EnvironmentCredential gets it:
 * AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.
 * @param tenantId wins over AZURE_TENANT_ID
 * @throws TokenError CredentialUnavailable, naming the variables that are missing; InvalidParameter where the tenant
 * stands for any
 */
export async function environmentCredential(
  cloud: Cloud,
  request: {
    readonly scopes: readonly string[];
    readonly tenantId?: string | undefined;
    readonly claims?: string | undefined;
    readonly force: boolean;
  },
): Promise<TokenAnswer> {
  const environment = currentRequest()?.environment ?? {};
  const tenant = request.tenantId ?? environment['AZURE_TENANT_ID'];
  const clientId = environment['AZURE_CLIENT_ID'];
  const secret = environment['AZURE_CLIENT_SECRET'];
  const certificatePath = environment['AZURE_CLIENT_CERTIFICATE_PATH'];
  if (!tenant || !clientId || (!secret && !certificatePath)) {
    const missing = [
      ...unnamed(environment, request.tenantId),
      ...(secret || certificatePath ? [] : ['AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH']),
    ];
    throw new TokenError('CredentialUnavailable', `${notSet(missing)}.`);
  }
  // A part of the address that the secret is sent to: with anything else in it that is another address.
  if (!/^\w[\w.-]*$/.test(tenant)) {
    throw new TokenError(
      'InvalidParameter',
      `AZURE_TENANT_ID is ${quoted(tenant)}, which is no tenant. Set it to the id of one (a GUID) or one of its domains.`,
      { parameter: 'AZURE_TENANT_ID' },
    );
  }
  if (isTenantGroup(tenant)) throw noTenant(tenant, request.tenantId ? 'TenantId' : 'AZURE_TENANT_ID');
  const identity = { cloud, tenant, clientId };
  if (secret) return clientCredentials({ ...request, identity, credential: { kind: 'secret', secret } });
  const credential = await certificateCredential(
    certificatePath ?? '',
    environment['AZURE_CLIENT_CERTIFICATE_PASSWORD'],
  );
  // A host can't see that the file has another content now; the engine reads it again, and MSAL's cache still serves.
  return { ...(await clientCredentials({ ...request, identity, credential })), reusable: false };
}

/**
 * Warns of a secret or certificate that the environment has without whose it is, now that somebody else's token is handed
 * out. Nobody else goes by these two; tenant and client id alone say nothing, for other sources have them too.
 * @param tenantId wins over AZURE_TENANT_ID
 * @param instead the source that has the token
 */
export function warnOfIdleCredential(tenantId: string | undefined, instead: string): void {
  const environment = currentRequest()?.environment ?? {};
  const idle = ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH'].find((name) => environment[name]);
  const missing = unnamed(environment, tenantId);
  if (!idle || missing.length === 0) return;
  currentRequest()?.log(
    'warning',
    `${notSet(missing)}, so ${idle} counts for nothing; the token came from ${instead}.`,
  );
}

/** The variables that are missing to say which application it is. */
function unnamed(environment: Environment, tenantId: string | undefined): string[] {
  return [
    ...(tenantId || environment['AZURE_TENANT_ID'] ? [] : ['AZURE_TENANT_ID']),
    ...(environment['AZURE_CLIENT_ID'] ? [] : ['AZURE_CLIENT_ID']),
  ];
}

function notSet(missing: readonly string[]): string {
  const verb = missing.length === 1 && !missing[0]?.includes(' or ') ? 'is' : 'are';
  return `${missing.join(', ')} ${verb} not set`;
}

function noTenant(given: string, parameter: 'TenantId' | 'AZURE_TENANT_ID'): TokenError {
  const name = parameter === 'TenantId' ? `-${parameter}` : parameter;
  return new TokenError(
    'InvalidParameter',
    `${name} is '${given}', which is no tenant of its own. An application signs in to one: give its id or domain.`,
    { parameter },
  );
}
