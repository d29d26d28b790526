import { createHash } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import type { Environment } from '../protocol/environment.ts';
import type { TokenErrorDetails } from '../protocol/token-error.ts';
import { finishBeforeEnd } from '../platform/unfinished.ts';
import { currentRequest } from '../platform/request-context.ts';

/** What a thread with the session's environment is asked for. */
export type WorkerJob =
  | {
      readonly kind: 'managedIdentity';
      readonly resource: string;
      readonly clientId?: string | undefined;
      readonly claims?: string | undefined;
      readonly force: boolean;
    }
  | {
      readonly kind: 'developerTool';
      readonly tool: 'AzurePowerShell' | 'AzureCLI' | 'AzureDeveloperCli' | 'VisualStudioCode';
      readonly scopes: readonly string[];
      readonly tenantId?: string | undefined;
      readonly claims?: string | undefined;
    };

/** `job` is absent when nobody waits for the job of that id any more. */
export interface WorkerRequest {
  readonly id: number;
  readonly job?: WorkerJob;
}

export interface WorkerAnswer {
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
}

/** An error does not survive the way between threads with its class, so its facts travel. */
export interface WorkerMessage {
  readonly id: number;
  readonly answer?: WorkerAnswer;
  readonly failure?: {
    readonly message: string;
    /** A service answered, and said no to whoever asked. */
    readonly refused: boolean;
    readonly details: Pick<TokenErrorDetails, 'retryable' | 'retryAfter'>;
  };
}

/** A library's error as it was in the worker. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
  /** Whether a service answered, and said no to whoever asked. */
  readonly refused: boolean;
  /** Whether, and when, it may be tried again. */
  readonly details: Pick<TokenErrorDetails, 'retryable' | 'retryAfter'>;

  constructor(failure: NonNullable<WorkerMessage['failure']>) {
    super(failure.message);
    this.refused = failure.refused;
    this.details = failure.details;
  }
}

/** A session has one environment at a time; a few are kept for scripts that switch back and forth. */
const maximumThreads = 4;

interface Thread {
  readonly key: string;
  readonly worker: Worker;
  /** The jobs under way, those that nobody waits for included. */
  readonly jobs: Map<number, PromiseWithResolvers<WorkerAnswer>>;
}

const threads = new Map<string, Thread>();
let lastId = 0;

/**
 * Runs a job in the thread of the request's environment.
 * @throws the signal's reason when cancelled, which ends the developer tool; WorkerFailure
 */
export async function runWithEnvironment(job: WorkerJob): Promise<WorkerAnswer> {
  const context = currentRequest();
  context?.signal.throwIfAborted();
  const thread = threadOf(context?.environment ?? {});
  const id = ++lastId;
  const answer = Promise.withResolvers<WorkerAnswer>();
  thread.jobs.set(id, answer);
  const cancelled = Promise.withResolvers<never>();
  const cancel = (): void => {
    tell(thread, { id });
    if (job.kind === 'developerTool') {
      finishBeforeEnd(answer.promise);
      // @azure/identity passes over a PowerShell for good that did not end by itself.
      retire(thread);
    }
    cancelled.reject(context?.signal.reason);
  };
  context?.signal.addEventListener('abort', cancel, { once: true });
  tell(thread, { id, job });
  try {
    return await Promise.race([answer.promise, cancelled.promise]);
  } finally {
    context?.signal.removeEventListener('abort', cancel);
  }
}

/** Ends all threads once their jobs are done, and with them the tokens that MSAL keeps in them. */
export function endEnvironmentThreads(): void {
  for (const thread of threads.values()) retire(thread);
}

function tell(thread: Thread, request: WorkerRequest): void {
  thread.worker.postMessage(request);
}

/** The thread gets no new jobs, and ends when it has none left. */
function retire(thread: Thread): void {
  if (threads.get(thread.key) === thread) threads.delete(thread.key);
  if (thread.jobs.size === 0) void thread.worker.terminate();
}

function threadOf(environment: Environment): Thread {
  const key = createHash('sha256')
    .update(JSON.stringify(Object.entries(environment).toSorted()))
    .digest('base64');
  const thread = threads.get(key) ?? startThread(environment, key);
  threads.delete(key);
  threads.set(key, thread);
  endOldestIdleThread(thread);
  return thread;
}

function startThread(environment: Environment, key: string): Thread {
  // Loaded here, for a first token needs no thread; at once, for a job finds the thread of the one before it.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  // The worker is a file of its own: a TypeScript source in development, a bundle beside the engine's when shipped.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./environment-worker.${extension}`, import.meta.url), {
    env: { ...environment },
    workerData: { role: 'environment' },
  });
  const thread: Thread = { key, worker, jobs: new Map() };
  worker.on('message', ({ id, answer, failure }: WorkerMessage) => {
    const job = thread.jobs.get(id);
    thread.jobs.delete(id);
    if (answer) job?.resolve(answer);
    else if (failure) job?.reject(new WorkerFailure(failure));
    if (threads.get(key) !== thread) retire(thread);
  });
  worker.on('error', (error) => abandon(error));
  worker.on('exit', () => abandon(new Error('The thread that gets tokens from the environment has ended.')));
  function abandon(error: unknown): void {
    for (const job of thread.jobs.values()) job.reject(error);
    thread.jobs.clear();
    retire(thread);
  }
  // The engine lives as long as its host, not as long as its threads.
  worker.unref();
  return thread;
}

/** @param wanted is about to get its job, and may be the only one without */
function endOldestIdleThread(wanted: Thread): void {
  if (threads.size <= maximumThreads) return;
  const idle = [...threads.values()].find((thread) => thread !== wanted && thread.jobs.size === 0);
  if (idle) retire(idle);
}
