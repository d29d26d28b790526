import type { KeyObject } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type { Emulator } from '../../src/emulator/server.ts';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { alice, authorizeAddress, confidential, contoso, newPkce, postToken } from './client.ts';
import type { Answer } from './client.ts';

/** Ids of the default directory. */
export const blueprint = { id: 'b1ee9000-0000-4000-8000-000000000007', secret: 'Blueprint-Secret~1' } as const;
export const invoiceAgent = 'a9e47000-0000-4000-8000-000000000008';
export const mailAgent = 'a9e47000-0000-4000-8000-000000000009';
export const retiredAgent = 'a9e47000-0000-4000-8000-00000000000a';
export const agentPortal = 'c1ae0700-0000-4000-8000-00000000000b';
export const workload = 'c1d0ad00-0000-4000-8000-00000000000c';
export const agentUser = {
  id: 'a9e47000-0000-4000-8000-0000000000f1',
  username: 'invoice.agent@contoso.onmicrosoft.com',
} as const;
/** A blueprint that {@link addOtherBlueprint} adds, and its agent identity. */
export const otherBlueprint = { id: '07be9000-0000-4000-8000-000000000001', secret: 'Other-Secret~1' } as const;
export const otherAgent = '07be9000-0000-4000-8000-000000000002';

export const exchangeScope = 'api://AzureADTokenExchange/.default';
export const exchangeId = 'fb60f99c-7a34-4190-8149-302f77469936';
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const onBehalfOf = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type Form = Readonly<Record<string, string | undefined>>;

/** A request with changes; undefined takes a parameter out. */
export function formOf(...parts: readonly Form[]): Record<string, string> {
  const entries: [string, string | undefined][] = Object.entries(Object.assign({}, ...parts) as Form);
  return Object.fromEntries(entries.filter((each): each is [string, string] => each[1] !== undefined));
}

/** First step: the blueprint's token for an agent identity. */
export const askParentToken = (emulator: Emulator, agent = invoiceAgent, changes: Form = {}): Promise<Answer> =>
  postToken(
    emulator,
    formOf(
      {
        grant_type: 'client_credentials',
        client_id: blueprint.id,
        client_secret: blueprint.secret,
        scope: exchangeScope,
        fmi_path: agent,
      },
      changes,
    ),
  );

/** Second step: what the agent identity asks for, proven by a parent token. */
export const askAsAgent = async (emulator: Emulator, changes: Form, agent = invoiceAgent): Promise<Answer> =>
  postToken(
    emulator,
    formOf(
      {
        grant_type: 'client_credentials',
        client_id: agent,
        client_assertion_type: assertionType,
        client_assertion: 'client_assertion' in changes ? undefined : await parentToken(emulator, agent),
      },
      changes,
    ),
  );

export const tokenIn = ({ body }: Answer): string => body['access_token'] as string;

export const parentToken = async (emulator: Emulator, agent = invoiceAgent): Promise<string> =>
  tokenIn(await askParentToken(emulator, agent));

/** The agent identity's own token for the token exchange. */
export const exchangeToken = async (emulator: Emulator, agent = invoiceAgent): Promise<string> =>
  tokenIn(await askAsAgent(emulator, { scope: exchangeScope }, agent));

/** A token that a person has got in the browser for some application: by default for the blueprint. */
export async function userToken(
  emulator: Emulator,
  {
    client = agentPortal,
    scope = `api://${blueprint.id}/access_agent`,
    person = alice,
    name = 'access_token',
  }: { client?: string; scope?: string; person?: Person; name?: string } = {},
): Promise<string> {
  const pkce = newPkce();
  const redirectUri = 'http://localhost:8400';
  const address = authorizeAddress(emulator, pkce, { client_id: client, scope: `openid ${scope}` });
  const { location } = await signInAs(address, person, emulator.ca, { follow: false });
  const code = new URL(location ?? '').searchParams.get('code') ?? '';
  const { body } = await postToken(emulator, {
    grant_type: 'authorization_code',
    client_id: client,
    code,
    redirect_uri: redirectUri,
    code_verifier: pkce.verifier,
  });
  return body[name] as string;
}

interface Person {
  readonly username: string;
  readonly password: string;
}

/** The token with other claims, signed by somebody else. */
export function forged(token: string, privateKey: KeyObject, claims: JWTPayload = {}): Promise<string> {
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'forged' })
    .sign(privateKey);
}

/** The token with a byte of its signature changed. */
export function tampered(token: string): string {
  const at = token.lastIndexOf('.') + 10;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

export function addOtherBlueprint({ directory }: Emulator): void {
  directory.applications.push(
    {
      id: otherBlueprint.id,
      name: 'Other Agents',
      tenants: [contoso],
      isBlueprint: true,
      secrets: [{ value: otherBlueprint.secret }],
      identifierUris: [`api://${otherBlueprint.id}`],
      accessTokenVersion: 2,
      scopes: ['access_agent'],
    },
    { id: otherAgent, name: 'Other Agent', tenants: [contoso], blueprint: otherBlueprint.id },
  );
}

/** Makes an ordinary application one that can ask on behalf of users, who sign in to it at the portal. */
export function addMiddleTier({ directory }: Emulator): void {
  const application = directory.applications.find(({ id }) => id === confidential.id);
  Object.assign(application ?? {}, { identifierUris: ['api://contoso-middle'], scopes: ['access_as_user'] });
  const portal = directory.applications.find(({ id }) => id === agentPortal);
  portal?.delegatedPermissions?.push('api://contoso-middle/access_as_user', 'https://graph.microsoft.com/User.Read');
}

/** A person's token for the application of {@link addMiddleTier}. */
export const tokenForMiddleTier = (emulator: Emulator): Promise<string> =>
  userToken(emulator, { scope: 'api://contoso-middle/access_as_user' });
