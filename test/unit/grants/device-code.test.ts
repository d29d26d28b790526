import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { approveDeviceCode } from '../../../src/emulator/scripted-person.ts';
import type { EmulatorOptions } from '../../../src/emulator/server.ts';
import { deviceCode, type DeviceCodeRequest } from '../../../src/grants/device-code.ts';
import { silent, type SignInAnswer } from '../../../src/grants/signed-in-account.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import type { DeviceCode } from '../../../src/protocol/host.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import { call } from '../../emulator/client.ts';
import { alice, confidentialClient, contoso, tokenRequests, type Emulator } from '../../helpers/flows.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

const desktop = '9ab11c00-0000-4000-8000-000000000003';
const userRead = ['https://graph.microsoft.com/User.Read'];
const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

let emulator: Emulator;
let controller: AbortController;
beforeEach(async () => {
  controller = new AbortController();
  await serve({});
});
afterEach(async () => {
  vi.restoreAllMocks();
  forgetApplications();
  await emulator.close();
});

async function serve(options: EmulatorOptions): Promise<void> {
  await emulator?.close();
  emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1, ...options });
}

/** A request's context, in which the person does `act` once the code is shown. */
function contextWith(act: (code: DeviceCode) => unknown = () => {}): RecordedContext {
  const deviceCodes: DeviceCode[] = [];
  const context = recordedContext({
    signal: controller.signal,
    deviceCode(code) {
      deviceCodes.push(code);
      act(code);
    },
  });
  return { ...context, deviceCodes };
}

function signIn(context: RecordedContext, request: Partial<DeviceCodeRequest> = {}): Promise<SignInAnswer> {
  return withRequestContext(context, () =>
    deviceCode({ identity: identityOf(emulator, desktop), scopes: userRead, ...request }),
  );
}

const approve = ({ verificationUri, userCode }: DeviceCode): Promise<unknown> =>
  approveDeviceCode(verificationUri, userCode, alice, emulator.ca);

async function decline({ verificationUri, userCode }: DeviceCode): Promise<void> {
  const page = await call(emulator, verificationUri, { form: { otc: userCode } });
  const token = /name="flow_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  await call(emulator, `${emulator.authority}/common/login`, { form: { flow_token: token, action: 'cancel' } });
}

/** Resolves once the service has answered so many polls. */
async function polled(count: number): Promise<void> {
  await expect.poll(() => tokenRequests(emulator)).toBeGreaterThanOrEqual(count);
}

describe('A device code', () => {
  it('is shown with its address and its end, and the token is of whoever enters it', async () => {
    const context = contextWith(approve);
    const started = Date.now();
    const { accessToken, signedIn, reusable } = await signIn(context);
    const [code] = context.deviceCodes;
    expect(code).toEqual({
      userCode: expect.stringMatching(/^[A-Z0-9]{9}$/),
      verificationUri: `${emulator.authority}/devicelogin`,
      message: expect.stringContaining(`enter the code ${code?.userCode} to authenticate.`),
      expiresOn: expect.any(Number),
    });
    expect((code?.expiresOn ?? 0) - started).toBeGreaterThanOrEqual(900_000);
    expect((code?.expiresOn ?? 0) - started).toBeLessThan(910_000);
    expect(context.progressed).toEqual([
      {
        activity: 'Signing in',
        status: `Open ${code?.verificationUri} in a browser and enter the code ${code?.userCode}.`,
        until: code?.expiresOn,
      },
      { activity: 'Signing in', status: 'Done', until: undefined },
    ]);
    expect(accessToken).toMatch(/^ey/);
    expect(reusable).toBe(true);
    expect(signedIn).toMatchObject({ account: { username: alice.username }, identity: { clientId: desktop } });
  });

  it('leaves an account behind that needs no person the next time', async () => {
    const { accessToken, signedIn } = await signIn(contextWith(approve));
    if (!signedIn) throw new Error('Nobody is signed in.');
    emulator.clearRequests();
    expect(await silent(signedIn, { scopes: userRead, force: false })).toMatchObject({ accessToken });
    expect(emulator.requests).toEqual([]);
    expect((await silent(signedIn, { scopes: userRead, force: true })).accessToken).not.toBe(accessToken);
  });

  it('is waited for until the caller gives up, where that is sooner than its end', async () => {
    const context = contextWith(approve);
    const until = Date.now() + 60_000;
    await signIn(context, { until });
    expect(context.progressed[0]?.until).toBe(until);
  });

  it("is asked about at the service's interval", async () => {
    await serve({ deviceCodeIntervalSeconds: 1 });
    const context = contextWith((code) => polled(2).then(() => approve(code)));
    await signIn(context);
    const polls = emulator.requests.filter(({ path }) => path.endsWith('/token'));
    const answers = polls.map(({ error }) => error);
    expect(answers.length).toBeGreaterThanOrEqual(3);
    expect(answers.pop()).toBeUndefined();
    expect(new Set(answers)).toEqual(new Set(['authorization_pending']));
    const pauses = polls.slice(1).map(({ time }, index) => time - (polls[index]?.time ?? 0));
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(990);
  });

  it('is asked about every five seconds where the service names no interval', async () => {
    await serve({ deviceCodeIntervalSeconds: 0 });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const context = contextWith();
    const request = tokenErrorOf(signIn(context));
    await expect.poll(() => timers).toHaveBeenCalledWith(expect.any(Function), 5000);
    expect(tokenRequests(emulator)).toBe(1);
    controller.abort(new TokenError('Cancelled', 'The request was cancelled.'));
    await request;
  });

  it('carries the claims challenge', async () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    await signIn(contextWith(approve), { claims });
    const asked = emulator.requests.filter(({ body }) => body['claims']).map(({ path }) => path.split('/').at(-1));
    expect(new Set(asked)).toEqual(new Set(['devicecode', 'token']));
  });

  it('that the person declines is SignInDenied', async () => {
    const { data, message } = await tokenErrorOf(signIn(contextWith(decline)));
    expect(data).toMatchObject({
      code: 'SignInDenied',
      oauthError: 'authorization_declined',
      aadsts: 65004,
      retryable: false,
    });
    expect(message).toMatch(
      new RegExp(
        '^The sign-in was cancelled or declined where the code was entered ' +
          `\\(AADSTS65004, correlation id ${guid}\\)\\. Run the command again, and accept\\.$`,
      ),
    );
  });

  it('is not told to be pending when it was redeemed for an id token that is none', async () => {
    const context = contextWith(async () => {
      await polled(1);
      emulator.nextAnswers.push({
        kind: 'json',
        json: { token_type: 'Bearer', access_token: 'token', expires_in: 3600, scope: 'User.Read', id_token: 'none' },
      });
    });
    const error = await tokenErrorOf(signIn(context));
    expect(error.message).toContain('id token that is none');
    expect(error.data).toEqual({ code: 'ResponseInvalid', retryable: false });
  });

  it('that nobody enters in time is DeviceCodeExpired', async () => {
    // The service's clock runs ahead once the code is shown, so that the end comes there and not here.
    let ahead = 0;
    await serve({ deviceCodeLifetimeSeconds: 60, now: () => Date.now() + ahead });
    const { data, message } = await tokenErrorOf(signIn(contextWith(() => (ahead = 61_000))));
    expect(data).toMatchObject({ code: 'DeviceCodeExpired', oauthError: 'expired_token', retryable: true });
    expect(message).toMatch(
      new RegExp(
        `^Nobody signed in with the code before it expired \\(AADSTS70020, correlation id ${guid}\\)\\. ` +
          'Run the command again for a new one\\.$',
      ),
    );
  });

  it('expires also by the clock of this machine', async () => {
    // The service's clock stands still, so that the code stays good there.
    const time = Date.now();
    await serve({ deviceCodeLifetimeSeconds: 1, now: () => time });
    const { data, message } = await tokenErrorOf(signIn(contextWith()));
    expect(data).toEqual({ code: 'DeviceCodeExpired', retryable: true });
    expect(message).toBe('Nobody signed in with the code before it expired. Run the command again for a new one.');
  });

  interface Given {
    readonly clientId?: string;
    readonly tenant?: string;
  }
  it.each<[string, Given, string, number]>([
    ['an unknown application', { clientId: contoso }, 'ApplicationNotFound', 700016],
    ['an unknown tenant', { tenant: 'nobody.example' }, 'InvalidTenant', 90002],
  ])('is refused for %s, and none is shown', async (_what, { clientId = desktop, tenant }, code, aadsts) => {
    const context = contextWith();
    const { data } = await tokenErrorOf(signIn(context, { identity: identityOf(emulator, clientId, tenant) }));
    expect(data).toMatchObject({ code, aadsts });
    expect(context.deviceCodes).toEqual([]);
    expect(tokenRequests(emulator)).toBe(0);
  });

  it('is refused for a scope that the resource has not, and none is shown', async () => {
    const context = contextWith();
    const scopes = ['https://graph.microsoft.com/No.Such'];
    expect((await tokenErrorOf(signIn(context, { scopes }))).data).toMatchObject({
      code: 'InvalidScope',
      aadsts: 70011,
    });
    expect(context.deviceCodes).toEqual([]);
  });

  it('for an application that is no public client says what to switch on', async () => {
    const { data, message } = await tokenErrorOf(
      signIn(contextWith(), { identity: identityOf(emulator, confidentialClient.id) }),
    );
    expect(data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(message).toMatch(
      /^A device code is for public clients, and this application is none \(AADSTS7000218, .*\)\. Switch 'Allow public client flows' on in its app registration, or give another client id\.$/,
    );
  });

  it.each([
    ['breaks down', { kind: 'status', status: 503 }, 'ServiceUnavailable'],
    ['asks to wait', { kind: 'status', status: 429, retryAfter: 7 }, 'Throttled'],
    ['resets the connection', { kind: 'reset' }, 'NetworkError'],
  ] as const)('ends with the reason when the service %s', async (_what, answer, code) => {
    emulator.nextAnswers.push(answer);
    const context = contextWith();
    expect((await tokenErrorOf(signIn(context))).data).toMatchObject({ code, retryable: true });
    expect(context.progressed.at(-1)).toEqual({ activity: 'Signing in', status: 'Done', until: undefined });
  });
});

describe('A device code that is cancelled', () => {
  const reason = new TokenError('Cancelled', 'The request was cancelled.');

  /** How long the answer takes after the signal, in milliseconds. */
  async function cancel(request: Promise<unknown>): Promise<number> {
    const cancelled = performance.now();
    controller.abort(reason);
    await expect(request).rejects.toBe(reason);
    return performance.now() - cancelled;
  }

  it('between two polls ends at once, and the service is not asked again', async () => {
    await serve({ deviceCodeIntervalSeconds: 2 });
    const context = contextWith();
    const request = signIn(context);
    request.catch(() => {});
    await expect.poll(() => logOf(context)).toContain('Authorization pending. Continue polling.');
    await cancel(request);
    // MSAL says so when its pause is over, which is where it would have polled.
    const noticed = 'Token request cancelled';
    expect(logOf(context)).not.toContain(noticed);
    expect(context.progressed.at(-1)).toEqual({ activity: 'Signing in', status: 'Done', until: undefined });
    await expect.poll(() => logOf(context)).toContain(noticed);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it.each(['token', 'devicecode'] as const)('while the service is silent (%s) ends at once', async (endpoint) => {
    emulator.nextAnswers.push({ kind: 'hang', endpoint });
    const request = signIn(contextWith());
    request.catch(() => {});
    await expect.poll(() => emulator.nextAnswers.length).toBe(0);
    expect(await cancel(request)).toBeLessThan(2_000);
  });

  it('before it began asks nobody', async () => {
    controller.abort(reason);
    await expect(signIn(contextWith())).rejects.toBe(reason);
    expect(tokenRequests(emulator)).toBe(0);
  });

  function logOf({ logged }: RecordedContext): string {
    return logged.map(({ message }) => message).join('\n');
  }
});
