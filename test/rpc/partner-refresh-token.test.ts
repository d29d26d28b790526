import { describe, expect, it } from 'vitest';
import { azureCli, Clock } from '../emulator/client.ts';
import type { PartnerTokenParameters } from '../../src/protocol/partner-token.ts';
import { alice, confidentialClient, contoso, refusalOf, tokenRequests, towards } from '../helpers/flows.ts';
import {
  aliceId,
  desktop,
  expectAlices,
  exchangeOnlineClient,
  keptRefreshToken,
  partner,
  secMgmt,
  userRead,
} from '../helpers/partner-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

const clock = new Clock();
const emulator = await emulatorOfFile({ now: clock.read });
const engine = await engineOfFile({ environment: towards(emulator) });

const ofPublicClient = () => keptRefreshToken(emulator, { id: desktop });
const ofConfidentialClient = () =>
  keptRefreshToken(emulator, {
    id: confidentialClient.id,
    authentication: { client_secret: confidentialClient.secret },
  });
const credential = { userName: confidentialClient.id, password: confidentialClient.secret };
const redeem = (refreshToken: string, changes: PartnerTokenParameters = {}) =>
  partner(engine, 'RefreshToken', { refreshToken, scopes: [userRead], tenant: contoso, ...changes });

/** The form of the one token request. */
function sent(): Readonly<Record<string, string>> {
  const requests = emulator.requests.filter(({ path }) => path.endsWith('/token'));
  expect(requests).toHaveLength(1);
  return requests[0]?.body ?? {};
}

describe('The set RefreshToken', () => {
  it.each([
    ['New-PartnerAccessToken', partner],
    ['New-SecMgmtAccessToken', secMgmt],
  ])('gets new tokens for a public client with %s, and hands out the new refresh token', async (_command, ask) => {
    // A client that is at home in every tenant, so that the default, organizations, will do.
    const refreshToken = await keptRefreshToken(emulator, { id: azureCli });
    emulator.clearRequests();
    const result = await ask(engine, 'RefreshToken', { refreshToken, scopes: [userRead], applicationId: azureCli });
    expectAlices(result, emulator);
    expect(result.refreshToken).not.toBe(refreshToken);
    expect(emulator.requests.find(({ grantType }) => grantType)?.path).toBe('/organizations/oauth2/v2.0/token');
    // The new one is good: an unattended script keeps it and comes back with it.
    await ask(engine, 'RefreshToken', {
      refreshToken: result.refreshToken ?? '',
      scopes: [userRead],
      applicationId: azureCli,
    });
  });

  it('asks Entra every time, also twice at once with the same token', async () => {
    const refreshToken = await ofPublicClient();
    emulator.clearRequests();
    const results = await Promise.all([1, 2, 3].map(() => redeem(refreshToken, { applicationId: desktop })));
    expect(tokenRequests(emulator)).toBe(3);
    // Everybody has the refresh token of the answer that was theirs.
    expect(new Set(results.map((result) => result.refreshToken)).size).toBe(3);
  });

  it("takes client and secret from the credential's user name and password", async () => {
    const refreshToken = await ofConfidentialClient();
    emulator.clearRequests();
    const result = await redeem(refreshToken, { credential, servicePrincipal: true });
    expect(result.account?.username).toBe(alice.username);
    expect(result.refreshToken).not.toBe(refreshToken);
    expect(sent()).toMatchObject({ client_id: confidentialClient.id, client_secret: '***' });
  });

  it("takes the credential's user name before -ApplicationId, as scripts expect, and says so with -Verbose", async () => {
    const refreshToken = await ofConfidentialClient();
    engine.logs.length = 0;
    const parameters = { refreshToken, scopes: [userRead], tenant: contoso, applicationId: desktop, credential };
    const result = await partner(engine, 'RefreshToken', parameters, { logLevel: 'verbose' });
    expect(result.account?.username).toBe(alice.username);
    expect(engine.logs.map(({ message }) => message)).toContain(
      `The client is -Credential's user name, ${confidentialClient.id}, not -ApplicationId.`,
    );
  });

  it('takes -ApplicationId where the user name can be no client', async () => {
    const refreshToken = await ofConfidentialClient();
    const result = await redeem(refreshToken, {
      applicationId: confidentialClient.id,
      credential: { ...credential, userName: 'my app' },
    });
    expect(result.account?.username).toBe(alice.username);
  });

  it('sends the scopes as they were given', async () => {
    const refreshToken = await ofPublicClient();
    emulator.clearRequests();
    await redeem(refreshToken, { applicationId: desktop, scopes: ['https://management.azure.com/user_impersonation'] });
    expect(sent()['scope']?.split(' ')).toContain('https://management.azure.com/user_impersonation');
  });

  it('says which client is missing', async () => {
    expect(await refusalOf(redeem('1.x'))).toMatchObject({
      code: -32602,
      message:
        'The parameter set RefreshToken needs the parameter ApplicationId, or Credential with the client id as its user name.',
      data: { code: 'MissingParameter', parameter: 'ApplicationId' },
    });
    const useless = { ...credential, userName: 'my app' };
    expect(await refusalOf(redeem('1.x', { credential: useless }))).toMatchObject({
      code: -32602,
      message:
        'Parameter Credential: the user name is no client id (a GUID). Correct it, or give -ApplicationId as well.',
      data: { code: 'InvalidParameter', parameter: 'Credential' },
    });
    expect(emulator.requests).toEqual([]);
  });
});

describe('A refresh token that is no good', () => {
  const signInAgain = 'Sign in again with -UseAuthorizationCode, and keep the RefreshToken of that result.';

  it("because it is malformed gets Entra's reason and what to do", async () => {
    const refusal = await refusalOf(redeem('Planted-Refresh~Token', { applicationId: desktop }));
    expect(refusal).toMatchObject({ code: -32000, data: { code: 'InvalidGrant', aadsts: 70000, retryable: false } });
    expect(refusal.message).toMatch(/^AADSTS70000: .* \(correlation id [0-9a-f-]{36}\) /);
    expect(refusal.message).toContain(signInAgain);
    expect(JSON.stringify(refusal)).not.toContain('Planted-Refresh~Token');
  });

  it("because it belongs to another client gets Entra's reason", async () => {
    const refreshToken = await ofPublicClient();
    const refusal = await refusalOf(redeem(refreshToken, { credential }));
    expect(refusal.data).toMatchObject({ code: 'InvalidGrant', aadsts: 70000 });
  });

  it("because it has been revoked gets Entra's reason and what to do", async () => {
    const refreshToken = await ofPublicClient();
    const users = emulator.directory.users as { id: string; password: string }[];
    const user = users.find(({ id }) => id === aliceId);
    if (!user) throw new Error('Alice is not in the directory.');
    user.password = 'A-new-Passw0rd!';
    try {
      const refusal = await refusalOf(redeem(refreshToken, { applicationId: desktop }));
      expect(refusal.data).toMatchObject({ code: 'InvalidGrant', aadsts: 50173, suberror: 'bad_token' });
      expect(refusal.message).toContain(`The refresh token has been revoked. ${signInAgain}`);
    } finally {
      user.password = alice.password;
    }
  });

  it("because it has expired gets Entra's reason and what to do", async () => {
    const refreshToken = await ofPublicClient();
    clock.forward(91 * 86_400);
    const refusal = await refusalOf(redeem(refreshToken, { applicationId: desktop }));
    expect(refusal.data).toMatchObject({ code: 'InvalidGrant', aadsts: 700082 });
    expect(refusal.message).toContain(`The refresh token has expired. ${signInAgain}`);
  });

  it('because of a wrong secret is told so, without the secret or the token', async () => {
    const refreshToken = await ofConfidentialClient();
    engine.logs.length = 0;
    const parameters = {
      refreshToken,
      scopes: [userRead],
      tenant: contoso,
      credential: { ...credential, password: 'Planted-Secret~42' },
    };
    const refusal = await refusalOf(partner(engine, 'RefreshToken', parameters, { logLevel: 'debug' }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000215 });
    const told = JSON.stringify([refusal, engine.logs, engine.lastWords()]);
    expect(told).toContain('/oauth2/v2.0/token');
    for (const secret of ['Planted-Secret~42', refreshToken]) {
      expect(told).not.toContain(secret);
      expect(told).not.toContain(encodeURIComponent(secret));
    }
  });

  it('because the client is a confidential one asks for its credential', async () => {
    const refreshToken = await ofConfidentialClient();
    const refusal = await refusalOf(redeem(refreshToken, { applicationId: confidentialClient.id }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000218 });
    expect(refusal.message).toContain('a secret or a certificate is needed');
  });
});

describe('-Module ExchangeOnline with -RefreshToken', () => {
  it("needs no scopes: client and scope are the module's", async () => {
    const refreshToken = await keptRefreshToken(emulator, {
      id: exchangeOnlineClient,
      scope: 'https://outlook.office365.com/.default',
    });
    emulator.clearRequests();
    const result = await partner(engine, 'ByModule', { module: 'ExchangeOnline', refreshToken, tenant: contoso });
    expect(result).toMatchObject({ account: { username: alice.username }, reusableUntil: null });
    expect(result.refreshToken).not.toBe(refreshToken);
    expect(sent()).toMatchObject({ client_id: exchangeOnlineClient, grant_type: 'refresh_token' });
    expect(sent()['scope']?.split(' ')).toContain('https://outlook.office365.com/.default');
  });
});
