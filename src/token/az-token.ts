import type { AzTokenParameterSet, AzTokenParameters, AzTokenResult } from '../protocol/az-token.ts';
import { azTokenParameterSets, credentialSources } from '../protocol/az-token.ts';
import { chosenCloud } from '../cloud/environments.ts';
import { authorizationCode } from '../grants/authorization-code.ts';
import { defaultCredential } from '../grants/default-credential.ts';
import { managedIdentity } from '../grants/managed-identity.ts';
import type { TokenAnswer } from '../grants/token-answer.ts';
import { isGuid } from '../protocol/formats.ts';
import { requestUnderWay, type RequestContext } from '../platform/request-context.ts';
import { acquireToken } from './acquire-token.ts';
import { InFlight } from './in-flight.ts';
import {
  claimOf,
  clientIdOf,
  parameterSetOf,
  precedenceOf,
  refuseOthers,
  resourceOf,
  scopesOfResource,
  switchOf,
  tenantOf,
  timeoutOf,
} from './parameters.ts';
import { forgetAccount, rememberAccount, rememberedAccount } from './session-memory.ts';
import { azTokenResult } from './token-result.ts';

/** Azure CLI's application, a public client that every tenant knows: upstream's default for a person's sign-in. */
const azureCliClientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

const common = ['resource', 'scope', 'tenantId', 'claim', 'clientId', 'force', 'timeoutSeconds'] as const;

/** What each parameter set takes. */
const parametersOfSet: Readonly<Record<AzTokenParameterSet, readonly (keyof AzTokenParameters)[]>> = {
  NonInteractive: [...common, 'credentialPrecedence'],
  Interactive: common,
  ManagedIdentity: common,
};
const allParameters: readonly (keyof AzTokenParameters)[] = [...common, 'credentialPrecedence'];

/** A request of Get-AzToken whose parameters have been checked. */
interface AzTokenDemand {
  readonly parameterSet: AzTokenParameterSet;
  readonly resource: string;
  /** As given. */
  readonly scopes: readonly string[];
  /** As Entra wants them: each behind its resource. */
  readonly fullScopes: readonly string[];
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly claims: string | undefined;
  readonly force: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly precedence: AzTokenParameters['credentialPrecedence'];
}

const inFlight = new InFlight<AzTokenResult>();

/**
 * Get-AzToken: parameters are checked, a grant is chosen, its answer becomes the result.
 * @throws TokenError with the code that docs/errors.md explains
 */
export async function acquireAzToken(
  parameterSet: string,
  parameters: Record<string, unknown>,
  context: RequestContext,
): Promise<AzTokenResult> {
  const demand = demandOf(parameterSet, parameters);
  return acquireToken(
    {
      timeout: demand.timeout,
      attended: demand.parameterSet === 'Interactive',
      // Two people's sign-ins are two, even if they ask for the same.
      shared: demand.parameterSet === 'Interactive' ? undefined : { inFlight, demand },
      work: async () => {
        const given = await grant(demand);
        // An answer to a challenge is for the one who was challenged.
        const answer = { ...given, reusable: given.reusable && demand.claims === undefined };
        const result = azTokenResult(answer, { scopes: demand.scopes, tenantId: demand.tenantId });
        warnOfTenant(demand.tenantId, result.tenantId);
        return result;
      },
    },
    context,
  );
}

function demandOf(parameterSet: string, parameters: Record<string, unknown>): AzTokenDemand {
  const set = parameterSetOf(parameterSet, azTokenParameterSets, 'Get-AzToken');
  refuseOthers(parameters, set, parametersOfSet[set], allParameters);
  const resource = resourceOf(parameters);
  const scopes = scopesOfResource(parameters, resource);
  return {
    parameterSet: set,
    resource,
    scopes,
    fullScopes: scopes.map((scope) => `${resource}/${scope}`),
    tenantId: tenantOf(parameters),
    clientId: clientIdOf(parameters),
    claims: claimOf(parameters),
    force: switchOf(parameters, 'force'),
    timeout: timeoutOf(parameters),
    precedence: precedenceOf(parameters),
  };
}

async function grant(demand: AzTokenDemand): Promise<TokenAnswer> {
  if (demand.force) forgetAccount();
  switch (demand.parameterSet) {
    case 'NonInteractive':
      return nonInteractive(demand);
    case 'Interactive':
      return interactive(demand);
    case 'ManagedIdentity':
      return managedIdentity({ ...demand, scopes: demand.fullScopes });
  }
}

/** Who asks customer after customer for a token must not take the own tenant's for theirs. */
function warnOfTenant(asked: string | undefined, got: string | null): void {
  // Whose a domain is, no token says.
  if (!asked || !got || !isGuid(asked) || !isGuid(got) || asked.toLowerCase() === got.toLowerCase()) return;
  requestUnderWay().log(
    'warning',
    `The token is of the tenant ${got}, not of -TenantId ${asked}: a managed identity has tokens of its own tenant alone.`,
  );
}

function nonInteractive(demand: AzTokenDemand): Promise<TokenAnswer> {
  const cloud = chosenCloud(requestUnderWay().environment);
  return defaultCredential({
    ...demand,
    cloud,
    scopes: demand.fullScopes,
    precedence: demand.precedence ?? credentialSources,
    signedIn: rememberedAccount(cloud.authorityHost, demand.tenantId),
  });
}

async function interactive(demand: AzTokenDemand): Promise<TokenAnswer> {
  const cloud = chosenCloud(requestUnderWay().environment);
  const { signedIn, ...answer } = await authorizationCode({
    identity: { cloud, tenant: demand.tenantId ?? 'organizations', clientId: demand.clientId ?? azureCliClientId },
    scopes: demand.fullScopes,
    claims: demand.claims,
    prompt: 'select_account',
    until: Date.now() + demand.timeout,
    otherwise: "or sign in with 'az login --use-device-code' and call Get-AzToken without -Interactive",
  });
  if (signedIn) rememberAccount(signedIn, demand.tenantId);
  // A sign-in is asked for by name: the next one is to ask the person again.
  return { ...answer, reusable: false };
}
