import { createHash, X509Certificate } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import { AadstsError } from './aadsts-errors.ts';
import { isAgentIdentity } from './agent-identities.ts';
import { validityOf } from './assertion-times.ts';
import { findApplication } from './directory.ts';
import type { Application, TenantSelector } from './directory.ts';
import { issuerOf } from './discovery.ts';
import { verifyFederatedAssertion } from './federated-assertion.ts';
import type { EndpointRequest } from './http.ts';
import type { ClientCredential } from './issue-token.ts';
import type { EmulatorState } from './state.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface AuthenticatedClient {
  readonly client: Application;
  readonly credential: ClientCredential;
}

/**
 * Who is asking, and that it is so. A public client has nothing to show, a confidential one a secret (in the form or
 * as Basic authentication) or a signed assertion.
 * @throws AadstsError
 */
export async function authenticateClient(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
): Promise<AuthenticatedClient> {
  const { form } = request;
  const basic = basicCredentials(request.headers.authorization);
  const clientId = form.get('client_id') ?? basic?.clientId;
  if (!clientId) throw new AadstsError(900144, ['client_id']);
  const client = findApplication(state.directory, clientId, tenant);
  const secret = form.get('client_secret') ?? basic?.secret;
  const assertion = form.get('client_assertion');
  if (client.publicClient) {
    if (secret || assertion) throw new AadstsError(700025);
    return { client, credential: 'none' };
  }
  if (assertion) {
    return { client, credential: await verifyAssertion(state, request, tenant, client, assertion) };
  }
  if (!secret) throw new AadstsError(7000218);
  verifySecret(state, client, secret);
  return { client, credential: 'secret' };
}

/** RFC 6749 section 2.3.1: both halves are form-encoded. */
function basicCredentials(header: string | undefined): { clientId: string; secret: string } | undefined {
  const [, encoded] = /^Basic (.+)$/i.exec(header ?? '') ?? [];
  if (!encoded) return undefined;
  const [clientId = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decode = (text: string): string => new URLSearchParams(`value=${text}`).get('value') ?? '';
  return { clientId: decode(clientId), secret: decode(rest.join(':')) };
}

function verifySecret({ now }: EmulatorState, { id, secrets = [] }: Application, presented: string): void {
  const matching = secrets.filter(({ value }) => value === presented);
  if (matching.length === 0) throw new AadstsError(7000215, [id]);
  if (matching.every(({ expires }) => expires !== undefined && Date.parse(expires) <= now())) {
    throw new AadstsError(7000222, [id]);
  }
}

/** A JWT of an issuer that the application trusts, or that it signed with a key whose certificate is registered. */
async function verifyAssertion(
  state: EmulatorState,
  request: EndpointRequest,
  tenant: TenantSelector,
  client: Application,
  assertion: string,
): Promise<'certificate' | 'federated'> {
  const type = request.form.get('client_assertion_type');
  if (!type) throw new AadstsError(900144, ['client_assertion_type']);
  if (type !== assertionType) {
    throw new AadstsError(90023, [`The value of 'client_assertion_type' must be '${assertionType}'.`]);
  }
  let header: ProtectedHeaderParameters & { alg?: string };
  let claims: JWTPayload;
  try {
    header = decodeProtectedHeader(assertion);
    claims = decodeJwt(assertion);
  } catch {
    throw new AadstsError(50027);
  }
  request.log.clientAssertion = { header, claims };
  if (header.alg !== 'RS256' && header.alg !== 'PS256') throw new AadstsError(5002738, [header.alg ?? 'none']);
  if (isAgentIdentity(client) || /^https?:/.test(claims.iss ?? '')) {
    await verifyFederatedAssertion(state, tenant, client, assertion, claims);
    return 'federated';
  }
  if (claims.iss !== client.id || claims.sub !== client.id) throw new AadstsError(700021);
  const audiences = acceptedAudiences(state, request, tenant);
  if (typeof claims.aud !== 'string' || !audiences.has(claims.aud.toLowerCase())) throw new AadstsError(700023);

  const certificate = registeredCertificate(client, header);
  await compactVerify(assertion, certificate.publicKey).catch(() => {
    throw new AadstsError(700027, [
      `Reason - The key used to sign does not belong to the certificate., Thumbprint of key used by client: '${thumbprintOf(certificate)}'`,
    ]);
  });
  if (certificate.validToDate.getTime() <= state.now() || certificate.validFromDate.getTime() > state.now()) {
    throw new AadstsError(700027, [
      `Reason - The key used is expired., Thumbprint of key used by client: '${thumbprintOf(certificate)}', Found key 'Start=${certificate.validFrom}, End=${certificate.validTo}'`,
    ]);
  }
  verifyTimes(state, claims);
  noteRepetition(state, request, claims);
  return 'certificate';
}

/** Entra takes the token endpoint (v1 or v2) or the issuer, by the tenant's id or by the name in the address. */
function acceptedAudiences(
  { authority }: EmulatorState,
  { path }: EndpointRequest,
  tenant: TenantSelector,
): Set<string> {
  const segments = [path.split('/')[1] ?? '', ...(typeof tenant === 'string' ? [] : [tenant.id])];
  const audiences = segments.flatMap((segment) => [
    `${authority}/${segment}/oauth2/v2.0/token`,
    `${authority}/${segment}/oauth2/token`,
    `${authority}/${segment}/v2.0`,
    `${authority}/${segment}/`,
  ]);
  return new Set([...audiences, issuerOf(authority, tenant)].map((each) => each.toLowerCase()));
}

function registeredCertificate({ certificates = [] }: Application, header: Record<string, unknown>): X509Certificate {
  const [sha1, sha256] = [thumbprintIn(header['x5t']), thumbprintIn(header['x5t#S256'])];
  if (!sha1 && !sha256) throw new AadstsError(50027, ['The header has neither x5t nor x5t#S256.']);
  const found = certificates
    .map((pem) => new X509Certificate(pem))
    .find(({ raw }) => (!sha1 || hash('sha1', raw).equals(sha1)) && (!sha256 || hash('sha256', raw).equals(sha256)));
  if (!found) {
    const presented = (sha256 ?? sha1)?.toString('hex').toUpperCase();
    throw new AadstsError(700027, [
      `Reason - The key was not found., Thumbprint of key used by client: '${presented}'`,
    ]);
  }
  return found;
}

/** Some clients pad their base64url (MSAL for Python does), some write plain base64; the bytes are what counts. */
const thumbprintIn = (value: unknown): Buffer | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined;

const hash = (algorithm: string, content: Uint8Array): Buffer => createHash(algorithm).update(content).digest();
const thumbprintOf = ({ fingerprint }: X509Certificate): string => fingerprint.replaceAll(':', '');

function verifyTimes({ now }: EmulatorState, claims: JWTPayload): void {
  const { valid, current, notBefore, expires } = validityOf(now(), claims);
  if (!valid) throw new AadstsError(700024, [current, notBefore, expires]);
}

/** MSAL sends one assertion for ten minutes, so a repeated jti is no refusal; but whoever looks shall see it. */
function noteRepetition({ assertionIds }: EmulatorState, { log }: EndpointRequest, { iss, jti }: JWTPayload): void {
  if (jti === undefined) return;
  const key = `${iss}/${jti}`;
  if (assertionIds.has(key)) log.notes.push(`The client assertion's jti ${jti} was used before.`);
  assertionIds.add(key);
}
