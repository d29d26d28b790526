import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { alice } from './flows.ts';

/** Chromium as Debian and others install it; playwright's own download isn't needed. Undefined where there is none. */
export const chromiumFile = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file && existsSync(file));

/**
 * It reaches this machine alone: Chromium asks its maker about the forms that it shows, about updates and accounts, and there
 * is no switch for all of it. So no other name is found, nor is an address taken for one.
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumFile ?? '',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1',
    ],
  });
}

/** Alice at the emulator's login page. */
export async function signInOn(page: Page): Promise<void> {
  await page.getByLabel(/user ?name|e-?mail|sign-in name/i).fill(alice.username);
  await page.getByLabel(/password/i).fill(alice.password);
  await page.getByRole('button', { name: /sign in/i }).click();
}
