import { stripVTControlCharacters } from 'node:util';
import { TokenError } from '../protocol/token-error.ts';
import { currentRequest } from '../platform/request-context.ts';
import { runWithEnvironment, WorkerFailure, type WorkerJob } from './environment-thread.ts';
import type { TokenAnswer } from './token-answer.ts';

type Tool = Extract<WorkerJob, { kind: 'developerTool' }>['tool'];

/** What a token of a developer tool is to be. */
export interface DeveloperToolRequest {
  readonly resource: string;
  /** Each behind the resource. */
  readonly scopes: readonly string[];
  readonly tenantId?: string | undefined;
  readonly claims?: string | undefined;
}

/** They take a resource. The library would hand them the first scope for one, and Entra refuse it. */
const toolsOfResources: ReadonlySet<Tool> = new Set(['AzurePowerShell', 'AzureCLI']);

/**
 * A token of whoever is signed in to a developer tool, by @azure/identity's credential for that tool.
 * @throws TokenError CredentialUnavailable: whatever a tool answers but a token means that it can't help here, as in
 * @azure/identity's own chain
 */
export async function developerTool(tool: Tool, request: DeveloperToolRequest): Promise<TokenAnswer> {
  const { resource, tenantId, claims } = request;
  const takesResource = toolsOfResources.has(tool);
  const scopes = takesResource ? [wholeOf(resource)] : request.scopes;
  try {
    const answer = await runWithEnvironment({ kind: 'developerTool', tool, scopes, tenantId, claims });
    if (takesResource) warnOfScopes(request);
    return { ...answer, reusable: false };
  } catch (error) {
    if (!(error instanceof WorkerFailure)) throw error;
    throw new TokenError('CredentialUnavailable', readable(error.message), { cause: error });
  }
}

/** Warns of the scopes that a tool could not be asked for which takes a resource. */
export function warnOfScopes({ resource, scopes }: DeveloperToolRequest): void {
  const narrower = scopes
    .filter((scope) => scope !== wholeOf(resource))
    .map((scope) => scope.slice(resource.length + 1));
  if (narrower.length === 0) return;
  currentRequest()?.log(
    'warning',
    `This developer tool's token is always for a whole resource, with the permissions that the tool has been given. ` +
      `Scope ${narrower.join(', ')} was left out; the token is for ${resource}.`,
  );
}

const wholeOf = (resource: string): string => `${resource}/.default`;

/** Tools print colours, line breaks and CLIXML; a person reads one line. */
function readable(message: string): string {
  const entra = /AADSTS\d+:[^\r\n]*?(?=_x000D_|_x001B_|[\r\n]|$)/.exec(message)?.[0];
  return stripVTControlCharacters(entra ?? message)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600);
}
