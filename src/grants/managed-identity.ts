import { request as httpRequest } from 'node:http';
import { managedIdentityNames, type Environment } from '../protocol/environment.ts';
import { TokenError } from '../protocol/token-error.ts';
import { currentRequest } from '../platform/request-context.ts';
import { runWithEnvironment, WorkerFailure } from './environment-thread.ts';
import type { TokenAnswer } from './token-answer.ts';

export interface ManagedIdentityGrantRequest {
  /** URI or application id. */
  readonly resource: string;
  /** Client id (GUID) of a user-assigned identity; without it the system-assigned one. */
  readonly clientId?: string | undefined;
  readonly claims?: string | undefined;
  readonly force: boolean;
}

/** The address of Azure's instance metadata service, the same on every virtual machine. */
const metadataService = 'http://169.254.169.254';

/** How long the metadata service may take to say that it is there, in milliseconds; on a VM it takes a few. */
const probeTimeout = 1_000;

/** By the service's address: whether it has answered. A machine does not move into Azure or out of it. */
const probed = new Map<string, boolean>();

/**
 * A token of the managed identity of the App Service, Function, Automation account, Arc machine or virtual machine
 * that the session runs on.
 * @throws TokenError ManagedIdentityUnavailable: there is none here; ManagedIdentityFailed: there is, and it refused
 */
export async function managedIdentity(request: ManagedIdentityGrantRequest): Promise<TokenAnswer> {
  const environment = currentRequest()?.environment ?? {};
  if (!namesSource(environment) && !(await metadataServiceAnswers(environment, request.force))) {
    throw new TokenError(
      'ManagedIdentityUnavailable',
      'No managed identity is available here: neither IDENTITY_ENDPOINT (App Service, Functions, Automation, Arc) is ' +
        'set, nor does the metadata service of an Azure virtual machine answer.',
    );
  }
  try {
    const { resource, clientId, claims, force } = request;
    const answer = await runWithEnvironment({ kind: 'managedIdentity', resource, clientId, claims, force });
    return { ...answer, reusable: true };
  } catch (error) {
    if (error instanceof WorkerFailure) throw managedIdentityFailed(error, request.clientId);
    throw error;
  }
}

/**
 * What of the environment decides whose identity it is: plain data, for the keys of caches.
 * @returns names and values; some of the values are secrets
 */
export function managedIdentitySource(environment: Environment): readonly (readonly [string, string | undefined])[] {
  return managedIdentityNames.map((name) => [name, environment[name]] as const);
}

/** Forgets whether a metadata service is there. */
export function forgetProbes(): void {
  probed.clear();
}

function namesSource(environment: Environment): boolean {
  return ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'IMDS_ENDPOINT'].some((name) => environment[name]);
}

async function metadataServiceAnswers(environment: Environment, again: boolean): Promise<boolean> {
  const host = environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || metadataService;
  const known = again ? undefined : probed.get(host);
  if (known !== undefined) return known;
  const answers = await probe(host);
  // A probe that was cancelled has told nothing.
  currentRequest()?.signal?.throwIfAborted();
  probed.set(host, answers);
  currentRequest()?.log('verbose', `The metadata service at ${host} ${answers ? 'answers' : 'does not answer'}.`);
  return answers;
}

/**
 * Any answer will do. The request goes without the `Metadata: true` header, as the Azure SDKs' probe does: the real
 * service refuses it, at once and without side effects.
 */
function probe(host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const ending = currentRequest()?.signal;
  const signal = AbortSignal.any([AbortSignal.timeout(probeTimeout), ...(ending ? [ending] : [])]);
  const address = `${host}/metadata/identity/oauth2/token?api-version=2018-02-01`;
  const request = httpRequest(address, { signal, agent: false }, (response) => {
    response.resume();
    resolve(true);
  });
  request.on('error', () => resolve(false));
  request.end();
  return promise;
}

function managedIdentityFailed(failure: WorkerFailure, clientId: string | undefined): TokenError {
  const which = clientId ? `the user-assigned managed identity ${clientId}` : 'the system-assigned managed identity';
  const parameter = currentRequest()?.wording?.managedIdentity ?? '-ClientId';
  const hint = clientId
    ? ` Check that it is assigned to this resource and that ${parameter} is its client id.`
    : ` Check that it is switched on, or name a user-assigned one with ${parameter}.`;
  return new TokenError(
    'ManagedIdentityFailed',
    `The identity endpoint gave no token for ${which}: ${failure.message.trim()}${failure.refused ? hint : ''}`,
    { cause: failure },
  );
}
