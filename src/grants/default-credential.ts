import type { Cloud } from '../cloud/environments.ts';
import type { CredentialSource } from '../protocol/az-token.ts';
import type { ChainStep } from '../protocol/errors.ts';
import { shortened } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { requestUnderWay, withRequestContext } from '../platform/request-context.ts';
import { developerTool } from './developer-tool.ts';
import { asTokenError } from './foreign-errors.ts';
import { environmentCredential, warnOfIdleCredential } from './environment-credential.ts';
import { managedIdentity } from './managed-identity.ts';
import { silent, type SignedInAccount } from './signed-in-account.ts';
import type { TokenAnswer } from './token-answer.ts';
import { visualStudio } from './visual-studio.ts';

export interface DefaultCredentialRequest {
  readonly cloud: Cloud;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly tenantId?: string | undefined;
  /** Of a user-assigned managed identity. */
  readonly clientId?: string | undefined;
  readonly claims?: string | undefined;
  readonly force: boolean;
  readonly precedence: readonly CredentialSource[];
  /** The account of this session's last interactive sign-in, where the request may use it. */
  readonly signedIn?: SignedInAccount | undefined;
}

/** One way to a token, under the name that a person knows; or why it need not be asked. */
type Source = { readonly name: string } & ({ readonly get: () => Promise<TokenAnswer> } | { readonly absent: string });

const environmentVariables = 'Environment variables';

/** Codes that mean "nothing is set up here": the chain goes on. */
const unavailableCodes: ReadonlySet<string> = new Set([
  'CredentialUnavailable',
  'ManagedIdentityUnavailable',
  'InteractionRequired',
]);

/**
 * Tries one source after the other until one has a token.
 *
 * A source that isn't set up is passed over. One that is set up and refused ends the chain, as in @azure/identity's
 * own: going on would hand the script another identity's token, where it should hear that its secret is wrong.
 * @throws TokenError CredentialUnavailable with every source's reason; or the refusal, with the steps before it
 */
export async function defaultCredential(request: DefaultCredentialRequest): Promise<TokenAnswer> {
  const { signal, log } = requestUnderWay();
  const steps: ChainStep[] = [];
  for (const source of sourcesOf(request)) {
    signal.throwIfAborted();
    if ('absent' in source) {
      pass(source, source.absent, 'unavailable');
      continue;
    }
    try {
      const answer = await askAlone(source.get);
      log('verbose', `${source.name} has a token.`);
      if (steps.some((step) => step.source === environmentVariables))
        warnOfIdleCredential(request.tenantId, source.name);
      return answer;
    } catch (cause) {
      signal.throwIfAborted();
      const error = asTokenError(cause);
      const unavailable = unavailableCodes.has(error.code);
      pass(source, error.message, unavailable ? 'unavailable' : 'failed');
      if (!unavailable) throw withSteps(error, source.name, steps);
    }
  }
  throw new TokenError('CredentialUnavailable', summary(request.resource, steps), { steps });

  function pass({ name }: Source, reason: string, outcome: ChainStep['outcome']): void {
    steps.push({ source: name, reason, outcome });
    log('verbose', `${name}: ${reason}`);
  }
}

/** In a context of its own, so that how one source fails isn't taken for how the next one does. */
function askAlone(get: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
  return withRequestContext({ ...requestUnderWay() }, async () => {
    try {
      return await get();
    } catch (cause) {
      throw asTokenError(cause);
    }
  });
}

function sourcesOf(request: DefaultCredentialRequest): readonly Source[] {
  const { signedIn } = request;
  const name = 'Account of the last interactive sign-in';
  const saved: Source = signedIn
    ? { name, get: () => silent(signedIn, request) }
    : { name, absent: 'Nobody has signed in with Get-AzToken -Interactive in this session for this tenant.' };
  return [saved, ...request.precedence.map((source) => sourceOf(source, request))];
}

function sourceOf(source: CredentialSource, request: DefaultCredentialRequest): Source {
  switch (source) {
    case 'Environment':
      return { name: environmentVariables, get: () => environmentCredential(request.cloud, request) };
    case 'AzurePowerShell':
      return { name: 'Azure PowerShell', get: () => developerTool(source, request) };
    case 'AzureCLI':
      return { name: 'Azure CLI', get: () => developerTool(source, request) };
    case 'AzureDeveloperCli':
      return { name: 'Azure Developer CLI', get: () => developerTool(source, request) };
    case 'VisualStudioCode':
      return { name: 'Visual Studio Code', get: () => developerTool(source, request) };
    case 'VisualStudio':
      return { name: 'Visual Studio', get: () => visualStudio(request) };
    case 'ManagedIdentity':
      return { name: 'Managed identity', get: () => managedIdentity({ ...request, optional: true }) };
  }
}

function withSteps(error: TokenError, source: string, steps: readonly ChainStep[]): TokenError {
  const { code, ...details } = error.data;
  return new TokenError(code, `${source}: ${error.message}`, { ...details, steps, cause: error });
}

function summary(resource: string, steps: readonly ChainStep[]): string {
  return [
    `No source has a token for ${shortened(resource)}. Tried, in this order:`,
    ...steps.map((step) => `  - ${step.source}: ${step.reason}`),
    'Set up one of them, or sign in with Get-AzToken -Interactive.',
  ].join('\n');
}
