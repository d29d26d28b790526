import { stripVTControlCharacters } from 'node:util';
import { redact } from '../msal/logger.ts';
import { TokenError } from '../protocol/token-error.ts';
import { runWithEnvironment, WorkerFailure, type WorkerJob } from './environment-thread.ts';
import { warnOfScopes, wholeOf } from './left-out-scopes.ts';
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

/** Why a tool's token may have other scopes than were asked for. */
export const wholeResourcesOnly =
  "This developer tool's token is always for a whole resource, with the permissions that the tool has been given.";

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
    if (takesResource) warnOfScopes(wholeResourcesOnly, request);
    return { ...answer, reusable: false };
  } catch (error) {
    if (!(error instanceof WorkerFailure)) throw error;
    throw new TokenError('CredentialUnavailable', readable(error.message), { cause: error });
  }
}

/** Tools print colours, line breaks and CLIXML, and what a library can't read of it may have a token; a person reads one line. */
export function readable(message: string): string {
  const entra = /AADSTS\d+:[^\r\n]*?(?=_x000D_|_x001B_|[\r\n]|$)/.exec(message)?.[0];
  return redact(stripVTControlCharacters(entra ?? message))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600);
}
