import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signInAs } from '../../../src/emulator/scripted-person.ts';
import { authorizationCode } from '../../../src/grants/authorization-code.ts';
import type { SignInAnswer } from '../../../src/grants/signed-in-account.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext, type SignInElsewhere } from '../../../src/platform/request-context.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import { desktop } from '../../emulator/client.ts';
import { alice, tokenRequests, type Emulator } from '../../helpers/flows.ts';
import { expectFree } from '../../helpers/ports.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
let controller: AbortController;
let context: RecordedContext;
beforeEach(async () => {
  emulator = await startTrustedEmulator();
  controller = new AbortController();
});
afterEach(async () => {
  forgetApplications();
  await emulator.close();
});

function signIn(): Promise<SignInAnswer> {
  const grant = withRequestContext(context, () =>
    authorizationCode({
      identity: identityOf(emulator, desktop),
      scopes: ['https://graph.microsoft.com/User.Read'],
      until: Date.now() + 60_000,
    }),
  );
  // Tests look at it when the person has done their part.
  grant.catch(() => {});
  return grant;
}

describe('A sign-in where no browser can be opened', () => {
  const shown: SignInElsewhere[] = [];
  beforeEach(() => {
    shown.length = 0;
    context = recordedContext({
      noBrowser: 'This is an SSH session.',
      signal: controller.signal,
      signInElsewhere: (told) => void shown.push(told),
    });
  });

  async function asked(): Promise<SignInElsewhere> {
    await expect.poll(() => shown).toHaveLength(1);
    const [told] = shown;
    if (!told) throw new Error('Nobody was told.');
    return told;
  }

  const usernameOf = ({ signedIn }: SignInAnswer): string | undefined => signedIn?.account.username;

  it('goes on with the address that the person is told, in a browser of theirs on this machine', async () => {
    const grant = signIn();
    const { address, reason, redirectUri } = await asked();
    expect(reason).toBe('This is an SSH session.');
    expect(new URL(address).searchParams.get('redirect_uri')).toBe(redirectUri);
    expect(context.progressed[0]).toEqual({
      activity: 'Signing in',
      status: 'Open the address in a browser, and finish the sign-in there.',
      until: expect.any(Number),
    });
    expect((await signInAs(address, alice, emulator.ca)).page).toContain('You are signed in');
    expect(usernameOf(await grant)).toBe(alice.username);
  });

  it('ends with the address of the error page that a browser on another machine ended on', async () => {
    const grant = signIn();
    const { address, redirectUri, paste } = await asked();
    const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
    expect(paste(location ?? '')).toBeUndefined();
    expect(usernameOf(await grant)).toBe(alice.username);
    await expectFree(Number(new URL(redirectUri).port));
  });

  it("goes on after the address of another sign-in was pasted, and is not that one's", async () => {
    const other = signIn();
    const { address: otherAddress } = await asked();
    const { location } = await signInAs(otherAddress, alice, emulator.ca, { follow: false });
    shown.length = 0;
    const grant = signIn();
    const { address, redirectUri, paste } = await asked();
    const injected = new URL(location ?? '');
    injected.port = new URL(redirectUri).port;
    expect(paste(injected.href)).toBe(
      'That is the address of another sign-in. Copy the one that this sign-in ended on.',
    );
    expect(tokenRequests(emulator)).toBe(0);
    await signInAs(address, alice, emulator.ca);
    expect(usernameOf(await grant)).toBe(alice.username);
    controller.abort(new TokenError('Cancelled', 'The request was cancelled.'));
    await Promise.allSettled([other]);
  });

  it('that the person cancelled there is SignInDenied', async () => {
    const grant = signIn();
    const { address, redirectUri, paste } = await asked();
    const state = new URL(address).searchParams.get('state');
    expect(paste(`${redirectUri}/?error=access_denied&error_description=AADSTS65004&state=${state}`)).toBeUndefined();
    expect((await tokenErrorOf(grant)).data).toMatchObject({ code: 'SignInDenied', aadsts: 65004 });
  });

  it('is told also where a browser is set, and does not start', async () => {
    context = recordedContext({
      environment: { BROWSER: '/nowhere/browser', PATH: '' },
      signal: controller.signal,
      signInElsewhere: (told) => void shown.push(told),
    });
    const grant = signIn();
    const { address, reason } = await asked();
    expect(reason).toBe('/nowhere/browser could not open a browser.');
    await signInAs(address, alice, emulator.ca);
    expect(usernameOf(await grant)).toBe(alice.username);
  });
});
