import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFile, launchChromium } from '../helpers/chromium.ts';

// The network guard is for Node; Chromium has its own.
describe.skipIf(!chromiumFile)('The browser of the tests', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  // Without the rule the name would be found, for it is this machine's, and the address, which is kept for documentation
  // (RFC 5737), would be tried.
  it.each(['http://any.localhost:40009/', 'http://192.0.2.1/'])('finds nothing but localhost: %s', async (address) => {
    const page = await browser.newPage();
    // A picture, for where a whole page is not found Chromium asks a name server of its maker's why.
    const failed = page.waitForEvent('requestfailed');
    await page.setContent(`<img src="${address}">`, { waitUntil: 'commit' });
    expect((await failed).failure()?.errorText).toBe('net::ERR_NAME_NOT_RESOLVED');
  });
});
