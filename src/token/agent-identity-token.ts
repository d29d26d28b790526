import type { AgentIdentityTokenMode, AgentIdentityTokenResult } from '../protocol/agent-identity-token.ts';
import { agentIdentity } from '../grants/agent-identity.ts';
import { clientCredentialOf, identityToken, parentToken, type BlueprintCredential } from '../grants/parent-token.ts';
import type { EntraAnswer } from '../grants/token-answer.ts';
import type { ClientIdentity } from '../msal/applications.ts';
import { requestUnderWay, type RequestContext, type Wording } from '../platform/request-context.ts';
import { acquireToken } from './acquire-token.ts';
import { agentIdentityDemand, type AgentIdentityDemand } from './agent-identity-parameters.ts';
import { claimOf, claimsOf } from './claims.ts';
import { InFlight } from './in-flight.ts';
import { expiryOf, reusableUntil } from './token-result.ts';

const results = new InFlight<AgentIdentityTokenResult>();
/** Modes, scopes and users of one agent identity share its parent token. */
const parents = new InFlight<string>();
/** Agent identities of one blueprint share its managed identity's: Azure's metadata service bears few requests at once. */
const identities = new InFlight<string>();

/**
 * Get-EntraBetaAgentIdentityToken: parameters are checked, the blueprint vouches for the agent identity, which gets the
 * token.
 * @throws TokenError with the code that docs/errors.md explains
 */
export async function acquireAgentIdentityToken(
  parameterSet: string,
  parameters: Record<string, unknown>,
  context: RequestContext,
): Promise<AgentIdentityTokenResult> {
  const demand = agentIdentityDemand(parameterSet, parameters, context.environment, context.log);
  return acquireToken(
    {
      timeout: demand.timeout,
      attended: false,
      shared: { inFlight: results, demand },
      work: async () => resultOf(await answer(demand), demand),
    },
    { ...context, wording: wordings[demand.mode] },
  );
}

const common = { scope: '-Scope', resource: '-Scope', managedIdentity: '-BlueprintManagedIdentity' };
const nobodySignsIn = 'Nobody can sign in here: see to the policies (Conditional Access) for this agent identity.';
const newUserToken = 'Have the user sign in again for the blueprint, and give the new token as -UserToken.';

const wordings: Readonly<Record<AgentIdentityTokenMode, Wording>> = {
  AutonomousApp: { ...common, signInAgain: '', answerChallenge: nobodySignsIn },
  OBO: {
    ...common,
    signInAgain: newUserToken,
    answerChallenge: 'Have the user sign in again with the claims challenge, and give the new token as -UserToken.',
  },
  AutonomousUser: { ...common, signInAgain: nobodySignsIn, answerChallenge: nobodySignsIn },
};

function answer(demand: AgentIdentityDemand): Promise<EntraAnswer> {
  const { cloud, tenant, credential, subject, scopes, claims, force } = demand;
  const blueprint: ClientIdentity = { cloud, tenant, clientId: demand.blueprint };
  const agent: ClientIdentity = { cloud, tenant, clientId: demand.agent };
  const provenBy = clientCredentialOf(credential);
  const parentKey = [blueprint, provenBy];
  const identity = (renew: boolean): Promise<string> =>
    once(identities, [cloud, provenBy, renew], () => identityToken(cloud, identityOf(credential), renew));
  return agentIdentity({
    agent,
    parentKey,
    parent: (renew) =>
      once(parents, [parentKey, agent, renew], () =>
        parentToken({ blueprint, credential, agent: agent.clientId, renew, identity }),
      ),
    subject,
    scopes,
    claims,
    force,
  });
}

/** The same step that is under way for another request serves this one too. @param key what decides its result */
function once(inFlight: InFlight<string>, key: unknown, step: () => Promise<string>): Promise<string> {
  return inFlight.join(JSON.stringify(key), requestUnderWay(), step);
}

function identityOf(credential: BlueprintCredential): string | undefined {
  return credential.kind === 'managedIdentity' ? credential.clientId : undefined;
}

function resultOf(given: EntraAnswer, { claims, userTokenExpiresOn = Infinity }: AgentIdentityDemand) {
  const expiresOn = expiryOf(given, claimOf(claimsOf(given.accessToken), 'exp'));
  // An answer to a challenge is for the one who was challenged.
  const until = reusableUntil({ ...given, reusable: given.reusable && claims === undefined }, expiresOn);
  return {
    token: given.accessToken,
    expiresOn,
    // A user token that has ended is refused, whatever it once led to.
    reusableUntil: until === null ? null : Math.min(until, userTokenExpiresOn),
  };
}
