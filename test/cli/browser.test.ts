/** People who sign in with a browser. */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import type { Profile } from '../../src/profile/profile.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { makeBrowserOpener, type BrowserOpener } from '../helpers/browser-opener.ts';
import { chromiumFile, launchChromium, signInOn } from '../helpers/chromium.ts';
import { givenPerson, heard } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, personProfile, secretProfile, secrets, startCli } from '../helpers/cli.ts';
import { alice, confidentialClient, towards } from '../helpers/flows.ts';
import { directoryWith, emulatorOfFile } from '../helpers/emulator.ts';
import { freePort } from '../helpers/ports.ts';

const emulator = await emulatorOfFile({
  directory: directoryWith(confidentialClient.id, { redirectUris: ['http://localhost/signin'] }),
});
const home = homeOfTest(givenPerson);
let opener: BrowserOpener;
beforeEach(async () => {
  opener = await makeBrowserOpener();
});
afterEach(() => opener[Symbol.asyncDispose]());

function start(args: readonly string[], environment: Environment = { BROWSER: opener.program }) {
  return startCli(['get-token', '-p', 'person', ...args], {
    home: home.path,
    environment: { ...towards(emulator), ...environment },
  });
}

/** Where the browser was sent; the program says that it has opened one once it has. */
async function opened(running: ReturnType<typeof startCli>): Promise<string> {
  await heard(running, /Finish the sign-in in the browser window that has opened, .*\n/);
  return opener.address();
}

describe.skipIf(process.platform === 'win32')('get-token with a browser', () => {
  it("is a public client's way when nobody names one", async () => {
    const running = start([]);
    const { location, page } = await signInAs(await opened(running), alice, emulator.ca);
    expect(location).toMatch(/^http:\/\/localhost:\d+\/\?/);
    expect(page).toContain('You are signed in');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'Finish the sign-in in the browser window that has opened, within 1 minute (--timeout gives more).\n',
    });
    expect(claimsIn(stdout)).toMatchObject({ upn: alice.username, appid: personProfile.clientId });
  });

  it.skipIf(!chromiumFile)('signs in with a real Chromium, which ends on a page that says so', async () => {
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    const running = start(['--flow', 'interactive']);
    await page.goto(await opened(running));
    await signInOn(page);
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('You are signed in');
    expect(claimsIn((await running).stdout)).toMatchObject({ upn: alice.username });
  });

  it('says nothing but the token with --silent', async () => {
    const running = start(['--silent']);
    await signInAs(await opener.address(), alice, emulator.ca);
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it("comes back to the profile's redirect address, and proves the application, with --flow authorization-code", async () => {
    const redirectUri = `http://localhost:${await freePort()}/signin`;
    const profile: Profile = { ...secretProfile, name: 'web', redirectUri, scopes: ['User.Read'] };
    await givenProfile(home.path, profile, secrets);
    const running = start(['-p', 'web', '--flow', 'authorization-code', '-o', 'json']);
    const address = new URL(await opened(running));
    expect(address.searchParams.get('redirect_uri')).toBe(redirectUri);
    const { location } = await signInAs(address.href, alice, emulator.ca);
    expect(location).toMatch(redirectUri);
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(0);
    const answer = JSON.parse(stdout) as { access_token: string; refresh_token: string };
    expect(claimsIn(answer.access_token)).toMatchObject({ upn: alice.username, appid: secretProfile.clientId });
    expect(answer.refresh_token).toMatch(/^1\./);
    const redeemed = emulator.requests.find(({ grantType }) => grantType === 'authorization_code');
    expect(redeemed?.body).toHaveProperty('client_secret');
  });

  it('ends with 3 when the person cancels, and says so here and in the browser', async () => {
    const running = start([]);
    const address = new URL(await opened(running));
    const redirect = new URL(address.searchParams.get('redirect_uri') ?? '');
    redirect.search = new URLSearchParams({
      error: 'access_denied',
      error_subcode: 'cancel',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
      state: address.searchParams.get('state') ?? '',
    }).toString();
    expect(await (await fetch(redirect)).text()).toContain('The sign-in was cancelled or denied in the browser.');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('entra-auth-cli: The sign-in was cancelled or denied in the browser. AADSTS65004: ');
  });

  it('ends with 1 when another program has the port of the redirect address, and says which', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const redirectUri = `http://localhost:${(other.address() as AddressInfo).port}/signin`;
    await givenProfile(home.path, { ...personProfile, name: 'taken', redirectUri });
    const { exitCode, stdout, stderr } = await start(['-p', 'taken']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`entra-auth-cli: The browser has to come back to ${redirectUri}, and port`);
  });

  it('ends with 5 when nobody finishes in time', async () => {
    const { exitCode, stdout, stderr } = await start(['--timeout', '500ms']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toMatch(
      /entra-auth-cli: Nobody finished the sign-in within 0\.5 seconds\. Run the command again, or give more time with --timeout 1s\.\n$/,
    );
  });

  it('ends with 130 after Ctrl+C, and the port is free again', async () => {
    const running = start([]);
    const address = new URL(await opened(running));
    running.kill('SIGINT');
    expect(await running).toMatchObject({ exitCode: 130, stdout: '' });
    await expect(fetch(address.searchParams.get('redirect_uri') ?? '')).rejects.toThrow('fetch failed');
  });
});

describe.skipIf(process.platform !== 'linux')('get-token where no browser can be opened', () => {
  const noDisplay = {};

  it.each([[[]], [['--silent']]])(
    'shows the address on standard error, and ends when it is opened elsewhere on this machine (%s)',
    async (options) => {
      const running = start(options, noDisplay);
      const [, address = ''] = await heard(running, /^(https:\S+)$/m);
      await signInAs(address, alice, emulator.ca);
      const { exitCode, stdout, stderr } = await running;
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr:
          'This session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set). ' +
          `Open this address in a browser and sign in there, within 1 minute (--timeout gives more):\n\n${address}\n\n`,
      });
      expect(claimsIn(stdout)).toMatchObject({ upn: alice.username });
    },
  );

  it('shows the address where the browser that BROWSER names does not start', async () => {
    const running = start([], { BROWSER: '/nowhere/browser' });
    const [, address = ''] = await heard(running, /^(https:\S+)$/m);
    await signInAs(address, alice, emulator.ca);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('/nowhere/browser could not open a browser. Open this address in a browser');
  });
});
