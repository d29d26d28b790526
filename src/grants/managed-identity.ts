import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { managedIdentityNames, type Environment } from '../protocol/environment.ts';
import { withoutUserInfo } from '../protocol/formats.ts';
import { shortened } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { currentRequest } from '../platform/request-context.ts';
import { runWithEnvironment, WorkerFailure } from './environment-thread.ts';
import { checkIdentityAddress } from './identity-address.ts';
import { warnOfScopes } from './left-out-scopes.ts';
import type { TokenAnswer } from './token-answer.ts';

export interface ManagedIdentityGrantRequest {
  /** URI or application id. */
  readonly resource: string;
  /** Client id (GUID) of a user-assigned identity; without it the system-assigned one. */
  readonly clientId?: string | undefined;
  readonly claims?: string | undefined;
  readonly force: boolean;
  /** As Entra would want them, each behind its resource. A managed identity's token has `.default`, whatever was asked. */
  readonly scopes?: readonly string[] | undefined;
  /** One source of several: that there was none a moment ago is answer enough. */
  readonly optional?: boolean | undefined;
}

/** Why a managed identity's token may have other scopes than were asked for. */
const wholeResourcesOnly =
  "A managed identity's token is always for a whole resource, with the roles that the identity has been given.";

/** The address of Azure's instance metadata service, the same on every virtual machine. */
const metadataService = 'http://169.254.169.254';

/** How long the metadata service may take to say that it is there, in milliseconds; on a VM it takes a few. */
const probeTimeout = 1_000;

/** How long it counts that the service did not answer, in milliseconds: it may have been too busy just then. */
const silenceCounts = 30_000;

/**
 * By the service's address: whether it has answered, and until when (milliseconds since 1970) it counts that it has not.
 * That it has counts for ever: a machine does not move out of Azure.
 */
const probed = new Map<string, { readonly answers: boolean; readonly until: number }>();

/**
 * A token of the managed identity of the App Service, Function, Automation account, Arc machine or virtual machine
 * that the session runs on.
 * @throws TokenError ManagedIdentityUnavailable: there is none here; ManagedIdentityFailed: there is, and it refused, did
 * not answer, or has no address
 */
export async function managedIdentity(request: ManagedIdentityGrantRequest): Promise<TokenAnswer> {
  const environment = currentRequest()?.environment ?? {};
  checkIdentityAddress(environment);
  if (!namesSource(environment) && !(await metadataServiceAnswers(environment, request))) {
    throw new TokenError(
      'ManagedIdentityUnavailable',
      'No managed identity is available here: neither IDENTITY_ENDPOINT (App Service, Functions, Automation, Arc) is ' +
        'set, nor does the metadata service of an Azure virtual machine answer.',
    );
  }
  try {
    const { resource, clientId, claims, force } = request;
    const answer = await runWithEnvironment({ kind: 'managedIdentity', resource, clientId, claims, force });
    warnOfScopes(wholeResourcesOnly, request);
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

async function metadataServiceAnswers(
  environment: Environment,
  { force, optional = false }: ManagedIdentityGrantRequest,
): Promise<boolean> {
  const host = environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || metadataService;
  const known = force ? undefined : probed.get(host);
  // Where the managed identity is all that is asked for, it is asked: who tries again has a reason.
  if (known && (known.answers || (optional && Date.now() < known.until))) return known.answers;
  const answers = await probe(host);
  // A probe that was cancelled has told nothing.
  currentRequest()?.signal?.throwIfAborted();
  // Somebody who asked at the same time may have been answered.
  if (answers || !probed.get(host)?.answers) probed.set(host, { answers, until: Date.now() + silenceCounts });
  currentRequest()?.log(
    'verbose',
    `The metadata service at ${shortened(withoutUserInfo(host))} ${answers ? 'answers' : 'does not answer'}.`,
  );
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
  const open = address.startsWith('https:') ? httpsRequest : httpRequest;
  const request = open(address, { signal, agent: false }, (response) => {
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
    { ...failure.details, cause: failure },
  );
}
