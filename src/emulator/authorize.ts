import { randomBytes, randomUUID } from 'node:crypto';
import { AadstsError } from './aadsts-errors.ts';
import { isAgentIdentity } from './agent-identities.ts';
import { findApplication } from './directory.ts';
import type { Application, Tenant, TenantSelector, User } from './directory.ts';
import { refuseDuplicates } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { clientInfo } from './issue-token.ts';
import { formPostPage, showError } from './pages.ts';
import { parseClaims } from './requested-claims.ts';
import { parseScopes } from './scopes.ts';
import type { RequestedScopes } from './scopes.ts';
import { beginSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import type { EmulatorState } from './state.ts';

const responseModes = ['query', 'fragment', 'form_post'] as const;
type ResponseMode = (typeof responseModes)[number];
const prompts = new Set(['login', 'none', 'consent', 'select_account', 'create']);

/** Where the answer goes. */
interface Recipient {
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state: string | null;
}

/** An authorization request (RFC 6749 section 4.1.1) that has been found good. */
interface AuthorizationRequest extends Recipient {
  readonly tenant: TenantSelector;
  readonly client: Application;
  readonly scope: string;
  readonly requested: RequestedScopes;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly prompts: readonly string[];
  readonly loginHint: string;
  readonly clientInfo: boolean;
}

/** `/{tenant}/oauth2/v2.0/authorize` */
export function authorizeEndpoint(state: EmulatorState, request: EndpointRequest, tenant: TenantSelector): Reply {
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new AadstsError(900561, ['GET, POST, OPTIONS', request.method]);
  }
  const parameters = request.method === 'POST' ? request.form : request.query;
  let client: Application;
  let redirectUri: string;
  try {
    refuseDuplicates(parameters);
    const clientId = parameters.get('client_id');
    if (!clientId) throw new AadstsError(900144, ['client_id']);
    client = findApplication(state.directory, clientId, tenant);
    redirectUri = verifiedRedirectUri(client, parameters.get('redirect_uri'));
  } catch (error) {
    // Without a redirect address that is the application's, only the person can be told
    return showError(state, request, error);
  }
  const mode = parameters.get('response_mode') ?? 'query';
  const recipient: Recipient = {
    redirectUri,
    responseMode: isResponseMode(mode) ? mode : 'query',
    state: parameters.get('state'),
  };
  try {
    if (!isResponseMode(mode)) throw new AadstsError(70007, [mode]);
    return beginSignIn(state, request, signInFor(state, readRequest(state, parameters, tenant, client, recipient)));
  } catch (error) {
    return redirectError(state, request, recipient, error);
  }
}

const isResponseMode = (mode: string): mode is ResponseMode => (responseModes as readonly string[]).includes(mode);

function readRequest(
  state: EmulatorState,
  parameters: URLSearchParams,
  tenant: TenantSelector,
  client: Application,
  recipient: Recipient,
): AuthorizationRequest {
  const responseType = parameters.get('response_type');
  if (!responseType) throw new AadstsError(900144, ['response_type']);
  if (client.isBlueprint || isAgentIdentity(client)) throw new AadstsError(82018);
  if (responseType !== 'code') throw refusedResponseType(responseType);
  const scope = parameters.get('scope');
  if (!scope) throw new AadstsError(900144, ['scope']);
  const requested = parseScopes(
    state.directory,
    tenant,
    scope,
    (name, resource) => new AadstsError(650053, [client.name, name, resource.name]),
  );
  // Refused here, before anybody has signed in for nothing
  parseClaims(parameters.get('claims'));
  const requestedPrompts = (parameters.get('prompt') ?? '').split(/\s+/).filter(Boolean);
  const unknownPrompt = requestedPrompts.find((each) => !prompts.has(each));
  if (unknownPrompt) throw new AadstsError(90023, [`Unsupported 'prompt' value '${unknownPrompt}'.`]);
  return {
    ...recipient,
    tenant,
    client,
    scope,
    requested,
    nonce: parameters.get('nonce') ?? undefined,
    codeChallenge: verifiedCodeChallenge(client, parameters),
    prompts: requestedPrompts,
    loginHint: parameters.get('login_hint') ?? '',
    clientInfo: parameters.get('client_info') === '1',
  };
}

function refusedResponseType(responseType: string): AadstsError {
  const known = responseType.split(/\s+/).every((each) => ['code', 'token', 'id_token'].includes(each));
  return known ? new AadstsError(700054, [responseType]) : new AadstsError(70005, [responseType]);
}

/** RFC 7636; `plain` hides nothing, so it is refused like a missing challenge. */
function verifiedCodeChallenge(client: Application, parameters: URLSearchParams): string | undefined {
  const challenge = parameters.get('code_challenge');
  if (challenge === null) {
    if (client.publicClient) throw new AadstsError(9002325);
    return undefined;
  }
  if (challenge.length < 43 || challenge.length > 128) throw new AadstsError(501491);
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new AadstsError(90023, ["The value of 'code_challenge_method' must be 'S256'."]);
  }
  return challenge;
}

function verifiedRedirectUri({ id, redirectUris = [] }: Application, redirectUri: string | null): string {
  if (!redirectUri) throw new AadstsError(900971);
  if (!redirectUris.some((registered) => matchesRedirect(registered, redirectUri))) {
    throw new AadstsError(50011, [redirectUri, id]);
  }
  return redirectUri;
}

/** The addresses must be the same, but for the port on this machine (RFC 8252 section 7.3). */
function matchesRedirect(registered: string, given: string): boolean {
  if (registered === given) return true;
  if (!URL.canParse(registered) || !URL.canParse(given)) return false;
  const [one, other] = [new URL(registered), new URL(given)];
  if (one.protocol === 'http:' && (one.hostname === 'localhost' || one.hostname === '127.0.0.1')) other.port = one.port;
  return one.href === other.href;
}

const signInFor = (state: EmulatorState, request: AuthorizationRequest): SignIn => ({
  ...request,
  scriptable: true,
  complete: (tenant, user) => complete(state, request, tenant, user),
  cancel: (answered) => redirectError(state, answered, request, new AadstsError(65004), 'cancel'),
});

/** Sends the browser back with an authorization code. */
function complete(state: EmulatorState, request: AuthorizationRequest, tenant: Tenant, user: User): Reply {
  const code = `1.${randomBytes(64).toString('base64url')}`;
  const now = state.now();
  const { client, scope, nonce, redirectUri, codeChallenge } = request;
  state.codes.set(code, {
    tenant,
    user,
    client,
    scope,
    nonce,
    issued: now,
    authenticated: now,
    redirectUri,
    codeChallenge,
    redeemed: false,
  });
  return deliver(request, {
    code,
    ...(request.clientInfo && { client_info: clientInfo(tenant, user) }),
    session_state: randomUUID(),
  });
}

function deliver({ redirectUri, responseMode, state }: Recipient, answer: Record<string, string>): Reply {
  const fields = { ...answer, ...(state !== null && { state }) };
  if (responseMode === 'form_post') return formPostPage(redirectUri, fields);
  const location = new URL(redirectUri);
  if (responseMode === 'fragment') location.hash = new URLSearchParams(fields).toString();
  else for (const [name, value] of Object.entries(fields)) location.searchParams.append(name, value);
  return { status: 302, headers: { location: location.href }, body: '' };
}

/** Tells the application that there will be no code. */
function redirectError(
  { authority, now }: EmulatorState,
  request: EndpointRequest,
  recipient: Recipient,
  error: unknown,
  subcode?: string,
): Reply {
  if (!(error instanceof AadstsError)) throw error;
  const body = error.body(authority, request.correlationId, now());
  request.log.error = body.error;
  request.log.errorCode = error.code;
  return deliver(recipient, {
    error: body.error,
    ...(subcode !== undefined && { error_subcode: subcode }),
    error_description: body.error_description,
    error_uri: body.error_uri,
  });
}
