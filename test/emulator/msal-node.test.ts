import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ConfidentialClientApplication, PublicClientApplication } from '@azure/msal-node';
import type { Configuration } from '@azure/msal-node';
import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSelfSignedCertificate } from '../../src/emulator/certificates.ts';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { alice, certificateApp, confidential, contoso, desktop, graphDefault, newPkce } from './client.ts';

const registered = createSelfSignedCertificate('msal');
const trustedBefore = getCACertificates('default');
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ deviceCodeIntervalSeconds: 1 });
  emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(registered.certificate);
  setDefaultCACertificates([...trustedBefore, emulator.ca]);
});
afterAll(async () => {
  setDefaultCACertificates(trustedBefore);
  await emulator.close();
});

const auth = (clientId: string): Configuration['auth'] => ({
  clientId,
  authority: `${emulator.authority}/${contoso}`,
  knownAuthorities: [new URL(emulator.authority).host],
});

describe('MSAL for Node', () => {
  test('gets an application token with a secret, and keeps it', async () => {
    const application = new ConfidentialClientApplication({
      auth: { ...auth(confidential.id), clientSecret: confidential.secret },
    });
    const result = await application.acquireTokenByClientCredential({ scopes: [graphDefault] });
    const again = await application.acquireTokenByClientCredential({ scopes: [graphDefault] });

    expect(result).toMatchObject({ fromCache: false, tokenType: 'Bearer', accessToken: expect.any(String) });
    expect(again).toMatchObject({ fromCache: true, accessToken: result?.accessToken });
  });

  test.each(['thumbprintSha256', 'thumbprint'] as const)(
    'gets an application token with a certificate by its %s',
    async (name) => {
      const { raw } = new X509Certificate(registered.certificate);
      const thumbprint = createHash(name === 'thumbprint' ? 'sha1' : 'sha256')
        .update(raw)
        .digest('hex');
      const application = new ConfidentialClientApplication({
        auth: { ...auth(certificateApp), clientCertificate: { [name]: thumbprint, privateKey: registered.privateKey } },
      });

      expect(await application.acquireTokenByClientCredential({ scopes: [graphDefault] })).toMatchObject({
        tokenType: 'Bearer',
      });
    },
  );

  test('reads the refusal of a wrong secret', async () => {
    const application = new ConfidentialClientApplication({
      auth: { ...auth(confidential.id), clientSecret: 'wrong' },
    });

    await expect(application.acquireTokenByClientCredential({ scopes: [graphDefault] })).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorMessage: expect.stringContaining('AADSTS7000215'),
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('signs a user in by code with PKCE, and refreshes for another resource', async () => {
    const application = new PublicClientApplication({ auth: auth(desktop) });
    const pkce = newPkce();
    const request = { scopes: ['https://graph.microsoft.com/User.Read'], redirectUri: 'http://localhost:8400' };
    const address = await application.getAuthCodeUrl({
      ...request,
      codeChallenge: pkce.challenge,
      codeChallengeMethod: 'S256',
      state: 's',
    });
    const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
    const code = new URL(location ?? '').searchParams.get('code') ?? '';
    const result = await application.acquireTokenByCode({ ...request, code, codeVerifier: pkce.verifier });

    expect(result).toMatchObject({
      account: { username: alice.username, tenantId: contoso, homeAccountId: `${alice.id}.${contoso}` },
      scopes: expect.arrayContaining(['https://graph.microsoft.com/User.Read']),
      uniqueId: alice.id,
    });
    const { account } = result;
    if (!account) throw new Error('There is no account.');
    const other = await application.acquireTokenSilent({
      account,
      scopes: ['https://management.azure.com/user_impersonation'],
    });
    expect(other).toMatchObject({ fromCache: false, account: { username: alice.username } });
    const same = await application.acquireTokenSilent({ account, scopes: request.scopes });
    expect(same).toMatchObject({ fromCache: true, accessToken: result.accessToken });
    const forced = await application.acquireTokenSilent({ account, scopes: request.scopes, forceRefresh: true });
    expect(forced.accessToken).not.toBe(result.accessToken);
  });

  test('asks for interaction where consent is missing', async () => {
    const application = new PublicClientApplication({ auth: auth(desktop) });
    const pkce = newPkce();
    const request = { scopes: ['https://graph.microsoft.com/User.Read'], redirectUri: 'http://localhost:8400' };
    const address = await application.getAuthCodeUrl({
      ...request,
      codeChallenge: pkce.challenge,
      codeChallengeMethod: 'S256',
    });
    const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
    const code = new URL(location ?? '').searchParams.get('code') ?? '';
    const { account } = await application.acquireTokenByCode({ ...request, code, codeVerifier: pkce.verifier });
    if (!account) throw new Error('There is no account.');

    await expect(
      application.acquireTokenSilent({ account, scopes: ['https://graph.microsoft.com/Mail.Read'] }),
    ).rejects.toMatchObject({ name: 'InteractionRequiredAuthError', subError: 'consent_required' });
  });

  test('waits for a device code', async () => {
    const application = new PublicClientApplication({ auth: auth(desktop) });
    const result = await application.acquireTokenByDeviceCode({
      scopes: ['https://graph.microsoft.com/User.Read'],
      deviceCodeCallback: ({ verificationUri, userCode }) =>
        void approveDeviceCode(verificationUri, userCode, alice, emulator.ca),
    });

    expect(result).toMatchObject({ account: { username: alice.username } });
  });

  test('says its capabilities', async () => {
    const application = new ConfidentialClientApplication({
      auth: { ...auth(confidential.id), clientSecret: confidential.secret, clientCapabilities: ['cp1'] },
    });
    const result = await application.acquireTokenByClientCredential({ scopes: [graphDefault] });
    const [, payload = ''] = (result?.accessToken ?? '').split('.');

    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ xms_cc: ['cp1'] });
  });
});
