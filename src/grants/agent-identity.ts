import type { AuthenticationResult, ConfidentialClientApplication } from '@azure/msal-node';
import { TokenError } from '../protocol/token-error.ts';
import { confidentialClient, type ClientIdentity } from '../msal/applications.ts';
import { presenting } from '../msal/client-assertion.ts';
import { cachedResult } from '../msal/token-cache.ts';
import { requestUnderWay } from '../platform/request-context.ts';
import { agentStep, refusalsOfAgent, refusalsOfAgentUser, refusalsOnBehalfOf } from './agent-identity-errors.ts';
import { exchangeScope } from './parent-token.ts';
import { answerOf, type EntraAnswer } from './token-answer.ts';

/** Whom the agent identity acts for, or as. */
export type AgentSubject =
  | { readonly kind: 'itself' }
  /** A user who has called; `token` is the user's for the blueprint. */
  | { readonly kind: 'onBehalfOf'; readonly token: string }
  /** The user account that was made for the agent identity. */
  | { readonly kind: 'user'; readonly upn: string }
  | { readonly kind: 'user'; readonly objectId: string };

export interface AgentIdentityRequest {
  /** `clientId` is the agent identity's. */
  readonly agent: ClientIdentity;
  /** Whatever decides the parent token, as plain data: tokens that it has led to are cached under it. */
  readonly parentKey: unknown;
  /** The blueprint's token for this agent identity (`parentToken`). */
  readonly parent: (renew: boolean) => Promise<string>;
  readonly subject: AgentSubject;
  readonly scopes: readonly string[];
  /** A claims challenge: JSON. */
  readonly claims: string | undefined;
  /** Go past all caches. */
  readonly force: boolean;
}

/** Entra's number for a client assertion that is not valid now. */
const assertionOutOfTime = 700024;

/** Codes by which Entra says that a refresh token is of no use: a new sign-in is what follows. */
const refreshFailed: ReadonlySet<string> = new Set(['InteractionRequired', 'InvalidGrant', 'ConsentRequired']);

/**
 * An agent identity's token: for itself, on behalf of a user, or for its user account. The agent identity has no
 * credential but the parent token, which is its client assertion.
 * (https://learn.microsoft.com/entra/agent-id/agent-oauth-protocols)
 * @throws TokenError that names the parameter to change
 */
export async function agentIdentity(request: AgentIdentityRequest): Promise<EntraAnswer> {
  switch (request.subject.kind) {
    case 'itself':
      return forItself(request);
    case 'onBehalfOf':
      return onBehalfOf(request, request.subject.token);
    case 'user':
      return asUser(request, request.subject);
  }
}

async function forItself(request: AgentIdentityRequest): Promise<EntraAnswer> {
  const client = applicationOf(request);
  return agentStep(refusalsOfAgent, () =>
    cachedOrAsked(request, 'its own token', (skipCache) =>
      client.acquireTokenByClientCredential({ ...wanted(request), skipCache }),
    ),
  );
}

/** One application a user token: in a common one MSAL would keep only the newest token of each user. */
async function onBehalfOf(request: AgentIdentityRequest, userToken: string): Promise<EntraAnswer> {
  const client = applicationOf(request, userToken);
  return agentStep(refusalsOnBehalfOf, () =>
    cachedOrAsked(request, 'a token on behalf of the user', (skipCache) =>
      client.acquireTokenOnBehalfOf({ ...wanted(request), oboAssertion: userToken, skipCache }),
    ),
  );
}

type AgentUser = Extract<AgentSubject, { kind: 'user' }>;

async function asUser(request: AgentIdentityRequest, user: AgentUser): Promise<EntraAnswer> {
  const client = applicationOf(request);
  return agentStep(refusalsOfAgentUser('upn' in user ? 'UserUpn' : 'UserId'), async () => {
    const known = await tokenOfKnownUser(request, client, user);
    if (known) return known;
    const credential = await agentStep(refusalsOfAgent, () =>
      cachedOrAsked({ ...request, claims: undefined }, 'its token for the token exchange', (skipCache) =>
        client.acquireTokenByClientCredential({ scopes: [exchangeScope(request.agent)], skipCache }),
      ),
    );
    // With -Force the parent token is a new one by now.
    return asked(request, tokenOf(user), false, () =>
      client.acquireTokenByUserFederatedIdentityCredential({
        ...wanted(request),
        ...('upn' in user ? { username: user.upn } : { userObjectId: user.objectId }),
        assertion: credential.accessToken,
      }),
    );
  });
}

/** @returns undefined when the account has had no token yet, or its refresh token is of no use */
async function tokenOfKnownUser(
  request: AgentIdentityRequest,
  client: ConfidentialClientApplication,
  user: AgentUser,
): Promise<EntraAnswer | undefined> {
  if (request.force || request.claims !== undefined) return undefined;
  const accounts = await client.getTokenCache().getAllAccounts();
  const account = accounts.find(({ username, localAccountId }) =>
    'upn' in user ? same(username, user.upn) : same(localAccountId, user.objectId),
  );
  if (!account) return undefined;
  try {
    return await cachedOrAsked(request, tokenOf(user), (forceRefresh) =>
      client.acquireTokenSilent({ account, scopes: [...request.scopes], forceRefresh }),
    );
  } catch (error) {
    if (!(error instanceof TokenError) || !refreshFailed.has(error.code)) throw error;
    requestUnderWay().log('verbose', `The account's refresh token is of no use: ${error.message}`);
    return undefined;
  }
}

type Ask = (skipCache: boolean) => Promise<AuthenticationResult | null>;

async function cachedOrAsked(request: AgentIdentityRequest, what: string, ask: Ask): Promise<EntraAnswer> {
  const fresh = request.force || request.claims !== undefined;
  const cached = fresh ? undefined : await cachedResult(() => ask(false));
  if (!cached) return asked(request, what, request.force, ask);
  requestUnderWay().log('verbose', `Agent identity ${request.agent.clientId} has ${what} already.`);
  return answerOf(cached);
}

/** Asks as the agent identity; once more with a new parent token, when Entra takes the one at hand for too old. */
async function asked(request: AgentIdentityRequest, what: string, renew: boolean, ask: Ask): Promise<EntraAnswer> {
  const parent = await request.parent(renew);
  const { log } = requestUnderWay();
  log('verbose', `Agent identity ${request.agent.clientId} gets ${what}.`);
  const present = (assertion: string): Promise<EntraAnswer> =>
    agentStep(requestUnderWay().wording?.refusals ?? {}, () =>
      presenting(assertion, async () => answerOf(await ask(true))),
    );
  try {
    return await present(parent);
  } catch (error) {
    if (renew || !(error instanceof TokenError) || error.data.aadsts !== assertionOutOfTime) throw error;
    log('verbose', 'Entra takes the parent token no more.');
    return present(await request.parent(true));
  }
}

function applicationOf(request: AgentIdentityRequest, userToken?: string): ConfidentialClientApplication {
  return confidentialClient(request.agent, { kind: 'presented', by: [request.parentKey, userToken] });
}

function wanted({ scopes, claims }: AgentIdentityRequest): { scopes: string[]; claims?: string } {
  return { scopes: [...scopes], ...(claims === undefined ? {} : { claims }) };
}

function tokenOf(user: AgentUser): string {
  return `a token for its user account ${'upn' in user ? user.upn : user.objectId}`;
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
