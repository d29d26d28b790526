import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServerCertificate } from '../../../src/emulator/certificates.ts';
import { unconsented } from '../../emulator/client.ts';
import { alice, confidentialClient } from '../../helpers/flows.ts';
import { userRead } from '../../helpers/partner-flows.ts';
import { claimsOf, ProfileSession, publicClient, refusalOf } from '../../helpers/profile-session.ts';
import { tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let session: ProfileSession;
beforeEach(async () => {
  session = await ProfileSession.start();
});
afterEach(() => session[Symbol.asyncDispose]());

describe('Who has signed in before', () => {
  it('is not asked again, and the next refresh token replaces the one that was used', async () => {
    const refreshToken = await session.earlierSignIn();
    const renewed = await session.ask({ ...publicClient, flow: 'interactive', refreshToken });
    expect(claimsOf(renewed)).toMatchObject({ upn: alice.username });
    expect(renewed.refreshToken).toBeTruthy();
    expect(renewed.refreshToken).not.toBe(refreshToken);
    expect(renewed.username).toBe(alice.username);
    expect(session.grants).toEqual(['refresh_token']);
  });

  it('keeps the refresh token where the service gives no new one', async () => {
    await using service = await serviceWithoutRotation();
    session.context = session.newContext({ NODE_EXTRA_CA_CERTS: service.caFile });
    const { authority } = service;
    const renewed = await session.ask({
      ...publicClient,
      authority,
      flow: 'interactive',
      refreshToken: 'kept',
      signIn: false,
    });
    expect(renewed).toMatchObject({ accessToken: 'ey.new.token', refreshToken: 'kept' });
  });

  it('at a confidential client needs its secret again', async () => {
    const refreshToken = await session.earlierSignIn({ scopes: [userRead], flow: 'authorization-code' });
    const renewed = await session.ask({ scopes: [userRead], flow: 'authorization-code', refreshToken, signIn: false });
    expect(claimsOf(renewed)).toMatchObject({ upn: alice.username, appidacr: '1' });
    expect(session.emulator.requests.at(-1)).toMatchObject({
      grantType: 'refresh_token',
      body: { client_secret: '***' },
    });
  });

  it.each([
    ['InvalidGrant', 'AADSTS50173'],
    ['InteractionRequired', 'AADSTS50076'],
  ])('is asked again after %s, and told why', async (code, aadsts) => {
    const refreshToken = await session.earlierSignIn();
    if (code === 'InvalidGrant') changePassword();
    else session.emulator.nextAnswers.push({ kind: 'claims-challenge' });
    const asked = session.ask({ ...publicClient, flow: 'interactive', refreshToken });
    await session.personSignsIn(code === 'InvalidGrant' ? newPassword : undefined);
    expect(claimsOf(await asked)).toMatchObject({ upn: alice.username });
    expect(session.grants).toEqual(['refresh_token', 'authorization_code']);
    expect(
      session.context.logged.filter(({ level }) => level === 'warning').map(({ message }) => message),
    ).toContainEqual(expect.stringMatching(new RegExp(`^The sign-in of profile dev can't be renewed: ${aadsts}`)));
    expect(JSON.stringify(session.context.logged)).not.toContain(refreshToken);
  });

  it('hears how to consent from who may not ask', async () => {
    const client = { ...publicClient, clientId: unconsented };
    const refreshToken = await session.earlierSignIn(client);
    const scopes = ['https://graph.microsoft.com/Mail.Read'];
    const asked = session.ask({ ...client, flow: 'interactive', refreshToken, scopes, signIn: false });
    expect(await refusalOf(asked)).toMatchObject({
      code: 'ConsentRequired',
      message: expect.stringMatching(
        /^AADSTS65001: .* or sign in with: entra-auth-cli get-token --profile dev --flow interactive --force$/,
      ),
    });
  });

  it('is asked again for scopes that nobody has consented to', async () => {
    const client = { ...publicClient, clientId: unconsented };
    const refreshToken = await session.earlierSignIn(client);
    const scopes = ['https://graph.microsoft.com/Mail.Read'];
    const asked = session.ask({ ...client, flow: 'interactive', refreshToken, scopes });
    await session.personSignsIn();
    expect(claimsOf(await asked)['scp']).toContain('Mail.Read');
    expect(session.grants).toEqual(['refresh_token', 'authorization_code']);
  });

  it('is not asked because the network fails', async () => {
    const refreshToken = await session.earlierSignIn();
    session.emulator.nextAnswers.push({ kind: 'reset' });
    const error = await tokenErrorOf(session.ask({ ...publicClient, flow: 'interactive', refreshToken }));
    expect(error.data).toMatchObject({ code: 'NetworkError', retryable: true });
    expect(session.context.progressed).toEqual([]);
  });

  it('is not blamed for a service that does not answer', async () => {
    const refreshToken = await session.earlierSignIn();
    session.emulator.nextAnswers.push({ kind: 'hang' });
    const asked = session.ask({ ...publicClient, flow: 'interactive', refreshToken, timeout: 500 });
    expect(await refusalOf(asked)).toEqual({
      code: 'Timeout',
      message: 'No token came within 0.5 seconds. Try again, or give more time with --timeout 1s.',
    });
  });

  it('is not asked by who may not ask, and hears how to sign in', async () => {
    const refreshToken = await session.earlierSignIn();
    changePassword();
    const error = await tokenErrorOf(
      session.ask({ ...publicClient, flow: 'interactive', refreshToken, signIn: false }),
    );
    expect(error.data).toMatchObject({ code: 'InvalidGrant', aadsts: 50173 });
    expect(error.message).toMatch(/ Sign in again: entra-auth-cli get-token --profile dev --flow interactive --force$/);
    expect(session.context.progressed).toEqual([]);
  });

  it.each(['interactive', 'device-code', 'authorization-code'] as const)(
    'and is nobody, so that %s is not begun by who may not ask',
    async (flow) => {
      expect(await refusalOf(session.ask({ ...publicClient, flow, signIn: false }))).toEqual({
        code: 'InteractionRequired',
        message: "Nobody has signed in with the profile 'dev'. Sign in with: entra-auth-cli get-token --profile dev",
      });
      expect(session.emulator.requests).toEqual([]);
    },
  );

  it('is no matter to an application, which gets a new token', async () => {
    expect(claimsOf(await session.ask({ signIn: false }))).toMatchObject({ appid: confidentialClient.id });
  });

  const newPassword = 'Alice-New-Passw0rd!';

  function changePassword(): void {
    const user = session.emulator.directory.users.find(({ userPrincipalName }) => userPrincipalName === alice.username);
    Object.assign(user ?? {}, { password: newPassword });
  }

  /** A service that gives no refresh token with its answer to one, as RFC 6749 section 6 lets it. */
  async function serviceWithoutRotation(): Promise<AsyncDisposable & { authority: string; caFile: string }> {
    const { ca, server: own } = createServerCertificate();
    const folder = await mkdtemp(join(tmpdir(), 'service-'));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, ca);
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const server = createServer({ cert: own.certificate, key: own.privateKey }, (_, response) => {
      const token = { token_type: 'Bearer', scope: userRead, expires_in: 3600, access_token: 'ey.new.token' };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
    }).listen(0, '127.0.0.1', resolve);
    await listening;
    const authority = `https://localhost:${(server.address() as AddressInfo).port}`;
    return {
      authority,
      caFile,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
        await rm(folder, { recursive: true });
      },
    };
  }
});
