import { parentPort, workerData } from 'node:worker_threads';
import { TokenError } from '../protocol/token-error.ts';
import { withRequestContext } from '../platform/request-context.ts';
import { endingProcesses } from '../platform/tool-processes.ts';
import type { WorkerAnswer, WorkerJob, WorkerMessage, WorkerRequest } from './environment-thread.ts';

/**
 * The thread in which libraries run that read `process.env`: MSAL's managed identity, which also keeps the source it
 * found first for the life of its process, and @azure/identity's developer-tool credentials. Node gives a worker a
 * `process.env` of its own, so each session environment gets the libraries' honest answer.
 */

/** Each program of a developer tool may take this long, in milliseconds: az on a cold Windows disk takes ten seconds. */
const toolTimeout = 30_000;

/** @param timeout of each program of a developer tool, in milliseconds */
export async function answer(job: WorkerJob, signal: AbortSignal, timeout = toolTimeout): Promise<WorkerAnswer> {
  if (job.kind === 'managedIdentity') return withExchanges(signal, () => managedIdentity(job));
  const credential = await developerTool(job);
  return endingProcesses({ signal, timeout }, async (tookTooLong) => {
    try {
      const token = await credential.getToken([...job.scopes], job.claims === undefined ? {} : { claims: job.claims });
      return { accessToken: token.token, expiresOn: token.expiresOnTimestamp };
    } catch (error) {
      if (!tookTooLong()) throw error;
      // The library takes it for whatever the tool had printed by then, or for a tool that is not there.
      const seconds = timeout / 1000;
      throw new Error(
        `It took more than ${seconds} seconds, and was ended. Run it in a terminal to see what it waits for.`,
        { cause: error },
      );
    }
  });
}

/** MSAL's errors say little; the exchange that failed says more. */
async function withExchanges(signal: AbortSignal, work: () => Promise<WorkerAnswer>): Promise<WorkerAnswer> {
  const { asTokenError } = await import('./foreign-errors.ts');
  const nobody = { environment: {}, signal, log() {}, progress() {}, deviceCode() {} };
  return withRequestContext(nobody, () =>
    work().catch((error: unknown) => {
      throw asTokenError(error);
    }),
  );
}

async function managedIdentity(job: Extract<WorkerJob, { kind: 'managedIdentity' }>): Promise<WorkerAnswer> {
  const { ManagedIdentityApplication } = await import('@azure/msal-node');
  const { identityNetwork } = await import('./identity-endpoint.ts');
  const application = new ManagedIdentityApplication({
    ...(job.clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: job.clientId } }),
    system: { networkClient: identityNetwork },
  });
  const result = await application.acquireToken({
    resource: job.resource,
    forceRefresh: job.force,
    ...(job.claims === undefined ? {} : { claims: job.claims }),
  });
  return checked({ accessToken: result.accessToken, expiresOn: result.expiresOn?.getTime() ?? Number.NaN });
}

/** MSAL takes what an identity endpoint says as it comes. @throws TokenError ResponseInvalid */
async function checked(given: WorkerAnswer): Promise<WorkerAnswer> {
  const { problemOfAccessToken } = await import('../msal/token-answers.ts');
  const problem = problemOfAccessToken(given.accessToken) ?? problemOfTime(given.expiresOn);
  if (problem === undefined) return given;
  throw new TokenError('ResponseInvalid', `it answered with ${problem}.`);
}

function problemOfTime(expiresOn: number): string | undefined {
  // What is no time MSAL takes for now, to the second.
  return expiresOn > Date.now() + 1000 ? undefined : 'no time of expiry, or one that has passed';
}

async function developerTool(job: Extract<WorkerJob, { kind: 'developerTool' }>) {
  const identity = await import('@azure/identity');
  const options = {
    additionallyAllowedTenants: ['*'],
    ...(job.tenantId === undefined ? {} : { tenantId: job.tenantId }),
  };
  switch (job.tool) {
    case 'AzurePowerShell':
      return new identity.AzurePowerShellCredential(options);
    case 'AzureCLI':
      return new identity.AzureCliCredential(options);
    case 'AzureDeveloperCli':
      return new identity.AzureDeveloperCliCredential(options);
    case 'VisualStudioCode':
      await useVisualStudioCodePlugin(identity.useIdentityPlugin);
      return new identity.VisualStudioCodeCredential(options);
  }
}

/** VS Code's sign-in lives in the native broker, which comes as a package of its own where somebody installed it. */
async function useVisualStudioCodePlugin(use: typeof import('@azure/identity').useIdentityPlugin): Promise<void> {
  const packageName = '@azure/identity-vscode';
  const plugin = await import(packageName).catch(() => undefined);
  // The library's words are for who writes programs with it.
  if (!plugin) throw new Error(`Its sign-in needs the npm package ${packageName}, which is not beside the engine.`);
  use(plugin.vsCodePlugin);
}

/** What has another reason than who asks. */
const ofAnyIdentity: ReadonlySet<string> = new Set([
  'NetworkError',
  'NameNotResolved',
  'ConnectionRefused',
  'TlsError',
  'Timeout',
  'ResponseInvalid',
  'InvalidResource',
]);

function failure(error: unknown): NonNullable<WorkerMessage['failure']> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TokenError)) return { message, refused: false, details: {} };
  const { retryable, retryAfter } = error.data;
  return {
    message,
    refused: !ofAnyIdentity.has(error.code),
    details: { retryable, ...(retryAfter === undefined ? {} : { retryAfter }) },
  };
}

const underWay = new Map<number, AbortController>();

const port = parentPort;
if (port && workerData?.role === 'environment') {
  port.on('message', ({ id, job }: WorkerRequest) => {
    if (!job) {
      underWay.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    underWay.set(id, controller);
    const tell = (message: WorkerMessage): void => {
      underWay.delete(id);
      port.postMessage(message);
    };
    answer(job, controller.signal).then(
      (result) => tell({ id, answer: result }),
      (error: unknown) => tell({ id, failure: failure(error) }),
    );
  });
}
