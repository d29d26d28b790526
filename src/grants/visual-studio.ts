import { join } from 'node:path';
import { TokenError } from '../protocol/token-error.ts';
import { blockingRead } from '../platform/blocking-read.ts';
import { runTool } from '../platform/process.ts';
import { currentRequest } from '../platform/request-context.ts';
import { readable, wholeResourcesOnly, type DeveloperToolRequest } from './developer-tool.ts';
import { warnOfScopes } from './left-out-scopes.ts';
import type { TokenAnswer } from './token-answer.ts';

/** One program of %LOCALAPPDATA%\.IdentityService\AzureServiceAuth\tokenprovider.json. */
interface TokenProvider {
  readonly Path: string;
  readonly Arguments?: readonly string[];
  /** The lowest is asked first. */
  readonly Preference?: number;
}

/** Milliseconds. */
const toolTimeout = 30_000;

/**
 * A token of the account that is signed in to Visual Studio, by the token provider that Visual Studio installs.
 * @azure/identity for JavaScript has no credential for it; this follows its .NET sister's protocol.
 * @throws TokenError CredentialUnavailable
 */
export async function visualStudio(request: DeveloperToolRequest): Promise<TokenAnswer> {
  const { resource, tenantId } = request;
  const context = currentRequest();
  const folder = context?.environment['LOCALAPPDATA'];
  if (!context || !folder) throw unavailable('LOCALAPPDATA is not set; Visual Studio is on Windows alone.');
  const providers = await readProviders(join(folder, '.IdentityService', 'AzureServiceAuth', 'tokenprovider.json'));
  const reasons: string[] = [];
  for (const provider of providers) {
    const args = [...(provider.Arguments ?? []), '--resource', resource, ...(tenantId ? ['--tenant', tenantId] : [])];
    const { environment, signal } = context;
    const result = await runTool(provider.Path, args, { environment, signal, timeout: toolTimeout });
    const answer = result.exitCode === 0 ? parseAnswer(result.stdout) : undefined;
    if (answer) {
      warnOfScopes(wholeResourcesOnly, request);
      return answer;
    }
    const said = readable(result.stderr.trim().split('\n')[0] ?? '');
    reasons.push(said.replace(/\.$/, '') || `${provider.Path} ${result.outcome} without a token`);
  }
  throw unavailable(
    `Visual Studio's token provider gave none: ${reasons.join('; ')}. ` +
      'Choose an account in Visual Studio: Tools, Options, Azure Service Authentication.',
  );
}

async function readProviders(file: string): Promise<readonly TokenProvider[]> {
  // Loaded here, for hardly any chain comes this far.
  const { readFile } = await import('node:fs/promises');
  const text = await blockingRead(readFile(file, 'utf8').catch(() => undefined));
  if (text === undefined) throw unavailable(`Visual Studio is not signed in to Azure here (no ${file}).`);
  try {
    const { TokenProviders: providers } = JSON.parse(text) as { TokenProviders: TokenProvider[] };
    return providers.toSorted((one, other) => (one.Preference ?? 0) - (other.Preference ?? 0));
  } catch (cause) {
    throw unavailable(`${file} can't be read as Visual Studio writes it.`, cause);
  }
}

function parseAnswer(text: string): TokenAnswer | undefined {
  try {
    const answer = JSON.parse(text) as { access_token?: unknown; expires_on?: unknown };
    const expiresOn = typeof answer.expires_on === 'string' ? Date.parse(answer.expires_on) : Number.NaN;
    if (typeof answer.access_token !== 'string' || Number.isNaN(expiresOn)) return undefined;
    return { accessToken: answer.access_token, expiresOn, reusable: false };
  } catch {
    return undefined;
  }
}

function unavailable(reason: string, cause?: unknown): TokenError {
  return new TokenError('CredentialUnavailable', reason, { cause });
}
