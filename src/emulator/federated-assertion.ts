import { compactVerify, createLocalJWKSet } from 'jose';
import type { JWTPayload } from 'jose';
import { AadstsError } from './aadsts-errors.ts';
import { isAgentIdentity, parentTokenSubject } from './agent-identities.ts';
import { validityOf } from './assertion-times.ts';
import type { Application, FederatedCredential, TenantSelector } from './directory.ts';
import { issuerOf } from './discovery.ts';
import { isForTokenExchange, wrongSignature } from './own-tokens.ts';
import type { EmulatorState } from './state.ts';
import { workloadIssuer } from './workload-issuer.ts';

/**
 * Workload identity federation: the application shows a token that an issuer it trusts has given it. An agent identity
 * trusts the parent tokens of its blueprint, without being told.
 * @throws AadstsError
 */
export async function verifyFederatedAssertion(
  state: EmulatorState,
  tenant: TenantSelector,
  client: Application,
  assertion: string,
  claims: JWTPayload,
): Promise<void> {
  const credentials = credentialsOf(state, tenant, client);
  if (credentials.length === 0) throw new AadstsError(70025, [client.id, client.name]);
  const ofIssuer = credentials.filter(({ issuer }) => issuer === claims.iss);
  if (ofIssuer.length === 0) throw new AadstsError(700211, [claims.iss ?? '']);
  const own = state.directory.tenants.some((each) => issuerOf(state.authority, each) === claims.iss);
  if (own) {
    if (!(await state.signingKey.verify(assertion))) throw invalidClient(wrongSignature(assertion, state.signingKey));
  } else {
    await verifyForeignSignature(state, assertion, ofIssuer);
  }
  const { valid, current, notBefore, expires } = validityOf(state.now(), claims);
  if (!valid) throw new AadstsError(700024, [current, notBefore, expires]);
  if (own) {
    if (claims['idtyp'] !== 'app') throw new AadstsError(700229);
    // Of Entra's own tokens an application may trust those of managed identities alone
    if (!isAgentIdentity(client) && claims['xms_mirid'] === undefined) throw new AadstsError(700226);
  }
  const ofAudience = ofIssuer.filter((each) => accepts(state, each, claims.aud));
  if (ofAudience.length === 0) throw new AadstsError(700212, [[claims.aud ?? ''].flat().join(', ')]);
  // To the letter, as Entra compares it
  if (!ofAudience.some(({ subject }) => subject === claims.sub)) throw new AadstsError(700213, [claims.sub ?? '']);
}

function credentialsOf(
  { authority, directory }: EmulatorState,
  tenant: TenantSelector,
  client: Application,
): FederatedCredential[] {
  if (!isAgentIdentity(client)) {
    const { federatedCredentials = [] } = client;
    return federatedCredentials.map((each) => ({ ...each, issuer: each.issuer.replace('{authority}', authority) }));
  }
  if (typeof tenant === 'string') throw new AadstsError(50059);
  const subject = parentTokenSubject(tenant, client.blueprint, client.id);
  return [{ issuer: issuerOf(authority, tenant), subject, audiences: [directory.tokenExchangeAudience] }];
}

/** @throws AadstsError 90061 where the directory hasn't got the issuer's keys: the emulator asks nobody for them */
async function verifyForeignSignature(
  { authority, workloadKey }: EmulatorState,
  assertion: string,
  credentials: readonly FederatedCredential[],
): Promise<void> {
  const keys = credentials.flatMap((each) => each.keys ?? []);
  if (credentials.some(({ issuer }) => issuer === workloadIssuer(authority))) {
    keys.push((await workloadKey.get()).publicJwk);
  }
  if (keys.length === 0) throw new AadstsError(90061);
  await compactVerify(assertion, createLocalJWKSet({ keys })).catch(() => {
    throw invalidClient(wrongSignature(assertion));
  });
}

/** Entra answers with the same number as for a grant, but it is the client that isn't proven. */
const invalidClient = ({ code, values }: AadstsError): AadstsError =>
  new AadstsError(code, values, { error: 'invalid_client' });

/** Tokens of Entra's have the id of the token exchange as audience, other issuers' its name. */
function accepts(
  { directory }: EmulatorState,
  { audiences = [directory.tokenExchangeAudience] }: FederatedCredential,
  audience: JWTPayload['aud'],
): boolean {
  return (
    [audience ?? []].flat().some((each) => audiences.includes(each)) ||
    (audiences.includes(directory.tokenExchangeAudience) && isForTokenExchange(directory, audience))
  );
}
