import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ConfidentialClientApplication } from '@azure/msal-node';
import type { Configuration } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { agentUser, blueprint, exchangeScope, invoiceAgent, mailAgent, userToken } from './agents.ts';
import { alice, contoso, graphDefault } from './client.ts';

const trustedBefore = getCACertificates('default');
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
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

const blueprintApplication = (): ConfidentialClientApplication =>
  new ConfidentialClientApplication({ auth: { ...auth(blueprint.id), clientSecret: blueprint.secret } });

/** An agent identity's application as MSAL's guide builds it: its assertion is what the blueprint's application gets. */
function agentApplication(
  agent: string,
  parent = blueprintApplication(),
  fmiPath = agent,
): ConfidentialClientApplication {
  const clientAssertion = async (): Promise<string> => {
    const result = await parent.acquireTokenByClientCredential({ scopes: [exchangeScope], fmiPath });
    return result?.accessToken ?? '';
  };
  return new ConfidentialClientApplication({ auth: { ...auth(agent), clientAssertion } });
}

describe('MSAL for Node', () => {
  test('gets a parent token for each agent identity by fmiPath, and keeps them apart', async () => {
    const application = blueprintApplication();
    const ask = (fmiPath: string): ReturnType<typeof application.acquireTokenByClientCredential> =>
      application.acquireTokenByClientCredential({ scopes: [exchangeScope], fmiPath });
    const [invoice, mail, again] = [await ask(invoiceAgent), await ask(mailAgent), await ask(invoiceAgent)];

    expect([invoice, mail, again].map((result) => result?.fromCache)).toEqual([false, false, true]);
    expect(again?.accessToken).toBe(invoice?.accessToken);
    expect(decodeJwt(mail?.accessToken ?? '').sub).toMatch(new RegExp(`/${mailAgent}$`));
  });

  test("gets an agent identity's own token", async () => {
    const result = await agentApplication(invoiceAgent).acquireTokenByClientCredential({ scopes: [graphDefault] });

    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({ appid: invoiceAgent, roles: ['User.Read.All'] });
  });

  test('reads the refusal of a parent token for another agent identity', async () => {
    const application = agentApplication(invoiceAgent, blueprintApplication(), mailAgent);

    await expect(application.acquireTokenByClientCredential({ scopes: [graphDefault] })).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorMessage: expect.stringContaining('AADSTS700213'),
    });
  });

  test('acts on behalf of a user, and keeps the token', async () => {
    const application = agentApplication(invoiceAgent);
    const oboAssertion = await userToken(emulator);
    const result = await application.acquireTokenOnBehalfOf({ oboAssertion, scopes: [graphDefault] });
    const again = await application.acquireTokenOnBehalfOf({ oboAssertion, scopes: [graphDefault] });

    expect(result).toMatchObject({ fromCache: false, account: { username: alice.username, tenantId: contoso } });
    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({
      appid: invoiceAgent,
      oid: alice.id,
      scp: 'Mail.Read openid profile User.Read',
    });
    expect(again).toMatchObject({ fromCache: true, accessToken: result?.accessToken });
  });

  test('asks for interaction where the user has not consented to the agent identity', async () => {
    const application = agentApplication(mailAgent);
    const oboAssertion = await userToken(emulator);

    await expect(application.acquireTokenOnBehalfOf({ oboAssertion, scopes: [graphDefault] })).rejects.toMatchObject({
      name: 'InteractionRequiredAuthError',
      subError: 'consent_required',
      errorMessage: expect.stringContaining('AADSTS65001'),
    });
  });

  test.each([
    ['its name', { username: agentUser.username }],
    ['its object id', { userObjectId: agentUser.id }],
  ])("gets tokens for the agent identity's user account by %s", async (_, user) => {
    const application = agentApplication(invoiceAgent);
    const credential = await application.acquireTokenByClientCredential({ scopes: [exchangeScope] });
    const result = await application.acquireTokenByUserFederatedIdentityCredential({
      ...user,
      assertion: credential?.accessToken ?? '',
      scopes: [graphDefault],
    });
    const { account } = result ?? {};
    if (!account) throw new Error('There is no account.');
    const silent = await application.acquireTokenSilent({ account, scopes: [graphDefault] });

    expect(account).toMatchObject({
      username: agentUser.username,
      homeAccountId: `${agentUser.id}.${contoso}`,
    });
    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({ appid: invoiceAgent, oid: agentUser.id });
    expect(silent).toMatchObject({ fromCache: true, accessToken: result?.accessToken });
  });

  test('refreshes with a parent token', async () => {
    const application = agentApplication(invoiceAgent);
    const credential = await application.acquireTokenByClientCredential({ scopes: [exchangeScope] });
    const result = await application.acquireTokenByUserFederatedIdentityCredential({
      username: agentUser.username,
      assertion: credential?.accessToken ?? '',
      scopes: [graphDefault],
    });
    const { account } = result ?? {};
    if (!account) throw new Error('There is no account.');
    const forced = await application.acquireTokenSilent({ account, scopes: [graphDefault], forceRefresh: true });

    expect(forced.fromCache).toBe(false);
    expect(decodeJwt(forced.accessToken)).toMatchObject({ appid: invoiceAgent, oid: agentUser.id });
  });
});
