import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AadstsError } from './aadsts-errors.ts';
import { findTenant, knownResource } from './directory.ts';
import type { ManagedIdentity, Tenant } from './directory.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { issueManagedIdentityToken } from './issue-token.ts';
import type { IssuedToken } from './issue-token.ts';
import type { EmulatorState } from './state.ts';

/** Where the endpoints are on the plain HTTP listener; Azure has them on http too, since they never leave the machine. */
export const managedIdentityPaths = {
  appService: '/msi/token',
  imds: '/metadata/identity/oauth2/token',
  arc: '/arc/metadata/identity/oauth2/token',
} as const;

/** App Service, Functions (GET, api-version) and Azure Automation (POST, form, no api-version). */
export async function appServiceEndpoint(state: EmulatorState, request: EndpointRequest): Promise<Reply> {
  const { directory } = state;
  const refuse = (status: number, message: string): Reply => ({
    status,
    body: { statusCode: status, message, correlationId: randomUUID() },
  });
  if (request.method !== 'GET' && request.method !== 'POST') return refuse(405, 'Only GET and POST are supported.');
  if (request.headers['x-identity-header'] !== directory.identityHeader) {
    return refuse(401, 'The X-IDENTITY-HEADER header is missing or does not match.');
  }
  const parameters = request.method === 'GET' ? request.query : request.form;
  if (request.method === 'GET') {
    if (request.query.get('api-version') !== '2019-08-01') {
      return refuse(400, "The 'api-version' query parameter is missing or not supported: use 2019-08-01.");
    }
  } else if (request.headers['metadata'] !== 'true') {
    return refuse(400, 'The Metadata header must be true.');
  }
  const resource = parameters.get('resource');
  if (!resource) return refuse(400, "The 'resource' parameter is missing.");
  const identity = findIdentity(directory.managedIdentities, {
    clientId: parameters.get('client_id'),
    objectId: parameters.get('principal_id') ?? parameters.get('object_id'),
    resourceId: parameters.get('mi_res_id') ?? parameters.get('msi_res_id'),
  });
  if (!identity) {
    return refuse(
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
  }
  try {
    const { token, expiresOn } = await tokenFor(state, identity, resource);
    return {
      status: 200,
      body: {
        access_token: token,
        expires_on: String(expiresOn),
        resource,
        token_type: 'Bearer',
        client_id: identity.clientId,
      },
    };
  } catch (error) {
    if (error instanceof AadstsError) return refuse(error.status, error.message);
    throw error;
  }
}

/** A virtual machine's metadata service. */
export async function imdsEndpoint(state: EmulatorState, request: EndpointRequest): Promise<Reply> {
  const refusal = refuseMetadataRequest(request, '2018-02-01');
  if (refusal) return refusal;
  return metadataToken(state, request);
}

/** Azure Arc: who can read the key file may have a token. */
export async function arcEndpoint(state: EmulatorState, request: EndpointRequest, keys: ArcKeys): Promise<Reply> {
  const refusal = refuseMetadataRequest(request, '2019-08-15');
  if (refusal) return refusal;
  const { authorization } = request.headers;
  if (authorization === undefined) {
    return { status: 401, headers: { 'www-authenticate': `Basic realm=${keys.write()}` }, body: '' };
  }
  const [, key = ''] = /^Basic (.+)$/.exec(authorization) ?? [];
  if (!keys.accept(key)) {
    return { status: 403, body: { error: 'invalid_request', error_description: 'The key is not valid.' } };
  }
  return metadataToken(state, request);
}

function refuseMetadataRequest({ method, headers, query }: EndpointRequest, oldestVersion: string): Reply | undefined {
  const refuse = (error_description: string): Reply => ({
    status: 400,
    body: { error: 'invalid_request', error_description },
  });
  if (method !== 'GET') return { status: 405, body: { error: 'Method not allowed' } };
  // In this order, so that a probe without the header is answered at once
  if (headers['metadata']?.toString().toLowerCase() !== 'true') return refuse('Required metadata header not specified');
  if (headers['x-forwarded-for'] !== undefined) return refuse('Requests with an X-Forwarded-For header are not served');
  const version = query.get('api-version');
  if (!version) return refuse('Bad request. api-version was not specified in the request');
  if (!/^\d{4}-\d\d-\d\d$/.test(version) || version < oldestVersion)
    return refuse('Bad request. api-version is invalid');
  return query.get('resource') ? undefined : refuse('Required audience parameter not specified');
}

async function metadataToken(state: EmulatorState, { query }: EndpointRequest): Promise<Reply> {
  const named = {
    clientId: query.get('client_id'),
    objectId: query.get('object_id'),
    resourceId: query.get('msi_res_id'),
  };
  const identity = findIdentity(state.directory.managedIdentities, named);
  if (!identity) {
    return { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } };
  }
  const resource = query.get('resource') ?? '';
  try {
    const { token, expiresIn, expiresOn, notBefore } = await tokenFor(state, identity, resource);
    return {
      status: 200,
      body: {
        access_token: token,
        client_id: identity.clientId,
        // Arc's agent confirms who was asked for; MSAL insists on it
        ...(named.objectId !== null && { object_id: identity.objectId }),
        ...(named.resourceId !== null && { msi_res_id: identity.resourceId }),
        expires_in: String(expiresIn),
        expires_on: String(expiresOn),
        ext_expires_in: String(expiresIn),
        not_before: String(notBefore),
        resource,
        token_type: 'Bearer',
      },
    };
  } catch (error) {
    if (!(error instanceof AadstsError)) throw error;
    return { status: error.status, body: { error: error.error, error_description: error.message } };
  }
}

function findIdentity(
  identities: readonly ManagedIdentity[],
  { clientId, objectId, resourceId }: Record<'clientId' | 'objectId' | 'resourceId', string | null>,
): ManagedIdentity | undefined {
  const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
  return identities.find((each) => {
    if (clientId) return same(each.clientId, clientId);
    if (objectId) return same(each.objectId, objectId);
    if (resourceId) return same(each.resourceId, resourceId);
    return each.type === 'system-assigned';
  });
}

/** @throws AadstsError 500011 */
async function tokenFor(state: EmulatorState, identity: ManagedIdentity, audience: string): Promise<IssuedToken> {
  const tenant = findTenant(state.directory, identity.tenant) as Tenant;
  const resource = knownResource(state.directory, audience, tenant);
  return issueManagedIdentityToken(state, tenant, identity, {
    resource,
    audience,
    prefix: '',
    isDefault: true,
    names: [],
  });
}

/**
 * The key files of Arc's challenge: one for each challenge, good for one answer. Their folder stays when the emulator
 * ends: another one on the same computer may be about to write there.
 */
export class ArcKeys {
  readonly #directory: string;
  readonly #files = new Map<string, string>();

  /** @param directory clients insist on the place that Arc's agent uses: {@link arcKeyDirectory} */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @returns the path of a new key file */
  write(): string {
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    const key = randomBytes(32).toString('base64');
    const path = join(this.#directory, `${randomUUID()}.key`);
    writeFileSync(path, key, { mode: 0o600 });
    this.#files.set(key, path);
    return path;
  }

  accept(key: string): boolean {
    const path = this.#files.get(key);
    if (path === undefined) return false;
    this.#files.delete(key);
    rmSync(path, { force: true });
    return true;
  }

  dispose(): void {
    for (const path of this.#files.values()) rmSync(path, { force: true });
    this.#files.clear();
  }
}

export const arcKeyDirectory =
  process.platform === 'win32'
    ? `${process.env['ProgramData'] ?? 'C:\\ProgramData'}\\AzureConnectedMachineAgent\\Tokens\\`
    : '/var/opt/azcmagent/tokens/';
