import type { Application, Directory, Tenant, User } from './directory.ts';

/** An application that gets its tokens through a blueprint, and has no credential of its own. */
export type AgentIdentity = Application & { readonly blueprint: string };

export const isAgentIdentity = (application: Application): application is AgentIdentity =>
  application.blueprint !== undefined;

/** The agent identity of a blueprint that an `fmi_path` names. */
export const findAgentIdentity = (
  { applications }: Directory,
  blueprint: Application,
  fmiPath: string,
): AgentIdentity | undefined =>
  applications
    .filter(isAgentIdentity)
    .find((each) => each.blueprint === blueprint.id && each.id === fmiPath.toLowerCase());

/**
 * Whom a parent token names: cloud, tenant, the application that asked, and the `fmi_path` that it asked for, in the form
 * that Entra's tokens have it. So a token of one blueprint never fits an agent identity of another.
 */
export const parentTokenSubject = (tenant: Tenant, applicationId: string, fmiPath: string): string =>
  `/eid1/c/pub/t/${encodeGuid(tenant.id)}/a/${encodeGuid(applicationId)}/${fmiPath}`;

/** The bytes of a GUID as .NET has them (its first three groups little-endian), in base64url. */
function encodeGuid(guid: string): string {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  for (const [start, end] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ]) {
    bytes.subarray(start, end).reverse();
  }
  return bytes.toString('base64url');
}

/**
 * What tokens say of an agent: its blueprint, and in the facets of actor and subject that it is one (11) or acts for an
 * agent's user account (13). The facets are lists in no order, with numbers in them that mean nothing to anybody
 * outside (https://learn.microsoft.com/entra/agent-id/agent-token-claims).
 * @param user whom the token is about; absent: the agent itself
 */
export function agentClaims(client: Application, user?: User): Record<string, string> {
  if (!isAgentIdentity(client)) return {};
  return {
    xms_act_fct: '9 3 11',
    xms_idrel: user ? '1 30' : '7 28',
    xms_par_app_azp: client.blueprint,
    ...(!user && { xms_sub_fct: '9 3 11' }),
    ...(user && isAgentUser(user) && { xms_sub_fct: '3 13' }),
  };
}

/** A user account that was made for an agent: no person can sign in with it. */
const isAgentUser = ({ agentIdentities = [], password }: User): boolean =>
  agentIdentities.length > 0 && password === undefined;
