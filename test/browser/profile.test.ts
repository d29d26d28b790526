import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignInElsewhere } from '../../src/platform/request-context.ts';
import { chromiumFile, launchChromium, signInOn } from '../helpers/chromium.ts';
import { alice, confidentialClient } from '../helpers/flows.ts';
import { desktop, userRead } from '../helpers/partner-flows.ts';
import { freePort } from '../helpers/ports.ts';
import { claimsOf, ProfileSession, publicClient } from '../helpers/profile-session.ts';

// Chromium is not everywhere; where it is missing, the same flows are still tested with a scripted person.
describe.skipIf(!chromiumFile)('In a real browser, a profile', () => {
  let browser: Browser;
  let page: Page;
  let session: ProfileSession;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    session = await ProfileSession.start();
    page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  });
  afterEach(async () => {
    await page.context().close();
    await session[Symbol.asyncDispose]();
  });

  /** A redirect address with a port that is free, registered for the client. */
  async function registered(client: string, host: string, path: string): Promise<string> {
    const address = `http://${host}:${await freePort()}${path}`;
    session.emulator.directory.applications.find(({ id }) => id === client)?.redirectUris?.push(address);
    return address;
  }

  it.each([
    ['localhost', ''],
    ['localhost', '/oidc/signin'],
    ['127.0.0.1', '/oidc/signin/'],
  ])("of a public client is signed in at its redirect address at %s with the path '%s'", async (host, path) => {
    const redirectUri = await registered(desktop, host, path);
    const asked = session.ask({ ...publicClient, flow: 'interactive', redirectUri });
    const address = await session.browserAddress();
    expect(address.searchParams.get('redirect_uri')).toBe(redirectUri);
    await page.goto(address.href);
    await signInOn(page);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username, appid: desktop });
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('You are signed in');
    expect(page.url().startsWith(`${redirectUri}${path ? '' : '/'}?`)).toBe(true);
  });

  it('of a confidential client is signed in at its redirect address, and proves itself', async () => {
    const redirectUri = await registered(confidentialClient.id, 'localhost', '/signin-oidc');
    const asked = session.ask({ scopes: [userRead], flow: 'authorization-code', redirectUri });
    await page.goto((await session.browserAddress()).href);
    await signInOn(page);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username, appidacr: '1' });
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('You are signed in');
  });

  it('is signed in with the address of the error page that a browser on another machine ends on', async () => {
    const shown: SignInElsewhere[] = [];
    const signInElsewhere = (told: SignInElsewhere): void => void shown.push(told);
    session.context = { ...session.newContext(), noBrowser: 'This is a container.', signInElsewhere };
    const asked = session.ask({ ...publicClient, flow: 'interactive' });
    await expect.poll(() => shown).toHaveLength(1);
    const [told] = shown;
    // There, nobody listens at this machine's port: a proxy that isn't there stands for it. (Playwright's routes don't
    // see where a redirect leads.)
    const bypass = `<-loopback>,${new URL(session.emulator.authority).host}`;
    const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true, proxy: { server: '127.0.0.1:1', bypass } });
    const otherPage = await elsewhere.newPage();
    await otherPage.goto(told?.address ?? '');
    const ended = otherPage.waitForEvent('requestfailed', (request) => request.isNavigationRequest());
    await signInOn(otherPage);
    const address = (await ended).url();
    expect(address).toMatch(/^http:\/\/localhost:\d+\/\?code=/);
    await elsewhere.close();
    expect(told?.paste(address)).toBeUndefined();
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
  });
});
