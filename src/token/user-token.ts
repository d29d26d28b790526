import { isGuid } from '../protocol/formats.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { isGraph } from '../cloud/environments.ts';
import { claimOf, claimsOf } from './claims.ts';
import { invalid } from './parameters.ts';

const advice = 'Give an access token that the user got for the blueprint itself';

/**
 * Looks at the token of the user who has called, before Entra does: what is wrong with it for sure. Its signature, and an
 * audience that may be one of the blueprint's other names, only Entra can judge.
 * @returns when it ends, in Unix milliseconds
 * @throws TokenError InvalidParameter: no JWT, no user's access token, or for somebody else; TokenExpired
 */
export function checkUserToken(token: string, { blueprint, agent }: { blueprint: string; agent: string }): number {
  const claims = claimsOf(token);
  if (claims.length === 0) {
    throw invalid('UserToken', 'the value is no JWT. Give the whole access token, as it was handed out.');
  }
  const expiresOn = Math.round(Number(claimOf(claims, 'exp')) * 1000);
  if (Number.isNaN(new Date(expiresOn).getTime()))
    throw invalid('UserToken', 'the token does not say when it expires (claim exp).');
  if (expiresOn <= Date.now()) {
    throw new TokenError(
      'TokenExpired',
      `Parameter UserToken: the token expired on ${new Date(expiresOn).toISOString()}. Get a new one for the user, and run the command again.`,
      { parameter: 'UserToken' },
    );
  }
  const wrong = wrongAudience(claimOf(claims, 'aud') ?? '', blueprint, agent);
  if (wrong) throw invalid('UserToken', `${wrong}. ${advice}: its audience is ${blueprint} or api://${blueprint}.`);
  if (claimOf(claims, 'idtyp') === 'app' || claimOf(claims, 'scp') === undefined) {
    throw invalid('UserToken', `the token is no user's access token (claim scp). ${advice}.`);
  }
  return expiresOn;
}

/**
 * The blueprint may have names of its own, so any other name may be one of them; an application id, bare or behind
 * `api://`, is its application's, and Microsoft Graph is nobody's blueprint.
 * @returns the beginning of a sentence; undefined when the audience may be the blueprint
 */
function wrongAudience(audience: string, blueprint: string, agent: string): string | undefined {
  const id = audience
    .replace(/^api:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase();
  if (id === blueprint.toLowerCase()) return undefined;
  if (id === agent.toLowerCase()) return 'the token is for the agent identity, not for its blueprint';
  if (isGraph(audience) || id === graphAppId) return 'the token is for Microsoft Graph, not for the blueprint';
  return isGuid(id) || audience === '' ? `the token is for ${quoted(audience)}, not for the blueprint` : undefined;
}

/** Microsoft Graph's application id, the same in every cloud. */
const graphAppId = '00000003-0000-0000-c000-000000000000';
