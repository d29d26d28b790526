import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { deviceCode, type DeviceCodeParams } from '../../src/protocol/host.ts';
import { newPartnerAccessToken, type PartnerTokenParameters } from '../../src/protocol/partner-token.ts';
import { forget } from '../../src/protocol/session.ts';
import { call } from '../emulator/client.ts';
import { makeBrowserOpener, type BrowserOpener } from '../helpers/browser-opener.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import {
  alice,
  confidentialClient,
  contoso,
  refusalOf,
  tokenRequests,
  towards,
  type Emulator,
} from '../helpers/flows.ts';
import {
  certificateClient,
  desktop,
  expectAlices,
  exchangeOnlineClient,
  partner,
  secMgmt,
  userRead,
} from '../helpers/partner-flows.ts';
import { whilePortIsTaken } from '../helpers/taken-port.ts';
import { descriptionOf, signWith, storedCertificate } from '../helpers/signing-host.ts';
import { directoryWith, emulatorOfFile } from '../helpers/emulator.ts';

const adele = { username: 'adele@contoso.onmicrosoft.com', password: 'Adele-Passw0rd!' } as const;
const registered = storedCertificate();
let engine: Engine;
let opener: BrowserOpener;

const emulator = await emulatorOfFile({
  deviceCodeIntervalSeconds: 0.1,
  directory: directoryWith(certificateClient, {
    certificates: [registered.certificate],
    delegatedPermissions: [userRead],
    adminConsent: true,
  }),
});
beforeEach(async () => {
  opener = await makeBrowserOpener();
  const environment = { ...towards(emulator), PATH: '/usr/bin:/bin', BROWSER: opener.program };
  engine = await startEngine({ environment, capabilities: { sign: true } });
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await opener[Symbol.asyncDispose]();
});

const user: PartnerTokenParameters = { applicationId: desktop, scopes: [userRead], tenant: contoso };

/** Signs somebody in with the first browser that the engine opens. @returns the address that it was opened with */
async function inBrowser(person: { readonly username: string; readonly password: string } = alice): Promise<URL> {
  await engine.waiting;
  const address = await opener.address();
  await signInAs(address, person, emulator.ca);
  return new URL(address);
}

/** Enters each device code that the engine tells of. */
function approveCodes(person: { readonly username: string; readonly password: string } = alice): DeviceCodeParams[] {
  const told: DeviceCodeParams[] = [];
  engine.connection.onNotification(deviceCode, (code) => {
    told.push(code);
    void approveDeviceCode(code.verificationUri, code.userCode, person, emulator.ca);
  });
  return told;
}

describe.skipIf(process.platform === 'win32')('The set User', () => {
  it.each([
    ['without a switch', {}],
    ['with -UseAuthorizationCode', { useAuthorizationCode: true }],
    ['with both switches, as upstream', { useAuthorizationCode: true, useDeviceAuthentication: true }],
  ])('opens the browser %s, asks for a password, and comes back to a port of the range', async (_how, switches) => {
    const request = partner(engine, 'User', { ...user, ...switches });
    const address = await inBrowser();
    expect(address.pathname).toBe(`/${contoso}/oauth2/v2.0/authorize`);
    expect(address.searchParams.get('prompt')).toBe('login');
    expect(address.searchParams.get('client_id')).toBe(desktop);
    const redirect = address.searchParams.get('redirect_uri') ?? '';
    expect(redirect).toMatch(/^http:\/\/localhost:8[4-9]\d\d\/$/);
    expectAlices(await request, emulator);
  });

  it('needs the person once in a session, and still hands out the refresh token', async () => {
    const request = partner(engine, 'User', user);
    await inBrowser();
    const first = await request;
    emulator.clearRequests();
    const again = await secMgmt(engine, 'User', user);
    expectAlices(again, emulator);
    expect(again).toMatchObject({ accessToken: first.accessToken, refreshToken: first.refreshToken });
    expect(again.expiresOn).toBe(first.expiresOn);
    expect(emulator.requests).toEqual([]);
    // Other scopes take a call, but no person.
    const other = await partner(engine, 'User', {
      ...user,
      scopes: ['https://management.azure.com/user_impersonation'],
    });
    expect(other.account?.username).toBe(alice.username);
    expect(other.refreshToken).not.toBe(first.refreshToken);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it.each([
    ['another tenant', { tenant: 'contoso.onmicrosoft.com' }],
    ['another application', { applicationId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' }],
  ])('asks the person again for %s', async (_what, changes) => {
    const request = partner(engine, 'User', user);
    await inBrowser();
    await request;
    const noBrowser = 'This is a test.';
    const refusal = await refusalOf(partner(engine, 'User', { ...user, ...changes }, { noBrowser }));
    expect(refusal).toMatchObject({
      message:
        'No browser can be opened here. This is a test. Run the command where a browser is, or sign in with -UseDeviceAuthentication.',
      data: { code: 'BrowserUnavailable' },
    });
  });

  it('asks the person again after session/forget, and where Entra wants the person', async () => {
    const request = partner(engine, 'User', user);
    await inBrowser();
    await request;
    const noBrowser = 'This is a test.';
    const other = { ...user, scopes: ['https://management.azure.com/user_impersonation'] };
    emulator.nextAnswers.push({ kind: 'claims-challenge' });
    engine.logs.length = 0;
    const challenged = partner(engine, 'User', other, { noBrowser, logLevel: 'verbose' });
    expect((await refusalOf(challenged)).data.code).toBe('BrowserUnavailable');
    expect(engine.logs.map(({ message }) => message).join('\n')).toContain(
      `${alice.username} has signed in before, but is needed again: AADSTS50076`,
    );
    await engine.connection.sendRequest(forget);
    expect((await refusalOf(partner(engine, 'User', user, { noBrowser }))).data.code).toBe('BrowserUnavailable');
  });

  it('shows a device code with -UseDeviceAuthentication, also where somebody is known', async () => {
    const told = approveCodes();
    const parameters = { ...user, useDeviceAuthentication: true };
    expectAlices(await partner(engine, 'User', parameters), emulator);
    expect(told[0]?.message).toContain(told[0]?.userCode);
    expect(told[0]?.expiresOn).toBeGreaterThan(Date.now());
    expect(engine.progresses.at(-1)).not.toHaveProperty('until');
    // That sign-in is known from here on.
    emulator.clearRequests();
    expectAlices(await partner(engine, 'User', user), emulator);
    expect(emulator.requests).toEqual([]);
    approveCodes(adele);
    expect((await partner(engine, 'User', parameters)).account?.username).toBe(adele.username);
    expect((await partner(engine, 'User', user)).account?.username).toBe(adele.username);
  });

  it('ends at once when it is cancelled, and the same engine serves the next request', async () => {
    const source = new CancellationTokenSource();
    const shown = Promise.withResolvers<void>();
    engine.connection.onNotification(deviceCode, () => shown.resolve());
    const parameters = { ...user, useDeviceAuthentication: true };
    const request = refusalOf(
      engine.connection.sendRequest(newPartnerAccessToken, { parameterSet: 'User', parameters }, source.token),
    );
    await shown.promise;
    const started = Date.now();
    source.cancel();
    expect(await request).toMatchObject({ code: -32800, data: { code: 'Cancelled' } });
    expect(Date.now() - started).toBeLessThan(2_000);
    approveCodes();
    expectAlices(await partner(engine, 'User', parameters), emulator);
  });

  it('says that the person declined where the code was entered', async () => {
    engine.connection.onNotification(deviceCode, (code) => void declineDeviceCode(code));
    const refusal = await refusalOf(partner(engine, 'User', { ...user, useDeviceAuthentication: true }));
    expect(refusal.data).toMatchObject({ code: 'SignInDenied', aadsts: 65004, retryable: false });
    expect(refusal.message).toContain('was cancelled or declined where the code was entered');
  });

  it('says that the code has expired', async () => {
    await using impatient = await startImpatientEmulator();
    const environment = towards(impatient.emulator);
    const parameters = { ...user, useDeviceAuthentication: true };
    const refusal = await refusalOf(partner(engine, 'User', parameters, { environment }));
    expect(refusal.data).toMatchObject({ code: 'DeviceCodeExpired', retryable: true });
    expect(refusal.message).toContain('Run the command again for a new one.');
  });

  it('says that nobody finished in time', async () => {
    const refusal = await refusalOf(partner(engine, 'User', { ...user, timeoutSeconds: 1 }));
    expect(refusal).toMatchObject({
      message:
        'Nobody finished the sign-in within 1 second. Run the command again, or give more time with -TimeoutSeconds.',
      data: { code: 'SignInTimeout', retryable: true },
    });
  });

  // Another test may hold the port meanwhile, the demo's for as long as the demo takes.
  it('skips a port that is taken, with a warning', { timeout: 120_000 }, async () => {
    const address = await whilePortIsTaken(8400, async () => {
      const request = partner(engine, 'User', user);
      const opened = await inBrowser();
      await request;
      return opened;
    });
    expect(new URL(address.searchParams.get('redirect_uri') ?? '').port).not.toBe('8400');
    expect(engine.logs).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        message: 'Port 8400 is taken by another program and was skipped.',
      }),
    );
  });
});

describe.skipIf(process.platform === 'win32')('-UseAuthorizationCode with a confidential client', () => {
  it.each([
    ['New-PartnerAccessToken', partner],
    ['New-SecMgmtAccessToken', secMgmt],
  ])('signs a person in to it, with its secret and %s', async (_command, ask) => {
    const request = ask(engine, 'ServicePrincipal', {
      applicationId: confidentialClient.id,
      credential: { userName: confidentialClient.id, password: confidentialClient.secret },
      scopes: [userRead],
      servicePrincipal: true,
      tenant: contoso,
      useAuthorizationCode: true,
    });
    const address = await inBrowser();
    expect(address.searchParams.get('prompt')).toBeNull();
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:8[4-9]\d\d\/$/);
    const result = await request;
    expectAlices(result, emulator);
    // The secure application model: from here on nobody need sign in.
    const unattended = await ask(engine, 'RefreshToken', {
      credential: { userName: confidentialClient.id, password: confidentialClient.secret },
      refreshToken: result.refreshToken ?? '',
      scopes: [userRead],
      tenant: contoso,
    });
    expectAlices(unattended, emulator);
  });

  it('signs a person in to it, with its certificate', async () => {
    const asked = signWith(engine, registered);
    const request = partner(engine, 'ServicePrincipalCertificate', {
      applicationId: certificateClient,
      certificate: descriptionOf(registered),
      scopes: [userRead],
      tenant: contoso,
      useAuthorizationCode: true,
    });
    await inBrowser();
    expectAlices(await request, emulator);
    expect(asked).toHaveLength(1);
  });

  it('tells of a wrong secret after the sign-in, without the secret', async () => {
    const request = refusalOf(
      partner(engine, 'ServicePrincipal', {
        applicationId: confidentialClient.id,
        credential: { userName: confidentialClient.id, password: 'Planted-Secret~42' },
        scopes: [userRead],
        servicePrincipal: true,
        tenant: contoso,
        useAuthorizationCode: true,
      }),
    );
    const address = await inBrowser();
    const refusal = await request;
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000215 });
    expect(JSON.stringify([refusal, address.href, engine.logs])).not.toContain('Planted-Secret~42');
  });
});

describe.skipIf(process.platform === 'win32')('The set ByModule', () => {
  const parameters = { module: 'ExchangeOnline', tenant: contoso } as const;

  it("shows a device code for the module's own application and scope", async () => {
    const told = approveCodes();
    const result = await partner(engine, 'ByModule', parameters);
    expect(told).toHaveLength(1);
    expect(result).toMatchObject({ account: { username: alice.username }, reusableUntil: null });
    expect(result.refreshToken).toMatch(/^1\./);
    const request = emulator.requests.find(({ path }) => path.endsWith('/devicecode'));
    expect(request?.body).toMatchObject({ client_id: exchangeOnlineClient });
    expect(request?.body['scope']?.split(' ')).toContain('https://outlook.office365.com/.default');
  });

  it('opens the browser with -UseAuthorizationCode', async () => {
    const request = partner(engine, 'ByModule', { ...parameters, useAuthorizationCode: true });
    const address = await inBrowser();
    expect(address.searchParams.get('client_id')).toBe(exchangeOnlineClient);
    expect(address.searchParams.get('prompt')).toBe('login');
    expect((await request).account?.username).toBe(alice.username);
  });

  it('says how else to sign in where no browser can be opened', async () => {
    const asked = partner(engine, 'ByModule', { ...parameters, useAuthorizationCode: true }, { noBrowser: 'A test.' });
    expect(await refusalOf(asked)).toMatchObject({
      message:
        'No browser can be opened here. A test. Run the command where a browser is, or leave -UseAuthorizationCode out.',
      data: { code: 'BrowserUnavailable' },
    });
  });
});

/** The person enters the code, and then thinks better of it. */
async function declineDeviceCode({ verificationUri, userCode }: DeviceCodeParams): Promise<void> {
  const page = await call(emulator, verificationUri, { form: { otc: userCode } });
  const token = /name="flow_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  await call(emulator, `${emulator.authority}/common/login`, { form: { flow_token: token, action: 'cancel' } });
}

/** Its device codes are good for a second. */
async function startImpatientEmulator(): Promise<AsyncDisposable & { readonly emulator: Emulator }> {
  const impatient = await startEmulator({ deviceCodeLifetimeSeconds: 1, deviceCodeIntervalSeconds: 0.1 });
  return { emulator: impatient, [Symbol.asyncDispose]: () => impatient.close() };
}
