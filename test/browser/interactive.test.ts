import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { startEmulator } from '../../src/emulator/server.ts';
import { getAzToken } from '../../src/protocol/az-token.ts';
import { status } from '../../src/protocol/session.ts';
import { makeBrowserOpener, type BrowserOpener } from '../helpers/browser-opener.ts';
import { chromiumFile, launchChromium, signInOn } from '../helpers/chromium.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { alice, ask, contoso, refusalOf, towards, type Emulator } from '../helpers/flows.ts';
import { expectFree } from '../helpers/ports.ts';

const desktopApplication = '9ab11c00-0000-4000-8000-000000000003';

// Chromium is not everywhere; where it is missing, the same flow is still tested from PowerShell without a browser.
describe.skipIf(!chromiumFile)('A sign-in in a real browser', () => {
  let emulator: Emulator;
  let browser: Browser;
  let engine: Engine;
  let opener: BrowserOpener;
  let page: Page;
  let environment: Record<string, string>;

  beforeAll(async () => {
    emulator = await startEmulator();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await emulator.close();
  });
  beforeEach(async () => {
    opener = await makeBrowserOpener();
    environment = { ...towards(emulator), PATH: '/usr/bin:/bin', BROWSER: opener.program };
    engine = await startEngine({ environment });
    page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    emulator.clearRequests();
  });
  afterEach(async () => {
    await page.context().close();
    await engine[Symbol.asyncDispose]();
    await opener[Symbol.asyncDispose]();
  });

  async function goToSignIn(): Promise<URL> {
    await engine.waiting;
    const address = await opener.address();
    await page.goto(address);
    return new URL(address);
  }

  const signIn = (): Promise<void> => signInOn(page);

  function portOf(address: URL): number {
    return Number(new URL(address.searchParams.get('redirect_uri') ?? '').port);
  }

  it('hands out the token of whoever signed in, with PKCE, state and nonce, and shows that it is done', async () => {
    const request = ask(engine, 'Interactive');
    const address = await goToSignIn();
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    expect(address.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(address.searchParams.get('nonce')).toMatch(/^[\w-]{43}$/);
    // Who has several accounts is asked which.
    expect(address.searchParams.get('prompt')).toBe('select_account');
    await signIn();
    const result = await request;
    expect(result).toMatchObject({ identity: alice.username, tenantId: contoso, reusableUntil: null });
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('You are signed in');
    await expectFree(portOf(address));
  });

  it('asks for the scopes, the client, the tenant and the claims that were given', async () => {
    const request = ask(engine, 'Interactive', {
      scope: ['User.Read', 'LearningContent.Read.All'],
      clientId: desktopApplication,
      tenantId: 'contoso.onmicrosoft.com',
      claim: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    });
    const address = await goToSignIn();
    expect(address.pathname).toBe('/contoso.onmicrosoft.com/oauth2/v2.0/authorize');
    expect(address.searchParams.get('client_id')).toBe(desktopApplication);
    expect(address.searchParams.get('scope')).toContain('https://graph.microsoft.com/LearningContent.Read.All');
    expect(JSON.parse(address.searchParams.get('claims') ?? '')).toMatchObject({
      access_token: { acrs: { value: 'c1' } },
    });
    await signIn();
    expect((await request).scopes).toEqual(expect.arrayContaining(['User.Read', 'LearningContent.Read.All']));
  });

  it('is remembered: the next plain request is served without a person, and -Force forgets', async () => {
    const request = ask(engine, 'Interactive');
    await goToSignIn();
    await signIn();
    const { token } = await request;
    emulator.clearRequests();
    const again = await ask(engine, 'NonInteractive');
    expect(again).toMatchObject({ token, identity: alice.username });
    expect(emulator.requests).toEqual([]);
    const other = await ask(engine, 'NonInteractive', { resource: 'https://management.azure.com' });
    expect(other).toMatchObject({ identity: alice.username });
    expect(await engine.connection.sendRequest(status)).toMatchObject({ account: { username: alice.username } });
    const nobody = { ...environment, AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9', PATH: '' };
    expect(
      await refusalOf(ask(engine, 'NonInteractive', { tenantId: 'fabrikam.onmicrosoft.com' }, { environment: nobody })),
    ).toMatchObject({
      data: { code: 'CredentialUnavailable' },
    });
    expect(await refusalOf(ask(engine, 'NonInteractive', { force: true }))).toMatchObject({
      data: { code: 'CredentialUnavailable' },
    });
    expect(await engine.connection.sendRequest(status)).toMatchObject({ account: null });
  });

  it('that the person cancels is SignInDenied, at once, and the port is free again', async () => {
    const request = refusalOf(ask(engine, 'Interactive'));
    const address = await goToSignIn();
    await page.getByRole('button', { name: /cancel/i }).click();
    const refusal = await request;
    expect(refusal.data).toMatchObject({ code: 'SignInDenied', oauthError: 'access_denied', retryable: false });
    expect(refusal.message).toMatch(/^The sign-in was cancelled or denied in the browser\./);
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('The sign-in did not succeed');
    await expectFree(portOf(address));
  });

  it('that nobody finishes is SignInTimeout, and the port is free again', async () => {
    // Enough for the engine to get as far as the browser
    const request = refusalOf(ask(engine, 'Interactive', { timeoutSeconds: 5 }));
    const address = await goToSignIn();
    expect(await request).toMatchObject({
      message:
        'Nobody finished the sign-in within 5 seconds. Run the command again, or give more time with -TimeoutSeconds.',
      data: { code: 'SignInTimeout', retryable: true },
    });
    await expectFree(portOf(address));
  });

  it('that is cancelled by the host ends at once, and the port is free again', async () => {
    const source = new CancellationTokenSource();
    const parameters = { parameterSet: 'Interactive', parameters: {} } as const;
    const request = refusalOf(engine.connection.sendRequest(getAzToken, parameters, source.token));
    const address = await goToSignIn();
    source.cancel();
    expect(await request).toMatchObject({ code: -32800, data: { code: 'Cancelled' } });
    await expectFree(portOf(address));
  });

  it('is not ended by an answer with a wrong state', async () => {
    const request = ask(engine, 'Interactive');
    const address = await goToSignIn();
    const forged = await fetch(`http://127.0.0.1:${portOf(address)}/?code=forged&state=wrong`);
    expect(forged.status).toBe(400);
    await signIn();
    expect(await request).toMatchObject({ identity: alice.username });
  });

  it("is refused when its id token has another sign-in's nonce, and shell and page say so", async () => {
    const request = refusalOf(ask(engine, 'Interactive'));
    await engine.waiting;
    const address = new URL(await opener.address());
    address.searchParams.set('nonce', 'of-another-sign-in');
    await page.goto(address.href);
    await signIn();
    const message =
      "The answer is another sign-in's: its id token does not have the nonce that this one was begun with. " +
      'Run the command again, and sign in on the page that it opens.';
    expect(await request).toMatchObject({
      code: -32000,
      message,
      data: { code: 'AuthenticationFailed', retryable: false },
    });
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('The sign-in did not succeed');
    expect(await page.getByText(message).count()).toBe(1);
    expect(await engine.connection.sendRequest(status)).toMatchObject({ account: null });
    await expectFree(portOf(address));
  });

  it('that starts with a wrong password can be finished with the right one', async () => {
    const request = ask(engine, 'Interactive');
    await goToSignIn();
    await page.getByLabel(/user ?name|e-?mail|sign-in name/i).fill(alice.username);
    await page.getByLabel(/password/i).fill('wrong');
    await page.getByRole('button', { name: /sign in/i }).click();
    await expect.poll(() => page.textContent('body')).toContain('50126');
    await signIn();
    expect(await request).toMatchObject({ identity: alice.username });
  });

  it('is refused when the browser program fails', async () => {
    const refusal = await refusalOf(
      ask(engine, 'Interactive', {}, { environment: { ...environment, BROWSER: '/bin/false' } }),
    );
    expect(refusal.data.code).toBe('BrowserUnavailable');
    expect(refusal.message).toContain('No browser can be opened here. /bin/false could not open a browser.');
  });

  it('tells how long it waits', async () => {
    const source = new CancellationTokenSource();
    const parameters = { parameterSet: 'Interactive', parameters: { timeoutSeconds: 60 } } as const;
    const asked = Date.now();
    const request = refusalOf(engine.connection.sendRequest(getAzToken, parameters, source.token));
    const told = await engine.waiting;
    expect(told).toMatchObject({
      activity: 'Signing in',
      status: 'Finish the sign-in in the browser window that has opened.',
    });
    expect(told.until).toBeGreaterThanOrEqual(asked + 60_000);
    expect(told.until).toBeLessThanOrEqual(Date.now() + 60_000);
    source.cancel();
    await request;
    expect(engine.progresses.at(-1)?.until).toBeUndefined();
  });
});

describe('A sign-in without a browser', () => {
  it.each([
    [
      'the host has said that there is none',
      { noBrowser: 'This is a remote session.' },
      {},
      'This is a remote session.',
    ],
    ['there is no display', {}, {}, 'This session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set).'],
    ['none is installed', {}, { DISPLAY: ':0', PATH: '' }, 'No browser was found on PATH.'],
  ])('is refused at once when %s', async (_what, asked, changes, reason) => {
    if (process.platform !== 'linux' && !('noBrowser' in asked)) return;
    await using engine = await startEngine({
      environment: { AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9', ...changes },
    });
    const refusal = await refusalOf(ask(engine, 'Interactive', {}, asked));
    expect(refusal.data).toMatchObject({ code: 'BrowserUnavailable', retryable: false });
    expect(refusal.message).toBe(
      `No browser can be opened here. ${reason} Run the command where a browser is, or sign in with ` +
        "'az login --use-device-code' and call Get-AzToken without -Interactive.",
    );
  });
});
