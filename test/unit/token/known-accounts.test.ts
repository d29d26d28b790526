import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveDeviceCode } from '../../../src/emulator/scripted-person.ts';
import { deviceCode } from '../../../src/grants/device-code.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { failedExchange } from '../../../src/msal/network.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import { forgetSignIns, rememberSignIn, tokenOfKnownAccount } from '../../../src/token/known-accounts.ts';
import { azureCli, desktop } from '../../emulator/client.ts';
import { alice, contoso, type Emulator } from '../../helpers/flows.ts';
import { recordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

const userRead = 'https://graph.microsoft.com/User.Read';

let emulator: Emulator;
let token: string;
beforeEach(async () => {
  emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1 });
  const person = recordedContext({
    deviceCode: ({ verificationUri, userCode }) =>
      void approveDeviceCode(verificationUri, userCode, alice, emulator.ca),
  });
  const { accessToken, signedIn } = await withRequestContext(person, () =>
    deviceCode({ identity: identityOf(emulator, desktop), scopes: [userRead] }),
  );
  if (!signedIn) throw new Error('Nobody is signed in.');
  rememberSignIn(signedIn);
  token = accessToken;
  emulator.clearRequests();
});
afterEach(async () => {
  forgetSignIns();
  forgetApplications();
  await emulator.close();
});

function ask(
  { clientId = desktop, tenant = contoso, scopes = [userRead], force = false, claims }: Asked = {},
  context = recordedContext(),
) {
  const identity = identityOf(emulator, clientId, tenant);
  return withRequestContext(context, () => tokenOfKnownAccount({ identity, scopes, force, claims }));
}
interface Asked {
  readonly clientId?: string;
  readonly tenant?: string;
  readonly scopes?: readonly string[];
  readonly force?: boolean;
  readonly claims?: string;
}

describe('A person who has signed in to a client before', () => {
  it('is handed the same token without the network', async () => {
    expect(await ask()).toMatchObject({ accessToken: token });
    expect(await ask({ clientId: desktop.toUpperCase(), tenant: contoso.toUpperCase() })).toMatchObject({
      accessToken: token,
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, Asked]>([
    ['past the cache', { force: true }],
    ['for another resource', { scopes: ['https://management.azure.com/user_impersonation'] }],
  ])('gets a new token with the refresh token %s', async (_what, asked) => {
    const answer = await ask(asked);
    expect(answer?.accessToken).toMatch(/^ey/);
    expect(answer?.accessToken).not.toBe(token);
    expect(emulator.requests.map(({ grantType }) => grantType)).toContain('refresh_token');
  });

  it.each<[string, Asked]>([
    ['another client', { clientId: azureCli }],
    ['another tenant', { tenant: 'organizations' }],
  ])('is nobody to %s', async (_what, asked) => {
    expect(await ask(asked)).toBeUndefined();
    expect(emulator.requests).toEqual([]);
  });

  it('is nobody any more once sign-ins are forgotten', async () => {
    forgetSignIns();
    expect(await ask()).toBeUndefined();
  });

  it('is needed again when the tokens are gone', async () => {
    forgetApplications();
    expect(await ask()).toBeUndefined();
  });

  it.each<[string, string, () => void, Asked]>([
    ['the refresh token is refused', 'AADSTS50057', () => disable(alice.username), { force: true }],
    ['nobody has consented', 'AADSTS65001', () => {}, { scopes: ['https://graph.microsoft.com/Mail.Read'] }],
    [
      'Entra asks for more',
      'AADSTS50076',
      () => emulator.nextAnswers.push({ kind: 'claims-challenge' }),
      { force: true },
    ],
  ])('is needed again when %s, and the reason is told', async (_what, reason, prepare, asked) => {
    prepare();
    const context = recordedContext();
    expect(await ask(asked, context)).toBeUndefined();
    const [line] = context.logged.filter(({ level }) => level === 'verbose').map(({ message }) => message);
    expect(line).toMatch(`${alice.username} has signed in before, but is needed again: ${reason}: `);
  });

  it('leaves no failure behind for the sign-in that follows', async () => {
    disable(alice.username);
    const identity = identityOf(emulator, desktop);
    await withRequestContext(recordedContext(), async () => {
      expect(await tokenOfKnownAccount({ identity, scopes: [userRead], force: true })).toBeUndefined();
      expect(failedExchange()).toBeUndefined();
    });
  });

  it('is not bothered when the network is down: that is the error', async () => {
    emulator.nextAnswers.push({ kind: 'reset' });
    expect((await tokenErrorOf(ask({ force: true }))).data).toMatchObject({ code: 'NetworkError', retryable: true });
  });

  it('is not bothered when the request is cancelled', async () => {
    const reason = new TokenError('Cancelled', 'The request was cancelled.');
    const context = recordedContext({ signal: AbortSignal.abort(reason) });
    await expect(ask({ force: true }, context)).rejects.toBe(reason);
  });
});

function disable(username: string): void {
  const user = emulator.directory.users.find(({ userPrincipalName }) => userPrincipalName === username);
  if (!user) throw new Error(`There is no ${username}.`);
  user.disabled = true;
}
