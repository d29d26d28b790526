import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signInAs } from '../../../src/emulator/scripted-person.ts';
import type { SignInElsewhere } from '../../../src/platform/request-context.ts';
import { alice, confidentialClient } from '../../helpers/flows.ts';
import { desktop, graphDefault, userRead } from '../../helpers/partner-flows.ts';
import { claimsOf, ProfileSession, publicClient, refusalOf } from '../../helpers/profile-session.ts';
import { tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let session: ProfileSession;
beforeEach(async () => {
  session = await ProfileSession.start();
});
afterEach(() => session[Symbol.asyncDispose]());

describe('A person', () => {
  it('signs in to a public client in the browser, and leaves a refresh token behind', async () => {
    const asked = session.ask({ ...publicClient, flow: 'interactive' });
    const { address } = await session.personSignsIn();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username, appid: desktop });
    expect(token.username).toBe(alice.username);
    expect(token.refreshToken).toBeTruthy();
    expect(address.searchParams.get('prompt')).toBe('select_account');
    expect(address.searchParams.get('scope')?.split(' ')).toContain('offline_access');
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('signs in for Microsoft Graph where no scope is asked for', async () => {
    const asked = session.ask({ ...publicClient, flow: 'interactive', scopes: [] });
    const { address } = await session.personSignsIn();
    expect(address.searchParams.get('scope')?.split(' ')).toContain(graphDefault);
    expect(claimsOf(await asked)).toMatchObject({ aud: 'https://graph.microsoft.com' });
  });

  it('signs in with a device code', async () => {
    const asked = session.ask({ ...publicClient, flow: 'device-code' });
    await session.personEntersCode();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username });
    expect(token.refreshToken).toBeTruthy();
  });

  it('signs in to a confidential client, which shows its secret', async () => {
    const asked = session.ask({ scopes: [userRead], flow: 'authorization-code' });
    await session.personSignsIn();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username, appid: confidentialClient.id, appidacr: '1' });
    expect(token.refreshToken).toBeTruthy();
  });

  it.each(['interactive', 'device-code'] as const)(
    "signs in with %s to a public client, which shows nothing of the profile's secret",
    async (flow) => {
      const asked = session.ask({ clientId: desktop, scopes: [userRead], flow });
      if (flow === 'interactive') await session.personSignsIn();
      else await session.personEntersCode();
      expect(claimsOf(await asked)).toMatchObject({ upn: alice.username, appidacr: '0' });
    },
  );

  it("comes back to the profile's redirect address", async () => {
    session.emulator.directory.applications
      .find(({ id }) => id === desktop)
      ?.redirectUris?.push('http://localhost/signin');
    const asked = session.ask({ ...publicClient, flow: 'interactive', redirectUri: 'http://localhost/signin' });
    const { address } = await session.personSignsIn();
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/signin$/);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
  });

  it('without a browser is told the address, where a person may be told one', async () => {
    const shown: SignInElsewhere[] = [];
    const withoutBrowser = {
      noBrowser: 'This is a container.',
      signInElsewhere: (told: SignInElsewhere) => void shown.push(told),
    };
    session.context = { ...session.newContext(), ...withoutBrowser };
    const asked = session.ask({ ...publicClient, flow: 'interactive' });
    await expect.poll(() => shown).toHaveLength(1);
    await signInAs(shown[0]?.address ?? '', alice, session.emulator.ca);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });

    const { noBrowser } = withoutBrowser;
    session.context = { ...session.newContext(), noBrowser };
    expect(await refusalOf(session.ask({ ...publicClient, flow: 'interactive' }))).toEqual({
      code: 'BrowserUnavailable',
      message:
        'No browser can be opened here. This is a container. Run the command where a browser is, or use --flow device-code.',
    });
  });

  it('who does not come in time may be given more', async () => {
    expect(await refusalOf(session.ask({ ...publicClient, flow: 'interactive', timeout: 1000 }))).toEqual({
      code: 'SignInTimeout',
      message:
        'Nobody finished the sign-in within 1 second. Run the command again, or give more time with --timeout 2s.',
    });
  });

  it('at a confidential client hears in shell and browser which flow it wants', async () => {
    const asked = session.ask({ scopes: [userRead], flow: 'interactive' });
    const { page } = await session.personSignsIn();
    const error = await tokenErrorOf(asked);
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(error.message).toMatch(
      /^AADSTS7000218: .* Switch 'Allow public client flows' on in its app registration, or use --flow authorization-code with a profile that has a secret or a certificate\.$/,
    );
    expect(page).toContain('--flow authorization-code');
  });

  it('with a device code of a confidential client hears the same', async () => {
    const asked = session.ask({ scopes: [userRead], flow: 'device-code' });
    await session.personEntersCode();
    const error = await tokenErrorOf(asked);
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(error.message).toMatch(
      /^A device code is for public clients, and this application is none \(.*\)\. Switch 'Allow public client flows' on in its app registration, or use --flow authorization-code/,
    );
  });

  it('at a confidential client whose profile has no credential hears what is missing', async () => {
    const asked = session.ask({ scopes: [userRead], flow: 'authorization-code', credential: { kind: 'none' } });
    await session.personSignsIn();
    expect((await tokenErrorOf(asked)).message).toMatch(
      /give the profile a secret or a certificate with: entra-auth-cli config edit dev$/,
    );
  });
});
