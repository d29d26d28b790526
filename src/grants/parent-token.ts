import { resourcesOf, type Cloud } from '../cloud/environments.ts';
import { confidentialClient, type ClientCredential, type ClientIdentity } from '../msal/applications.ts';
import { presenting } from '../msal/client-assertion.ts';
import { cachedResult } from '../msal/token-cache.ts';
import type { CheckedCertificate } from '../platform/host-certificate.ts';
import { requestUnderWay } from '../platform/request-context.ts';
import { agentStep, refusalsOfBlueprint } from './agent-identity-errors.ts';
import { managedIdentity, managedIdentitySource } from './managed-identity.ts';
import { answerOf } from './token-answer.ts';

/** How a blueprint proves itself. */
export type BlueprintCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'hostCertificate'; readonly certificate: CheckedCertificate }
  /** Its token for the token exchange; `clientId` (GUID) names a user-assigned one. */
  | { readonly kind: 'managedIdentity'; readonly clientId: string | undefined };

export interface ParentTokenRequest {
  readonly blueprint: ClientIdentity;
  readonly credential: BlueprintCredential;
  /** Client id (GUID) of the agent identity. */
  readonly agent: string;
  /** Go past the cache. */
  readonly renew: boolean;
  /** Of a blueprint that proves itself by one: the managed identity's token (`identityToken`). */
  readonly identity: (renew: boolean) => Promise<string>;
}

/**
 * The token with which a blueprint vouches for one of its agent identities: client credentials with `fmi_path`
 * (https://learn.microsoft.com/entra/agent-id/agent-autonomous-app-oauth-flow). MSAL keeps it, a token for each agent,
 * in the application of blueprint and credential, and hands it out until five minutes before its end.
 * @returns a JWT, good as the agent identity's client assertion
 * @throws TokenError that names the blueprint's parameters; ManagedIdentityUnavailable, ManagedIdentityFailed
 */
export async function parentToken(request: ParentTokenRequest): Promise<string> {
  const { blueprint, credential, agent, renew } = request;
  const { log } = requestUnderWay();
  return agentStep(refusalsOfBlueprint(credential.kind), async () => {
    const client = confidentialClient(blueprint, clientCredentialOf(credential));
    const ask = (skipCache: boolean): ReturnType<typeof client.acquireTokenByClientCredential> =>
      client.acquireTokenByClientCredential({ scopes: [exchangeScope(blueprint)], fmiPath: agent, skipCache });
    const cached = renew ? undefined : await cachedResult(() => ask(false));
    if (cached) {
      log('verbose', `The parent token for agent identity ${agent} is at hand.`);
      return cached.accessToken;
    }
    log(
      'verbose',
      `Blueprint ${blueprint.clientId} gets a parent token for agent identity ${agent}, ${by(credential)}.`,
    );
    if (credential.kind !== 'managedIdentity') return answerOf(await ask(true)).accessToken;
    const identity = await request.identity(renew);
    return presenting(identity, async () => answerOf(await ask(true)).accessToken);
  });
}

/**
 * A managed identity's token for the token exchange: what a blueprint that trusts the identity proves itself with.
 * @throws TokenError ManagedIdentityUnavailable, ManagedIdentityFailed
 */
export async function identityToken(cloud: Cloud, clientId: string | undefined, renew: boolean): Promise<string> {
  const resource = resourcesOf(cloud).tokenExchange;
  return (await managedIdentity({ resource, clientId, force: renew })).accessToken;
}

export function exchangeScope({ cloud }: ClientIdentity): string {
  return `${resourcesOf(cloud).tokenExchange}/.default`;
}

/** What decides a parent token beside blueprint and agent, as plain data; secrets are in it. */
export function clientCredentialOf(credential: BlueprintCredential): ClientCredential {
  if (credential.kind !== 'managedIdentity') return credential;
  const source = managedIdentitySource(requestUnderWay().environment);
  return { kind: 'presented', by: ['managedIdentity', credential.clientId?.toLowerCase(), source] };
}

function by(credential: BlueprintCredential): string {
  switch (credential.kind) {
    case 'secret':
      return 'by its secret';
    case 'hostCertificate':
      return `by certificate ${credential.certificate.thumbprint}`;
    case 'managedIdentity':
      return credential.clientId
        ? `by the user-assigned managed identity ${credential.clientId}`
        : 'by the system-assigned managed identity';
  }
}
