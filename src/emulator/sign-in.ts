import { randomBytes } from 'node:crypto';
import { AadstsError } from './aadsts-errors.ts';
import { findApplication, findUser, homeTenant } from './directory.ts';
import type { Application, Tenant, TenantSelector, User } from './directory.ts';
import { cookie } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { consentPage, showError, signInPage } from './pages.ts';
import { consentKey, missingConsent } from './scopes.ts';
import type { RequestedScopes } from './scopes.ts';
import type { EmulatorState } from './state.ts';

/** What a person signs in for: an authorization request, or a device with its code. */
export interface SignIn {
  readonly client: Application;
  readonly tenant: TenantSelector;
  readonly requested: RequestedScopes;
  readonly prompts: readonly string[];
  readonly loginHint: string;
  /** The scripted user may do it. */
  readonly scriptable: boolean;
  complete(tenant: Tenant, user: User): Reply;
  cancel(request: EndpointRequest): Reply;
}

/** A sign-in between two of its pages. */
export interface PendingSignIn {
  readonly signIn: SignIn;
  /** Known once the password was right: what is left is the consent. */
  readonly user?: User;
}

const sessionCookie = 'ESTSAUTH';

/**
 * The first page; or none, for the scripted user, and where a session and the prompt allow it.
 * @throws AadstsError 50058 for prompt=none without a session
 */
export function beginSignIn(state: EmulatorState, request: EndpointRequest, signIn: SignIn): Reply {
  const { prompts, loginHint } = signIn;
  const { scriptedUser } = state.directory;
  if (scriptedUser !== undefined && signIn.scriptable) {
    const user = findUser(state.directory, scriptedUser);
    if (!user) throw new AadstsError(50034, [scriptedUser, 'emulator']);
    request.log.notes.push(`Signed in the scripted user ${scriptedUser}.`);
    return proceed(state, { signIn, user }, { scripted: true });
  }
  const session = state.sessions.get(cookie(request.headers, sessionCookie) ?? '');
  const typed = ['login', 'select_account', 'create'].some((each) => prompts.includes(each));
  const sameUser = !loginHint || session?.userPrincipalName.toLowerCase() === loginHint.toLowerCase();
  if (session && sameUser && !typed) return proceed(state, { signIn, user: session });
  if (prompts.includes('none')) throw new AadstsError(50058);
  return showSignInPage(state, signIn, loginHint);
}

function showSignInPage(state: EmulatorState, signIn: SignIn, username: string, error?: string): Reply {
  const { client, tenant } = signIn;
  return signInPage({
    flowToken: remember(state, { signIn }),
    application: client.name,
    where: typeof tenant === 'string' ? 'any organization' : tenant.name,
    username,
    ...(error !== undefined && { error }),
  });
}

function remember({ signIns }: EmulatorState, pending: PendingSignIn): string {
  const flowToken = randomBytes(32).toString('base64url');
  signIns.set(flowToken, pending);
  return flowToken;
}

/** Each page is good for one answer. */
function recall({ signIns }: EmulatorState, { form }: EndpointRequest): PendingSignIn {
  const flowToken = form.get('flow_token') ?? '';
  const pending = signIns.get(flowToken);
  if (!pending)
    throw new AadstsError(90013, ['The page has been used or is from another run: start the sign-in again.']);
  signIns.delete(flowToken);
  return pending;
}

/** `POST /common/login` */
export function loginEndpoint(state: EmulatorState, request: EndpointRequest): Reply {
  try {
    const { signIn } = recall(state, request);
    if (request.form.get('action') === 'cancel') return signIn.cancel(request);
    const username = (request.form.get('username') ?? '').trim();
    try {
      const user = verifyPassword(state, signIn, username, request.form.get('password') ?? '');
      return proceed(state, { signIn, user });
    } catch (error) {
      if (!(error instanceof AadstsError)) throw error;
      request.log.error = error.error;
      request.log.errorCode = error.code;
      return showSignInPage(state, signIn, username, error.message);
    }
  } catch (error) {
    return showError(state, request, error);
  }
}

function verifyPassword({ directory }: EmulatorState, wanted: SignIn, username: string, password: string): User {
  const { tenant, client } = wanted;
  const user = findUser(directory, username);
  const home = user && homeTenant(directory, user);
  const where = typeof tenant === 'string' ? tenant : tenant.name;
  if (!user || !home) throw new AadstsError(50034, [username, where]);
  if (user.password !== password) throw new AadstsError(50126);
  if (user.disabled) throw new AadstsError(50057);
  if (typeof tenant !== 'string' && tenant.id !== home.id) {
    throw new AadstsError(50020, [user.userPrincipalName, tenant.name, client.name]);
  }
  findApplication(directory, client.id, home);
  return user;
}

/** After the password: consent where it is missing, then the end. */
function proceed(state: EmulatorState, { signIn, user }: Required<PendingSignIn>, { scripted = false } = {}): Reply {
  const { client, requested, prompts } = signIn;
  const tenant = tenantOf(state, signIn, user);
  const missing = requested.resources.flatMap((resource) =>
    missingConsent(state, tenant, user, client, resource).map((name) => `${resource.resource.id}/${name}`),
  );
  if (scripted) consent(state, tenant, user, client, missing);
  else if (missing.length > 0 || prompts.includes('consent')) {
    if (prompts.includes('none')) throw new AadstsError(65001, [client.id, client.name], { error: 'consent_required' });
    const named = (scope: string): string => {
      const [id, name] = scope.split('/');
      return `${state.directory.applications.find((each) => each.id === id)?.name}: ${name}`;
    };
    const page = consentPage({
      flowToken: remember(state, { signIn, user }),
      application: client.name,
      username: user.userPrincipalName,
      scopes: missing.length > 0 ? missing.map(named) : ['Sign you in and read your profile'],
    });
    return withSession(state, user, page);
  }
  return withSession(state, user, signIn.complete(tenant, user));
}

/** `POST /common/consent` */
export function consentEndpoint(state: EmulatorState, request: EndpointRequest): Reply {
  try {
    const { signIn, user } = recall(state, request);
    if (!user) throw new AadstsError(90013, ['Sign in first.']);
    if (request.form.get('action') !== 'accept') return signIn.cancel(request);
    const { client, requested } = signIn;
    const tenant = tenantOf(state, signIn, user);
    for (const resource of requested.resources) {
      const names = missingConsent(state, tenant, user, client, resource);
      consent(
        state,
        tenant,
        user,
        client,
        names.map((name) => `${resource.resource.id}/${name}`),
      );
    }
    return signIn.complete(tenant, user);
  } catch (error) {
    return showError(state, request, error);
  }
}

function consent(
  { consents }: EmulatorState,
  tenant: Tenant,
  user: User,
  client: Application,
  scopes: readonly string[],
): void {
  const key = consentKey(tenant, user, client);
  consents.set(key, new Set([...(consents.get(key) ?? []), ...scopes]));
}

/** The tenant of the address, or the user's own. */
function tenantOf({ directory }: EmulatorState, { tenant }: SignIn, user: User): Tenant {
  const found = typeof tenant === 'string' ? homeTenant(directory, user) : tenant;
  if (!found) throw new AadstsError(90002, [user.userPrincipalName]);
  return found;
}

function withSession({ sessions }: EmulatorState, user: User, reply: Reply): Reply {
  const session = randomBytes(32).toString('base64url');
  sessions.set(session, user);
  return {
    ...reply,
    headers: { ...reply.headers, 'set-cookie': `${sessionCookie}=${session}; Path=/; Secure; HttpOnly; SameSite=None` },
  };
}
