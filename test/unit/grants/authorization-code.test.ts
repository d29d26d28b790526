import { constants, sign as signWith, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSelfSignedCertificate } from '../../../src/emulator/certificates.ts';
import { signInAs, type SignInEnd } from '../../../src/emulator/scripted-person.ts';
import { authorizationCode, type AuthorizationCodeRequest } from '../../../src/grants/authorization-code.ts';
import { silent, type SignInAnswer } from '../../../src/grants/signed-in-account.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import { certificateApp, desktop } from '../../emulator/client.ts';
import { makeBrowserOpener, type BrowserOpener } from '../../helpers/browser-opener.ts';
import { alice, confidentialClient, tokenRequests, type Emulator } from '../../helpers/flows.ts';
import { expectFree, freePort } from '../../helpers/ports.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

const secret = { kind: 'secret', secret: confidentialClient.secret } as const;
/** As many as New-PartnerAccessToken's, and nobody else's: whether one is free again can be seen at once. */
const firstPort = await freePort();
const ports = { first: firstPort, last: firstPort + 599 };

let emulator: Emulator;
let opener: BrowserOpener;
let controller: AbortController;
let context: RecordedContext;
beforeEach(async () => {
  emulator = await startTrustedEmulator();
  opener = await makeBrowserOpener();
  controller = new AbortController();
  const environment = { BROWSER: opener.program, PATH: '/usr/bin:/bin' };
  context = recordedContext({ environment, signal: controller.signal });
});
afterEach(async () => {
  forgetApplications();
  await opener[Symbol.asyncDispose]();
  await emulator.close();
});

function signIn(request: Partial<AuthorizationCodeRequest> & { readonly clientId?: string } = {}) {
  const { clientId = confidentialClient.id, ...others } = request;
  const grant = withRequestContext(context, () =>
    authorizationCode({
      identity: identityOf(emulator, clientId),
      scopes: ['https://graph.microsoft.com/User.Read'],
      until: Date.now() + 60_000,
      ...others,
    }),
  );
  // Tests look at it when the person has done their part.
  grant.catch(() => {});
  return grant;
}

/** Where the browser was sent, once it was. */
async function browserAddress(): Promise<URL> {
  await expect.poll(() => context.progressed.some(({ until }) => until !== undefined)).toBe(true);
  return new URL(await opener.address());
}

/** A person who signs in with what the browser shows. */
async function person(): Promise<SignInEnd & { readonly address: URL }> {
  const address = await browserAddress();
  return { address, ...(await signInAs(address.href, alice, emulator.ca)) };
}

const redirectOf = (address: URL): URL => new URL(address.searchParams.get('redirect_uri') ?? '');

describe("A confidential client's browser sign-in", () => {
  it('comes back to a port of the range, and shows secret and code verifier where the code is redeemed', async () => {
    const grant = signIn({ credential: secret, redirect: ports });
    const { address, page } = await person();
    const redirect = redirectOf(address);
    expect(address.searchParams.get('redirect_uri')).toBe(`http://localhost:${redirect.port}/`);
    expect(Number(redirect.port)).toBeGreaterThanOrEqual(ports.first);
    expect(Number(redirect.port)).toBeLessThanOrEqual(ports.last);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(address.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    }
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    expect(address.href).not.toContain(encodeURIComponent(confidentialClient.secret));
    expect(page).toContain('You are signed in');
    expect((await grant).accessToken).toMatch(/^ey/);
    expect(emulator.requests.find(({ grantType }) => grantType === 'authorization_code')).toMatchObject({
      clientId: confidentialClient.id,
      body: { client_secret: '***', code_verifier: '***', redirect_uri: redirect.href },
      status: 200,
    });
    await expectFree(Number(redirect.port));
  });

  it('warns of each port that it skipped', async () => {
    const first = signIn({ credential: secret, redirect: ports });
    const taken = Number(redirectOf(await browserAddress()).port);
    context = recordedContext({ environment: context.environment, signal: controller.signal });
    const second = signIn({ credential: secret, redirect: { first: taken, last: ports.last } });
    const port = Number(redirectOf(await browserAddress()).port);
    expect(port).toBeGreaterThan(taken);
    const warnings = context.logged.filter(({ level }) => level === 'warning').map(({ message }) => message);
    expect(warnings[0]).toBe(`Port ${taken} is taken by another program and was skipped.`);
    expect(warnings).toHaveLength(port - taken);
    controller.abort(new TokenError('Cancelled', 'The request was cancelled.'));
    await Promise.allSettled([first, second]);
  });

  it('is refused without a browser having been opened when all ports are taken', async () => {
    const other = signIn({ credential: secret });
    const taken = Number(redirectOf(await browserAddress()).port);
    const error = await tokenErrorOf(signIn({ credential: secret, redirect: { first: taken, last: taken } }));
    expect(error.data).toEqual({ code: 'PortUnavailable', retryable: true });
    controller.abort(new TokenError('Cancelled', 'The request was cancelled.'));
    await Promise.allSettled([other]);
  });

  it('signs with a certificate where the client has one', async () => {
    const { certificate, privateKey } = createSelfSignedCertificate('sign-in');
    emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(certificate);
    const thumbprint = new X509Certificate(certificate).fingerprint256.replaceAll(':', '');
    const grant = signIn({ clientId: certificateApp, credential: { kind: 'certificate', privateKey, thumbprint } });
    await person();
    await grant;
    expect(emulator.requests.find(({ grantType }) => grantType === 'authorization_code')).toMatchObject({
      clientAssertion: { header: { alg: 'PS256' }, claims: { sub: certificateApp } },
    });
  });

  describe("whose certificate is the host's", () => {
    const { certificate, privateKey } = createSelfSignedCertificate('sign-in');
    const x5c = [new X509Certificate(certificate).raw.toString('base64')];
    const credential = {
      kind: 'hostCertificate',
      certificate: { thumbprint: 'AB12', x5c, algorithm: 'PS256' },
    } as const;
    beforeEach(() => {
      emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(certificate);
    });

    it('has an assertion signed there, once the code has come', async () => {
      const signed: string[] = [];
      const sign = async (algorithm: string, data: Uint8Array): Promise<Uint8Array> => {
        signed.push(algorithm);
        return signWith('sha256', data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
      };
      context = recordedContext({ environment: context.environment, signal: controller.signal, sign });
      const grant = signIn({ clientId: certificateApp, credential, redirect: ports });
      await browserAddress();
      expect(signed).toEqual([]);
      await person();
      expect((await grant).accessToken).toMatch(/^ey/);
      expect(signed).toEqual(['PS256']);
      expect(emulator.requests.find(({ grantType }) => grantType === 'authorization_code')).toMatchObject({
        clientAssertion: { header: { alg: 'PS256', x5c }, claims: { sub: certificateApp } },
        body: { code_verifier: '***' },
        status: 200,
      });
    });

    it("has the host's reason in shell and browser when it doesn't sign", async () => {
      const refusal = new TokenError('SigningFailed', 'The key is locked.');
      context = recordedContext({
        environment: context.environment,
        signal: controller.signal,
        sign: () => Promise.reject(refusal),
      });
      const grant = signIn({ clientId: certificateApp, credential, redirect: ports });
      const { page } = await person();
      expect(await tokenErrorOf(grant)).toBe(refusal);
      expect(page).toContain('The key is locked.');
      expect(tokenRequests(emulator)).toBe(0);
    });
  });

  it('with a wrong secret is InvalidClient, says so in the browser, and frees the port', async () => {
    const grant = signIn({ credential: { kind: 'secret', secret: 'wrong' }, redirect: ports });
    const { address, page } = await person();
    const error = await tokenErrorOf(grant);
    expect(error.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000215, retryable: false });
    expect(error.message).toMatch(/^AADSTS7000215: .* Check the client secret: its value is needed, not its id\.$/);
    expect(page).toContain('The sign-in did not succeed');
    expect(page).toContain('Check the client secret: its value is needed, not its id.');
    expect(page).not.toContain(confidentialClient.secret);
    await expectFree(Number(redirectOf(address).port));
  });

  it('leaves nobody behind for later requests without a person', async () => {
    const grant = signIn({ credential: secret });
    await person();
    expect((await grant).signedIn).toBeUndefined();
  });

  it('that is cancelled ends at once, redeems nothing, and frees the port', async () => {
    const reason = new TokenError('Cancelled', 'The request was cancelled.');
    const grant = signIn({ credential: secret, redirect: ports });
    const address = await browserAddress();
    const cancelled = performance.now();
    controller.abort(reason);
    await expect(grant).rejects.toBe(reason);
    expect(performance.now() - cancelled, 'of the minute that there is').toBeLessThan(2_000);
    expect(tokenRequests(emulator)).toBe(0);
    await expectFree(Number(redirectOf(address).port));
  });
});

describe("A public client's browser sign-in", () => {
  async function signedIn(request: Partial<AuthorizationCodeRequest>): Promise<[URL, SignInAnswer]> {
    const grant = signIn({ clientId: desktop, ...request });
    const { address } = await person();
    return [address, await grant];
  }

  it.each(['login', 'select_account'] as const)('asks for the prompt %s where it is wanted', async (prompt) => {
    const [address] = await signedIn({ prompt });
    expect(address.searchParams.get('prompt')).toBe(prompt);
  });

  it('leaves the prompt to Entra where none is wanted', async () => {
    const [address] = await signedIn({});
    expect(address.searchParams.has('prompt')).toBe(false);
  });

  it('comes back to any port without a path where no range is given', async () => {
    const [address] = await signedIn({});
    expect(address.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('comes back to a port of the range where one is given', async () => {
    const [address] = await signedIn({ redirect: ports });
    const port = Number(redirectOf(address).port);
    expect(address.searchParams.get('redirect_uri')).toBe(`http://localhost:${port}/`);
    expect(port).toBeGreaterThanOrEqual(ports.first);
    expect(port).toBeLessThanOrEqual(ports.last);
  });

  it('leaves an account behind that needs no person the next time', async () => {
    const [, answer] = await signedIn({});
    if (!answer.signedIn) throw new Error('Nobody is signed in.');
    expect(answer.signedIn.account.username).toBe(alice.username);
    const again = await silent(answer.signedIn, { scopes: ['https://graph.microsoft.com/User.Read'], force: false });
    expect(again.accessToken).toBe(answer.accessToken);
  });

  it('says how else to sign in where no browser can be opened, if there is a way', async () => {
    context = recordedContext({ noBrowser: 'This is a remote session.' });
    const otherwise = 'or give -UseDeviceAuthentication';
    expect((await tokenErrorOf(signIn({ otherwise }))).message).toBe(
      'No browser can be opened here. This is a remote session. ' +
        'Run the command where a browser is, or give -UseDeviceAuthentication.',
    );
    expect((await tokenErrorOf(signIn())).message).toBe(
      'No browser can be opened here. This is a remote session. Run the command where a browser is.',
    );
  });
});

describe("A sign-in at the application's redirect address", () => {
  it('comes back there, and redeems the code with the very address', async () => {
    const registered = emulator.directory.applications.find(({ id }) => id === desktop)?.redirectUris;
    registered?.push('http://localhost/oidc/signin');
    const grant = signIn({ clientId: desktop, redirect: 'http://localhost/oidc/signin' });
    const { address, page } = await person();
    expect(redirectOf(address).pathname).toBe('/oidc/signin');
    expect(page).toContain('You are signed in');
    expect((await grant).accessToken).toMatch(/^ey/);
    expect(emulator.requests.find(({ grantType }) => grantType === 'authorization_code')).toMatchObject({
      body: { redirect_uri: redirectOf(address).href },
    });
  });

  it('is refused without a browser having been opened when the address is not here', async () => {
    const error = await tokenErrorOf(
      signIn({ clientId: desktop, redirect: 'https://confidential.contoso.com/signin' }),
    );
    expect(error.data).toEqual({ code: 'InvalidParameter', parameter: 'redirectUri', retryable: false });
    expect(context.progressed).toEqual([]);
  });
});
