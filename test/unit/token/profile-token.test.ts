import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { approveDeviceCode, signInAs, type SignInEnd } from '../../../src/emulator/scripted-person.ts';
import type { EmulatorOptions } from '../../../src/emulator/server.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { acquireProfileToken, type ProfileToken, type ProfileTokenDemand } from '../../../src/token/profile-token.ts';
import { certificateApp } from '../../emulator/client.ts';
import { makeBrowserOpener, type BrowserOpener } from '../../helpers/browser-opener.ts';
import { makeCertificate } from '../../helpers/certificates.ts';
import { alice, confidentialClient, contoso, tokenRequests, towards, type Emulator } from '../../helpers/flows.ts';
import { desktop, graphDefault, userRead } from '../../helpers/partner-flows.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
let opener: BrowserOpener;
let controller: AbortController;
let context: RecordedContext;

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await startTrustedEmulator(options);
}
beforeEach(async () => {
  await start({ deviceCodeIntervalSeconds: 0.1 });
  opener = await makeBrowserOpener();
  controller = new AbortController();
  context = newContext();
});
afterEach(async () => {
  controller.abort();
  forgetApplications();
  await opener[Symbol.asyncDispose]();
  await emulator.close();
});

function newContext(environment: Readonly<Record<string, string>> = {}): RecordedContext {
  return recordedContext({
    environment: {
      ...towards(emulator),
      BROWSER: opener.program,
      PATH: '/usr/bin:/bin',
      ...environment,
    },
    signal: controller.signal,
  });
}

const secret = { kind: 'secret', secret: confidentialClient.secret } as const;

function ask(demand: Partial<ProfileTokenDemand> = {}): Promise<ProfileToken> {
  const token = acquireProfileToken(
    {
      profile: 'dev',
      tenant: contoso,
      clientId: confidentialClient.id,
      credential: secret,
      flow: 'client-credentials',
      scopes: [],
      signIn: true,
      force: false,
      timeout: 30_000,
      showAddress: false,
      ...demand,
    },
    context,
  );
  // Tests look at it when the person has done their part.
  token.catch(() => {});
  return token;
}

const publicClient = { clientId: desktop, credential: { kind: 'none' }, scopes: [userRead] } as const;

/** Where the browser was sent, once it was. */
async function browserAddress(): Promise<URL> {
  await vi.waitFor(() => expect(context.progressed.some(({ until }) => until !== undefined)).toBe(true), {
    interval: 5,
  });
  return new URL(await opener.address());
}

/** Alice signs in with what the browser shows. */
async function personSignsIn(): Promise<SignInEnd & { readonly address: URL }> {
  const address = await browserAddress();
  return { address, ...(await signInAs(address.href, alice, emulator.ca)) };
}

function claimsOf({ accessToken }: ProfileToken): Record<string, unknown> {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

describe('An application', () => {
  it('gets a token for Microsoft Graph by its secret', async () => {
    const token = await ask();
    expect(claimsOf(token)).toMatchObject({ appid: confidentialClient.id, aud: 'https://graph.microsoft.com' });
    expect(token).toMatchObject({ scopes: [graphDefault], refreshToken: undefined, username: undefined });
    expect(token.expiresOn - Date.now()).toBeGreaterThan(3_000_000);
  });

  it('gets it by a certificate file', async () => {
    const { certificate, privateKey } = makeCertificate();
    emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(certificate);
    const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    try {
      const path = join(folder, 'app.pem');
      await writeFile(path, `${privateKey}\n${certificate}`);
      const token = await ask({ clientId: certificateApp, credential: { kind: 'certificateFile', path } });
      expect(claimsOf(token)).toMatchObject({ appid: certificateApp });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('A person', () => {
  it('signs in to a public client in the browser, and leaves a refresh token behind', async () => {
    const asked = ask({ ...publicClient, flow: 'interactive' });
    await personSignsIn();
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username, appid: desktop });
    expect(token.username).toBe(alice.username);
    expect(token.refreshToken).toBeTruthy();
  });

  it('signs in with a device code', async () => {
    const asked = ask({ ...publicClient, flow: 'device-code' });
    await vi.waitFor(() => expect(context.deviceCodes).toHaveLength(1), { interval: 5 });
    const [code] = context.deviceCodes;
    await approveDeviceCode(code?.verificationUri ?? '', code?.userCode ?? '', alice, emulator.ca);
    const token = await asked;
    expect(claimsOf(token)).toMatchObject({ upn: alice.username });
    expect(token.refreshToken).toBeTruthy();
  });

  it('signs in to a confidential client, which shows its secret', async () => {
    const asked = ask({ scopes: [userRead], flow: 'authorization-code' });
    await personSignsIn();
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username, appid: confidentialClient.id, appidacr: '1' });
  });

  it('who has signed in is not asked again', async () => {
    const asked = ask({ ...publicClient, flow: 'interactive' });
    await personSignsIn();
    const { refreshToken } = await asked;
    forgetApplications();
    const renewed = await ask({ ...publicClient, flow: 'interactive', refreshToken });
    expect(claimsOf(renewed)).toMatchObject({ upn: alice.username });
    expect(renewed.refreshToken).toBeTruthy();
    expect(renewed.refreshToken).not.toBe(refreshToken);
    expect(tokenRequests(emulator)).toBe(2);
  });

  it('is asked when the refresh token is good no more', async () => {
    const asked = ask({ ...publicClient, flow: 'interactive', refreshToken: 'no refresh token' });
    await personSignsIn();
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
    expect(context.logged.filter(({ level }) => level === 'verbose').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^The sign-in of profile dev can't be renewed: AADSTS70000/),
    );
  });

  it('is not asked by who may not ask', async () => {
    const error = await tokenErrorOf(ask({ ...publicClient, flow: 'interactive', signIn: false }));
    expect(error.code).toBe('InteractionRequired');
    expect(error.message).toBe(
      'Nobody has signed in with the profile dev. Sign in with: entra-auth-cli get-token -p dev',
    );
  });
});
