import { createHash, randomBytes } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { expect } from 'vitest';
import type { DirectoryInput } from '../../src/emulator/directory.ts';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import {
  newPartnerAccessToken,
  newSecMgmtAccessToken,
  type AuthResult,
  type HostCertificate,
  type PartnerTokenParameters,
  type PartnerTokenParameterSet,
  type SecMgmtTokenParameterSet,
} from '../../src/protocol/partner-token.ts';
import type { Engine } from './engine.ts';
import { directoryWith } from './emulator.ts';
import { alice, contoso, type Asked, type Emulator } from './flows.ts';

/** Ids of the emulator's default directory. */
export const desktop = '9ab11c00-0000-4000-8000-000000000003';
export const certificateClient = 'ce470000-0000-4000-8000-000000000002';
export const exchangeOnlineClient = 'a0c73c16-a7e3-4564-9a95-2bdf47383716';
export const graphDefault = 'https://graph.microsoft.com/.default';
export const userRead = 'https://graph.microsoft.com/User.Read';
export const aliceId = 'a11ce000-0000-4000-8000-000000000001';

/** New-PartnerAccessToken. */
export function partner(
  engine: Engine,
  parameterSet: PartnerTokenParameterSet,
  parameters: PartnerTokenParameters,
  asked: Asked = {},
): Promise<AuthResult> {
  return engine.connection.sendRequest(newPartnerAccessToken, { parameterSet, parameters, ...asked });
}

/** New-SecMgmtAccessToken. */
export function secMgmt(
  engine: Engine,
  parameterSet: SecMgmtTokenParameterSet,
  parameters: PartnerTokenParameters,
  asked: Asked = {},
): Promise<AuthResult> {
  return engine.connection.sendRequest(newSecMgmtAccessToken, { parameterSet, parameters, ...asked });
}

/** The emulator's default directory, with this certificate (PEM) registered for {@link certificateClient}. */
export function directoryOfCertificate(certificate: string): DirectoryInput {
  const changes = { certificates: [certificate], delegatedPermissions: [userRead], adminConsent: true };
  return directoryWith(certificateClient, changes);
}

/** What {@link certificateClient} asks for a token of its own with. */
export function withCertificateOf(
  certificate: HostCertificate,
  changes: PartnerTokenParameters = {},
): PartnerTokenParameters {
  return { applicationId: certificateClient, certificate, scopes: [graphDefault], tenant: contoso, ...changes };
}

/** A refresh token as somebody has kept it from an earlier sign-in of Alice's. */
export async function keptRefreshToken(
  emulator: Emulator,
  client: { readonly id: string; readonly authentication?: Readonly<Record<string, string>>; readonly scope?: string },
): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const common = {
    client_id: client.id,
    redirect_uri: 'http://localhost:8400',
    scope: `${client.scope ?? userRead} openid profile offline_access`,
  };
  const parameters = new URLSearchParams({
    ...common,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const address = `${emulator.authority}/${contoso}/oauth2/v2.0/authorize?${parameters.toString()}`;
  const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
  const code = new URL(location ?? '').searchParams.get('code') ?? '';
  const form = { ...common, grant_type: 'authorization_code', code, code_verifier: verifier, ...client.authentication };
  const answer = await post(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/token`, form);
  if (!answer.refresh_token) throw new Error(`The emulator gave no refresh token: ${JSON.stringify(answer)}`);
  return answer.refresh_token;
}

function post(
  { ca }: Emulator,
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<{ readonly refresh_token?: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly refresh_token?: string }>();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = httpsRequest(url, { ca, agent: false, method: 'POST', headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as { refresh_token?: string }));
  });
  request.once('error', reject).end(new URLSearchParams(form).toString());
  return promise;
}

/** Tokens for Alice of Contoso, as a sign-in and a refresh token give them. */
export function expectAlices(result: AuthResult, emulator: Emulator): void {
  expect(result).toMatchObject({
    isExtendedLifeTimeToken: false,
    uniqueId: aliceId,
    tenantId: contoso,
    account: {
      username: alice.username,
      environment: new URL(emulator.authority).host,
      homeAccountId: { identifier: `${aliceId}.${contoso}`, objectId: aliceId, tenantId: contoso },
    },
    reusableUntil: null,
  });
  expect(result.scopes).toContain(userRead);
  expect(result.idToken?.split('.')).toHaveLength(3);
  expect(result.refreshToken).toMatch(/^1\./);
  expect(result.correlationId).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
}
