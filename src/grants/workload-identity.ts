import { readFile } from 'node:fs/promises';
import { withoutUserInfo } from '../protocol/formats.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { exchangeText, type RawResponse } from '../msal/network.ts';
import { blockingRead } from '../platform/blocking-read.ts';
import { requestUnderWay } from '../platform/request-context.ts';

/** Who says which workload this is (workload identity federation). */
export type FederatedTokenSource =
  | { readonly source: 'GitHubActions' }
  | {
      readonly source: 'AzurePipelines';
      /** GUID. */
      readonly serviceConnectionId?: string | undefined;
    }
  | {
      readonly source: 'File';
      /** Default AZURE_FEDERATED_TOKEN_FILE, which Kubernetes' webhook for workload identities sets. */
      readonly file?: string | undefined;
    };

/** The version of Azure Pipelines' REST API, the one that @azure/identity uses. */
const pipelinesApiVersion = '7.1';

/**
 * A token that stands for the application's credential, asked for anew each time: such tokens live for minutes.
 *
 * @azure/identity has credentials for two of the sources, but they take the job's variables from process.env, which is
 * not the session's.
 * @param audience the cloud's token exchange
 * @returns a JWT
 * @throws TokenError FederatedTokenUnavailable: there is none here; FederatedTokenFailed: its issuer refused;
 * MissingParameter, Throttled, ServiceUnavailable, ResponseInvalid
 */
export function federatedToken(from: FederatedTokenSource, audience: string): Promise<string> {
  switch (from.source) {
    case 'GitHubActions':
      return ofGitHubActions(audience);
    case 'AzurePipelines':
      return ofAzurePipelines(from.serviceConnectionId);
    case 'File':
      return ofFile(from.file);
  }
}

/** GitHub's OpenID Connect reference, "Methods for requesting the OIDC token". */
async function ofGitHubActions(audience: string): Promise<string> {
  const needed = 'GitHub sets it for jobs that have `permissions: id-token: write`.';
  const address = addressIn('ACTIONS_ID_TOKEN_REQUEST_URL', needed);
  const requestToken = variable('ACTIONS_ID_TOKEN_REQUEST_TOKEN', needed);
  address.searchParams.set('audience', audience);
  const response = await exchangeText('GET', address.href, {
    headers: { authorization: `Bearer ${requestToken}`, accept: 'application/json' },
  });
  return tokenOf(response, 'value', {
    issuer: 'GitHub',
    advice:
      'The job needs `permissions: id-token: write`, which pull requests from forks never have, and the variables ' +
      'ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN of its own run.',
  });
}

/** Azure DevOps REST API, "Oidctoken - Create". */
async function ofAzurePipelines(serviceConnectionId: string | undefined): Promise<string> {
  if (!serviceConnectionId) {
    throw new TokenError(
      'MissingParameter',
      "The service connection's id is missing: it is the resourceId in the address of its page in Azure DevOps.",
      { parameter: 'serviceConnectionId' },
    );
  }
  const address = addressIn('SYSTEM_OIDCREQUESTURI', 'Azure Pipelines sets it for the jobs that it runs.');
  const accessToken = variable(
    'SYSTEM_ACCESSTOKEN',
    'Hand it to the step of the pipeline: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`.',
  );
  address.searchParams.set('api-version', pipelinesApiVersion);
  address.searchParams.set('serviceConnectionId', serviceConnectionId);
  const response = await exchangeText('POST', address.href, {
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      // Else the answer to a token that is not good is a redirect to the login page.
      'x-tfs-fedauthredirect': 'Suppress',
    },
  });
  return tokenOf(response, 'oidcToken', {
    issuer: 'Azure Pipelines',
    advice:
      `Check the id of the service connection (${serviceConnectionId}), that this pipeline may use it, and that ` +
      'SYSTEM_ACCESSTOKEN is $(System.AccessToken).',
  });
}

/** Read each time: who puts the token there (Kubernetes, for one) replaces it before it ends. */
async function ofFile(named: string | undefined): Promise<string> {
  const path = named ?? variable('AZURE_FEDERATED_TOKEN_FILE', 'Name the file, or let the variable name it.');
  const read = readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `can't be read (${cause.code ?? cause.message})`;
    throw unavailable(`The file with the federated token, '${path}', ${why}.`, cause);
  });
  const token = (await blockingRead(read)).trim();
  if (isJwt(token)) return token;
  throw unavailable(`The file with the federated token, '${path}', ${token ? 'holds no token (a JWT)' : 'is empty'}.`);
}

/** @param otherwise who sets it, a sentence */
function variable(name: string, otherwise: string): string {
  const value = requestUnderWay().environment[name];
  if (value) return value;
  throw unavailable(`${name} is not set. ${otherwise}`);
}

/** What goes there proves who the workload is: it is sent over TLS, or stays on this machine. */
function addressIn(name: string, otherwise: string): URL {
  const value = variable(name, otherwise);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const local = url?.protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url && local)) return url;
  throw unavailable(`${name} is ${quoted(withoutUserInfo(value))}, which is no https address. ${otherwise}`);
}

/** @param member where the answer has the token */
function tokenOf(
  { status, text }: RawResponse,
  member: string,
  { issuer, advice }: { readonly issuer: string; readonly advice: string },
): string {
  if (status === 200) {
    const token = memberOf(text, member);
    if (token !== undefined && isJwt(token)) return token;
    throw new TokenError(
      'ResponseInvalid',
      `${issuer} answered without a token. A proxy may have answered in its place.`,
    );
  }
  const said = memberOf(text, 'message');
  const what = `${issuer} gave this job no token: it answered ${status}${said ? ` (${said})` : ''}.`;
  if (status === 429) throw new TokenError('Throttled', `${what} Try again later.`, { retryable: true });
  if (status >= 500) throw new TokenError('ServiceUnavailable', `${what} Try again later.`, { retryable: true });
  throw new TokenError('FederatedTokenFailed', `${what} ${advice}`);
}

/** @returns undefined where the answer is no JSON, or has no such text */
function memberOf(text: string, member: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const value = typeof body === 'object' && body !== null ? Reflect.get(body, member) : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function unavailable(message: string, cause?: unknown): TokenError {
  return new TokenError('FederatedTokenUnavailable', message, { cause });
}
