import { stripVTControlCharacters } from 'node:util';
import { TokenError } from '../protocol/token-error.ts';
import { runWithEnvironment, WorkerFailure, type WorkerJob } from './environment-thread.ts';
import type { TokenAnswer } from './token-answer.ts';

type DeveloperToolJob = Extract<WorkerJob, { kind: 'developerTool' }>;

/**
 * A token of whoever is signed in to a developer tool, by @azure/identity's credential for that tool.
 * @throws TokenError CredentialUnavailable: whatever a tool answers but a token means that it can't help here, as in
 * @azure/identity's own chain
 */
export async function developerTool(request: Omit<DeveloperToolJob, 'kind'>): Promise<TokenAnswer> {
  try {
    return { ...(await runWithEnvironment({ kind: 'developerTool', ...request })), reusable: false };
  } catch (error) {
    if (!(error instanceof WorkerFailure)) throw error;
    throw new TokenError('CredentialUnavailable', readable(error.message), { cause: error });
  }
}

/** Tools print colours, line breaks and CLIXML; a person reads one line. */
function readable(message: string): string {
  const entra = /AADSTS\d+:[^\r\n]*?(?=_x000D_|_x001B_|[\r\n]|$)/.exec(message)?.[0];
  return stripVTControlCharacters(entra ?? message)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600);
}
