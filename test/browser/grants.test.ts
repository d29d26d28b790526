import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authorizationCode } from '../../src/grants/authorization-code.ts';
import { deviceCode } from '../../src/grants/device-code.ts';
import type { SignInAnswer } from '../../src/grants/signed-in-account.ts';
import { forgetApplications } from '../../src/msal/applications.ts';
import { withRequestContext } from '../../src/platform/request-context.ts';
import { desktop } from '../emulator/client.ts';
import { makeBrowserOpener, type BrowserOpener } from '../helpers/browser-opener.ts';
import { chromiumFile, launchChromium, signInOn } from '../helpers/chromium.ts';
import { alice, confidentialClient, type Emulator } from '../helpers/flows.ts';
import { recordedContext, type RecordedContext } from '../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../helpers/trusted-emulator.ts';

const scopes = ['https://graph.microsoft.com/User.Read'];

// Chromium is not everywhere; where it is missing, the same flows are still tested with a scripted person.
describe.skipIf(!chromiumFile)('In a real browser', () => {
  let emulator: Emulator;
  let browser: Browser;
  let opener: BrowserOpener;
  let page: Page;
  let context: RecordedContext;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1 });
    opener = await makeBrowserOpener();
    context = recordedContext({ environment: { BROWSER: opener.program, PATH: '/usr/bin:/bin' } });
    page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  });
  afterEach(async () => {
    forgetApplications();
    await page.context().close();
    await opener[Symbol.asyncDispose]();
    await emulator.close();
  });

  /** Resolves once a person has to act. */
  async function waiting(): Promise<void> {
    await expect.poll(() => context.progressed.some(({ until }) => until !== undefined)).toBe(true);
  }

  function usernameOf({ accessToken }: SignInAnswer): unknown {
    const payload: unknown = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
    return (payload as Record<string, unknown>)['upn'];
  }

  describe('a person signs in to a confidential client', () => {
    function signIn(secret: string): Promise<SignInAnswer> {
      const grant = withRequestContext(context, () =>
        authorizationCode({
          identity: identityOf(emulator, confidentialClient.id),
          credential: { kind: 'secret', secret },
          scopes,
          redirect: { first: 8400, last: 8999 },
          until: Date.now() + 60_000,
        }),
      );
      grant.catch(() => {});
      return grant;
    }

    it('and comes back to a port from 8400 to 8999, where it says that it is done', async () => {
      const grant = signIn(confidentialClient.secret);
      await waiting();
      await page.goto(await opener.address());
      await signInOn(page);
      expect(usernameOf(await grant)).toBe(alice.username);
      await expect.poll(() => page.getByRole('heading').textContent()).toBe('You are signed in');
      expect(page.url()).toMatch(/^http:\/\/localhost:8[4-9]\d\d\/\?/);
    });

    it('whose secret is wrong, and reads there what to do', async () => {
      const grant = signIn('wrong');
      await waiting();
      await page.goto(await opener.address());
      await signInOn(page);
      const { code, message } = await tokenErrorOf(grant);
      expect(code).toBe('InvalidClient');
      await expect.poll(() => page.getByRole('heading').textContent()).toBe('The sign-in did not succeed');
      expect(await page.textContent('main')).toContain(message);
    });
  });

  describe('a person who was shown a device code', () => {
    function signIn(): Promise<SignInAnswer> {
      const grant = withRequestContext(context, () => deviceCode({ identity: identityOf(emulator, desktop), scopes }));
      grant.catch(() => {});
      return grant;
    }

    async function enterCode(): Promise<void> {
      await waiting();
      const [code] = context.deviceCodes;
      await page.goto(code?.verificationUri ?? '');
      await page.getByRole('textbox').fill(code?.userCode ?? '');
      await page.getByRole('button').first().click();
    }

    it('enters it and signs in', async () => {
      const grant = signIn();
      await enterCode();
      await signInOn(page);
      expect(usernameOf(await grant)).toBe(alice.username);
      await expect.poll(() => page.textContent('body')).toContain('You have signed in to the Contoso Desktop');
    });

    it('enters it and cancels', async () => {
      const grant = signIn();
      await enterCode();
      await page.getByRole('button', { name: /cancel/i }).click();
      expect((await tokenErrorOf(grant)).data).toMatchObject({ code: 'SignInDenied', aadsts: 65004 });
    });
  });
});
