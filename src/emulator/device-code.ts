import { randomBytes, randomInt } from 'node:crypto';
import { AadstsError } from './aadsts-errors.ts';
import { isAgentIdentity } from './agent-identities.ts';
import { findApplication } from './directory.ts';
import type { Application, TenantSelector } from './directory.ts';
import { refuseDuplicates } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { messagePage, userCodePage } from './pages.ts';
import { parseScopes } from './scopes.ts';
import { beginSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import type { DeviceCode, EmulatorState, Grant } from './state.ts';

/** No vowels, nothing that looks like something else. */
const userCodeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ23456789';
/** A poll may come this much too soon, since clocks and timers are what they are; in milliseconds. */
const earlyPollTolerance = 500;
/** RFC 8628 section 3.5, in seconds. */
const slowDownStep = 5;

/** `/{tenant}/oauth2/v2.0/devicecode` */
export function deviceCodeEndpoint(state: EmulatorState, request: EndpointRequest, tenant: TenantSelector): Reply {
  const { authority, directory, lifetimes } = state;
  if (request.method !== 'POST') throw new AadstsError(900561, ['POST, OPTIONS', request.method]);
  refuseDuplicates(request.form);
  const clientId = request.form.get('client_id');
  if (!clientId) throw new AadstsError(900144, ['client_id']);
  const client = findApplication(directory, clientId, tenant);
  // Agents sign nobody in, in whatever way
  if (client.isBlueprint || isAgentIdentity(client)) throw new AadstsError(82018);
  const scope = request.form.get('scope');
  if (!scope) throw new AadstsError(900144, ['scope']);
  parseScopes(directory, tenant, scope);
  const deviceCode = randomBytes(64).toString('base64url');
  const userCode = Array.from({ length: 9 }, () => userCodeAlphabet[randomInt(userCodeAlphabet.length)]).join('');
  state.deviceCodes.set(deviceCode, {
    userCode,
    client,
    tenant,
    scope,
    issued: state.now(),
    state: 'pending',
    polled: undefined,
    interval: lifetimes.deviceCodeInterval,
  });
  const verificationUri = `${authority}/devicelogin`;
  return {
    status: 200,
    body: {
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: verificationUri,
      expires_in: lifetimes.deviceCode,
      interval: lifetimes.deviceCodeInterval,
      message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${userCode} to authenticate.`,
    },
  };
}

const isExpired = ({ lifetimes, now }: EmulatorState, { issued }: DeviceCode): boolean =>
  issued + lifetimes.deviceCode * 1000 <= now();

/**
 * The grant, once the person has signed in.
 * @throws AadstsError 70016 while waiting (also as `slow_down`), 70020 expired, 65004 declined, 70018 unknown,
 *   54005 used
 */
export function pollDeviceCode(
  state: EmulatorState,
  { form }: EndpointRequest,
  client: Application,
): { grant: Grant; redeem: () => void } {
  const code = form.get('device_code') ?? form.get('code');
  if (!code) throw new AadstsError(900144, ['device_code']);
  const pending = state.deviceCodes.get(code);
  if (!pending || pending.client.id !== client.id) throw new AadstsError(70018);
  if (pending.state === 'redeemed') throw new AadstsError(54005);
  if (isExpired(state, pending)) throw new AadstsError(70020);
  if (pending.state === 'declined') throw new AadstsError(65004, [], { error: 'authorization_declined' });
  if (pending.state === 'pending') {
    const now = state.now();
    const tooSoon = pending.polled !== undefined && now - pending.polled < pending.interval * 1000 - earlyPollTolerance;
    pending.polled = now;
    if (!tooSoon) throw new AadstsError(70016);
    pending.interval += slowDownStep;
    throw new AadstsError(70016, [], { error: 'slow_down' });
  }
  return { grant: pending.state, redeem: () => void (pending.state = 'redeemed') };
}

/** `/devicelogin`: the person's side. The code may stand in the address: `?otc=CODE`. */
export function deviceLoginEndpoint(state: EmulatorState, request: EndpointRequest): Reply {
  if (request.method !== 'POST') return userCodePage({ userCode: request.query.get('otc') ?? '' });
  const userCode = (request.form.get('otc') ?? '').trim().toUpperCase();
  const pending = [...state.deviceCodes.values()].find(
    (each) => each.userCode === userCode && each.state === 'pending',
  );
  if (!pending) return unknownCodePage(userCode);
  if (isExpired(state, pending)) return expiredCodePage(userCode);
  return beginSignIn(state, request, signInFor(state, pending));
}

const expiredCodePage = (userCode: string): Reply =>
  userCodePage({ userCode, error: 'That code has expired. Start again on your device.' });

const unknownCodePage = (userCode: string): Reply =>
  userCodePage({ userCode, error: "That code didn't work. Check the code and try again." });

function signInFor(state: EmulatorState, deviceCode: DeviceCode): SignIn {
  const { directory, now } = state;
  const { client, tenant, scope, userCode } = deviceCode;
  // One code may be typed on several pages: it is the first of them that decides
  const decide = (decision: 'declined' | Grant, page: Reply): Reply => {
    if (deviceCode.state !== 'pending') return unknownCodePage(userCode);
    if (isExpired(state, deviceCode)) return expiredCodePage(userCode);
    deviceCode.state = decision;
    return page;
  };
  return {
    client,
    tenant,
    requested: parseScopes(directory, tenant, scope),
    // Whoever has the code in hand must show who they are, whatever session the browser has
    prompts: ['login'],
    loginHint: '',
    scriptable: false,
    complete: (home, user) =>
      decide(
        { tenant: home, user, client, scope, issued: now(), authenticated: now() },
        messagePage(
          client.name,
          `You have signed in to the ${client.name} application on your device. You may now close this window.`,
        ),
      ),
    cancel: () =>
      decide(
        'declined',
        messagePage('Cancelled', 'You have not signed in on your device. You may now close this window.'),
      ),
  };
}
