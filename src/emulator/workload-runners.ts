import type { EndpointRequest, Reply } from './http.ts';
import type { EmulatorState } from './state.ts';
import { signWorkloadToken } from './workload-issuer.ts';

/** Where the emulator stands for the services whose jobs get tokens that say who they are. */
export const workloadRunnerPaths = {
  gitHubActions: '/emulator/github/token',
  azurePipelines: '/emulator/pipelines/oidctoken',
} as const;

/** What the jobs show there; public, as all that the emulator knows. */
export const gitHubRequestToken = 'emulator-github-request-token';
export const pipelinesAccessToken = 'emulator-pipelines-access-token';

/** The service connection that the emulator's pipeline may use. */
export const serviceConnectionId = '5e4c0000-0000-4000-8000-00000000000d';

/** Subjects of the tokens; the built-in application Contoso Workload trusts both. */
export const workloadSubjects = {
  gitHubActions: 'repo:contoso/scripts:ref:refs/heads/main',
  azurePipelines: 'sc://contoso/scripts/entra',
} as const;

/** What a job has in its environment. */
export const workloadEnvironment = (authority: string) => ({
  gitHubActions: {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${authority}${workloadRunnerPaths.gitHubActions}?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: gitHubRequestToken,
  },
  azurePipelines: {
    SYSTEM_OIDCREQUESTURI: `${authority}${workloadRunnerPaths.azurePipelines}`,
    SYSTEM_ACCESSTOKEN: pipelinesAccessToken,
  },
});

/**
 * GitHub Actions: `GET URL&audience=AUDIENCE` with the job's token as bearer. `subject` in the address, which is the
 * emulator's own, makes it another repository's job.
 */
export async function gitHubTokenEndpoint(
  state: EmulatorState,
  { method, query, headers }: EndpointRequest,
): Promise<Reply> {
  if (method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
  if (headers.authorization !== `Bearer ${gitHubRequestToken}`) {
    return { status: 401, body: { message: 'The request token is not one of this job.' } };
  }
  const value = await signWorkloadToken(state, {
    subject: query.get('subject') ?? workloadSubjects.gitHubActions,
    // GitHub's own default: the address of the repository's owner
    audience: query.get('audience') ?? 'https://github.com/contoso',
  });
  return { status: 200, body: { count: value.length, value } };
}

/**
 * Azure Pipelines: `POST URI?api-version=7.1&serviceConnectionId=ID` with System.AccessToken as bearer. Its tokens are for
 * the token exchange, and no other audience can be asked for.
 */
export async function pipelinesTokenEndpoint(
  state: EmulatorState,
  { method, query, headers }: EndpointRequest,
): Promise<Reply> {
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
  if (headers.authorization !== `Bearer ${pipelinesAccessToken}`) {
    // Azure DevOps takes who isn't signed in for a person, unless it is told not to
    return headers['x-tfs-fedauthredirect']?.toString().toLowerCase() === 'suppress'
      ? { status: 401 }
      : { status: 302, headers: { location: `${state.authority}/common/oauth2/v2.0/authorize` } };
  }
  if (!query.has('api-version')) {
    return { status: 400, body: { message: 'No api-version was supplied for the "POST" request.' } };
  }
  const connection = query.get('serviceConnectionId');
  if (connection?.toLowerCase() !== serviceConnectionId) {
    return { status: 404, body: { message: `There is no service connection ${connection ?? ''} for this pipeline.` } };
  }
  const oidcToken = await signWorkloadToken(state, { subject: workloadSubjects.azurePipelines });
  return { status: 200, body: { oidcToken } };
}
