import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { approveDeviceCode, signInAs, type SignInEnd } from '../../src/emulator/scripted-person.ts';
import { forgetApplications } from '../../src/msal/applications.ts';
import { acquireProfileToken, type ProfileToken, type ProfileTokenDemand } from '../../src/token/profile-token.ts';
import { makeBrowserOpener, type BrowserOpener } from './browser-opener.ts';
import { alice, confidentialClient, contoso, towards, type Emulator } from './flows.ts';
import { desktop, userRead } from './partner-flows.ts';
import { recordedContext, type RecordedContext } from './request-context.ts';
import { startTrustedEmulator, tokenErrorOf } from './trusted-emulator.ts';

/** A profile of a public client. */
export const publicClient = { clientId: desktop, credential: { kind: 'none' }, scopes: [userRead] } as const;

/** An emulator, and somebody who asks it for tokens with the profile `dev`. */
export class ProfileSession implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #opener: BrowserOpener;
  readonly emulator: Emulator;
  /** Of the requests from now on. */
  context: RecordedContext;

  private constructor(emulator: Emulator, opener: BrowserOpener) {
    this.emulator = emulator;
    this.#opener = opener;
    this.context = this.newContext();
  }

  static async start(): Promise<ProfileSession> {
    const emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1 });
    return new ProfileSession(emulator, await makeBrowserOpener());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    forgetApplications();
    await this.#opener[Symbol.asyncDispose]();
    await this.emulator.close();
  }

  /** Ctrl+C. */
  cancel(): void {
    this.#controller.abort();
  }

  newContext(environment: Readonly<Record<string, string>> = {}): RecordedContext {
    const own = { ...towards(this.emulator), BROWSER: this.#opener.program, PATH: '/usr/bin:/bin' };
    return recordedContext({ environment: { ...own, ...environment }, signal: this.#controller.signal });
  }

  /** Default: a confidential client with its secret, by itself. */
  ask(demand: Partial<ProfileTokenDemand> = {}): Promise<ProfileToken> {
    const token = acquireProfileToken(
      {
        profile: 'dev',
        tenant: contoso,
        clientId: confidentialClient.id,
        credential: { kind: 'secret', secret: confidentialClient.secret },
        flow: 'client-credentials',
        scopes: [],
        signIn: true,
        force: false,
        timeout: 30_000,
        ...demand,
      },
      this.context,
    );
    // Tests look at it when the person has done their part.
    token.catch(() => {});
    return token;
  }

  /** Where the browser was sent, once it was. */
  async browserAddress(): Promise<URL> {
    const { progressed } = this.context;
    await expect.poll(() => progressed.some(({ until }) => until !== undefined)).toBe(true);
    return new URL(await this.#opener.address());
  }

  /** Alice signs in with what the browser shows. */
  async personSignsIn(password: string = alice.password): Promise<SignInEnd & { readonly address: URL }> {
    const address = await this.browserAddress();
    return { address, ...(await signInAs(address.href, { ...alice, password }, this.emulator.ca)) };
  }

  /** Alice enters the code that is shown. */
  async personEntersCode(): Promise<void> {
    await expect.poll(() => this.context.deviceCodes).toHaveLength(1);
    const [code] = this.context.deviceCodes;
    await approveDeviceCode(code?.verificationUri ?? '', code?.userCode ?? '', alice, this.emulator.ca);
  }

  /** The refresh token of Alice's sign-in of an earlier day. */
  async earlierSignIn(demand: Partial<ProfileTokenDemand> = publicClient): Promise<string> {
    const asked = this.ask({ flow: 'interactive', ...demand });
    await this.personSignsIn();
    const { refreshToken = '' } = await asked;
    forgetApplications();
    this.emulator.clearRequests();
    this.context = this.newContext();
    return refreshToken;
  }

  /** The grants that the emulator was asked for, in order. */
  get grants(): readonly string[] {
    return this.emulator.requests.flatMap(({ grantType }) => (grantType === undefined ? [] : [grantType]));
  }
}

export function claimsOf({ accessToken }: ProfileToken): Record<string, unknown> {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** What a person reads of a request that must fail. */
export async function refusalOf(
  token: Promise<ProfileToken>,
): Promise<{ readonly code: string; readonly message: string; readonly parameter?: string }> {
  const { code, message, data } = await tokenErrorOf(token);
  return { code, message, ...(data.parameter === undefined ? {} : { parameter: data.parameter }) };
}

/** A folder that is there while `work` runs. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-token-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
