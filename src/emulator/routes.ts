import { AadstsError } from './aadsts-errors.ts';
import { authorizeEndpoint } from './authorize.ts';
import { deviceCodeEndpoint, deviceLoginEndpoint } from './device-code.ts';
import { findTenant } from './directory.ts';
import type { TenantSelector } from './directory.ts';
import { instanceDiscovery, keys, openidConfiguration } from './discovery.ts';
import { html } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { appServiceEndpoint, arcEndpoint, imdsEndpoint, managedIdentityPaths } from './managed-identity.ts';
import type { ArcKeys } from './managed-identity.ts';
import { showError } from './pages.ts';
import { defaultClaimsChallenge } from './scenarios.ts';
import type { Endpoint, NextAnswer } from './scenarios.ts';
import { consentEndpoint, loginEndpoint } from './sign-in.ts';
import type { EmulatorState } from './state.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { workloadIssuerEndpoints } from './workload-issuer.ts';
import { gitHubTokenEndpoint, pipelinesTokenEndpoint, workloadRunnerPaths } from './workload-runners.ts';

type Handler = (state: EmulatorState, request: EndpointRequest, tenant: TenantSelector) => Reply | Promise<Reply>;

interface Destination {
  readonly endpoint?: Endpoint;
  /** Segment of the path. */
  readonly tenant?: string;
  readonly handler: Handler;
}

/** Which endpoint a request is for; undefined: none. */
export type Route = (request: EndpointRequest) => Destination | undefined;

/** Below `/{tenant}/`. */
const tenantEndpoints: Record<string, { endpoint: Endpoint; handler: Handler }> = {
  'v2.0/.well-known/openid-configuration': {
    endpoint: 'discovery',
    handler: (state, _, tenant) => openidConfiguration(state, tenant),
  },
  'discovery/v2.0/keys': { endpoint: 'keys', handler: (state, _, tenant) => keys(state, tenant) },
  'discovery/instance': { endpoint: 'discovery', handler: (state, { query }) => instanceDiscovery(state, query) },
  'oauth2/v2.0/authorize': { endpoint: 'authorize', handler: authorizeEndpoint },
  'oauth2/v2.0/token': { endpoint: 'token', handler: tokenEndpoint },
  'oauth2/v2.0/devicecode': { endpoint: 'devicecode', handler: deviceCodeEndpoint },
  login: { endpoint: 'page', handler: loginEndpoint },
  consent: { endpoint: 'page', handler: consentEndpoint },
};

/** The HTTPS listener: the token service and the emulator's own controls. */
export const endpointOf: Route = ({ path }) => {
  if (path === '/devicelogin') return { endpoint: 'page', handler: deviceLoginEndpoint };
  if (path === '/emulator/scenarios') return { handler: scenariosControl };
  if (path === '/emulator/requests') return { handler: requestsControl };
  if (path === workloadRunnerPaths.gitHubActions) return { endpoint: 'workload', handler: gitHubTokenEndpoint };
  if (path === workloadRunnerPaths.azurePipelines) return { endpoint: 'workload', handler: pipelinesTokenEndpoint };
  const [, issuerTail = ''] = /^\/emulator\/issuer\/(.+)$/.exec(path) ?? [];
  const issuerHandler = Object.hasOwn(workloadIssuerEndpoints, issuerTail) && workloadIssuerEndpoints[issuerTail];
  if (issuerHandler) return { handler: issuerHandler };
  const [, tenant = '', tail = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const found = Object.hasOwn(tenantEndpoints, tail) ? tenantEndpoints[tail] : undefined;
  return found && { ...found, tenant: decoded(tenant) };
};

/** What can't be decoded is the name of no tenant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The HTTP listener. */
export const managedIdentityEndpointOf = ({ path }: EndpointRequest, arcKeys: ArcKeys): Destination | undefined => {
  const handlers: Record<string, Handler> = {
    [managedIdentityPaths.appService]: appServiceEndpoint,
    [managedIdentityPaths.imds]: imdsEndpoint,
    [managedIdentityPaths.arc]: (state, request) => arcEndpoint(state, request, arcKeys),
  };
  const handler = handlers[path.replace(/\/$/, '')];
  return handler && { endpoint: 'token', handler };
};

/** Every request's way: a scenario's answer, or the endpoint's, or the refusal that it threw. */
export async function answer(
  state: EmulatorState,
  route: Route,
  request: EndpointRequest,
): Promise<Reply | 'hang' | 'reset'> {
  const { log } = request;
  const destination = route(request);
  try {
    if (!destination) return html(404, '<!doctype html><title>Not found</title><p>There is nothing here.</p>');
    if (destination.tenant !== undefined) Object.assign(log, { tenant: destination.tenant });
    const scenario = state.nextAnswers.take(destination.endpoint);
    if (scenario) {
      log.notes.push(`Answered by the scenario ${scenario.kind}.`);
      if (scenario.kind === 'hang' || scenario.kind === 'reset') return scenario.kind;
      return scenarioReply(scenario, log.clientId ?? '');
    }
    const tenant =
      destination.tenant === undefined
        ? 'common'
        : findTenant(
            state.directory,
            destination.tenant,
            destination.endpoint === 'discovery' ? 'invalid_tenant' : undefined,
          );
    const reply = await destination.handler(state, request, tenant);
    if (typeof reply.body === 'object' && 'error' in reply.body) log.error = String(reply.body.error);
    return reply;
  } catch (error) {
    if (error instanceof AadstsError) {
      // It is a person who looks at this one
      if (destination?.endpoint === 'authorize') return showError(state, request, error);
      log.error = error.error;
      log.errorCode = error.code;
      return { status: error.status, body: error.body(state.authority, request.correlationId, state.now()) };
    }
    state.log((error as Error).stack ?? String(error));
    return { status: 500, body: { error: 'server_error', error_description: (error as Error).message } };
  }
}

/** @throws AadstsError for the scenarios that are refusals */
function scenarioReply(
  { kind, status = kind === 'json' ? 200 : 429, retryAfter, claims = defaultClaimsChallenge, json = {} }: NextAnswer,
  clientId: string,
): Reply {
  if (kind === 'claims-challenge') throw new AadstsError(50076, [clientId], { claims });
  if (kind === 'expired-secret') throw new AadstsError(7000222, [clientId]);
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (kind === 'json') return { status, headers, body: json };
  const error = status === 429 ? 'too_many_requests' : status >= 500 ? 'temporarily_unavailable' : 'invalid_request';
  return {
    status,
    headers,
    body: { error, error_description: `The emulator was told to answer ${status}.`, error_codes: [] },
  };
}

/** `POST /emulator/scenarios`: one answer or a list, as JSON; DELETE forgets those that wait. */
function scenariosControl({ nextAnswers }: EmulatorState, { method, headers, text }: EndpointRequest): Reply {
  if (method === 'DELETE') {
    nextAnswers.clear();
    return { status: 204 };
  }
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST, DELETE' } };
  // JSON only: no page of another origin can send it without being asked first
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return { status: 415, body: 'Send JSON.' };
  try {
    nextAnswers.push(...[JSON.parse(text)].flat());
    return { status: 204 };
  } catch (error) {
    return { status: 400, body: (error as Error).message };
  }
}

/** `GET /emulator/requests`: the log; DELETE empties it. */
function requestsControl({ requests }: EmulatorState, { method }: EndpointRequest): Reply {
  if (method === 'DELETE') {
    requests.length = 0;
    return { status: 204 };
  }
  return method === 'GET' ? { status: 200, body: requests } : { status: 405, headers: { allow: 'GET, DELETE' } };
}
