import type { AccountInfo } from '@azure/msal-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { approveDeviceCode } from '../../../src/emulator/scripted-person.ts';
import { defaultCredential, type DefaultCredentialRequest } from '../../../src/grants/default-credential.ts';
import { deviceCode } from '../../../src/grants/device-code.ts';
import type { SignedInAccount } from '../../../src/grants/signed-in-account.ts';
import type { TokenAnswer } from '../../../src/grants/token-answer.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { desktop } from '../../emulator/client.ts';
import { claimsIn } from '../../helpers/agent-flows.ts';
import { alice, confidentialClient, contoso, withSecret, type Emulator } from '../../helpers/flows.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startTrustedEmulator({ deviceCodeIntervalSeconds: 0.1 });
});
afterEach(async () => {
  forgetApplications();
  await emulator.close();
});

/** Somebody of whom MSAL's cache has nothing any more, so that a person would be needed. */
const forgotten = (): SignedInAccount => ({
  identity: identityOf(emulator, desktop),
  account: {
    homeAccountId: `gone.${contoso}`,
    environment: new URL(emulator.authority).host,
    tenantId: contoso,
    username: alice.username,
    localAccountId: 'gone',
  } satisfies AccountInfo,
});

/** Somebody who has signed in. */
async function account(): Promise<SignedInAccount> {
  const person = recordedContext({
    deviceCode: ({ verificationUri, userCode }) =>
      void approveDeviceCode(verificationUri, userCode, alice, emulator.ca),
  });
  const { signedIn } = await withRequestContext(person, () =>
    deviceCode({ identity: identityOf(emulator, desktop), scopes: ['https://graph.microsoft.com/User.Read'] }),
  );
  if (!signedIn) throw new Error('Nobody is signed in.');
  return signedIn;
}

function chain(context: RecordedContext, changes: Partial<DefaultCredentialRequest>): Promise<TokenAnswer> {
  const { cloud } = identityOf(emulator, desktop);
  const resource = 'https://graph.microsoft.com';
  return withRequestContext(context, () =>
    defaultCredential({
      cloud,
      resource,
      scopes: [`${resource}/.default`],
      force: false,
      precedence: ['Environment'],
      ...changes,
    }),
  );
}

it('The chain goes on after an account that a person would have to sign in again', async () => {
  const context = recordedContext({ environment: withSecret(emulator) });
  const { accessToken } = await chain(context, { signedIn: forgotten() });
  expect(claimsIn(accessToken)['appid']).toBe(confidentialClient.id);
  expect(context.logged.filter(({ level }) => level === 'verbose').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Account of the last interactive sign-in: /),
    'Environment variables has a token.',
  ]);
});

it('The reason why an account had no token is told with those of the other sources', async () => {
  const error = await tokenErrorOf(chain(recordedContext(), { signedIn: forgotten() }));
  expect(error.code).toBe('CredentialUnavailable');
  expect(error.data.steps).toMatchObject([
    { source: 'Account of the last interactive sign-in', outcome: 'unavailable' },
    { source: 'Environment variables', outcome: 'unavailable' },
  ]);
});

it("A refusal that is MSAL's own is not told in the words of the source before it, and ends the chain", async () => {
  const environment = withSecret(emulator);
  const signedIn = await account();
  emulator.nextAnswers.push({ kind: 'status', status: 429, retryAfter: 60 });
  expect((await tokenErrorOf(chain(recordedContext({ environment }), {}))).code).toBe('Throttled');
  emulator.nextAnswers.push({ kind: 'claims-challenge' });
  const error = await tokenErrorOf(chain(recordedContext({ environment }), { signedIn, force: true }));
  expect(error.message).toBe(
    'Environment variables: The emulator was told to answer 429. ' +
      'Entra refused this a moment ago, and the request was not sent again: wait before the next one.',
  );
  expect(error.code).toBe('Throttled');
  expect(error.data.steps).toMatchObject([
    { source: 'Account of the last interactive sign-in', outcome: 'unavailable' },
    { source: 'Environment variables', outcome: 'failed' },
  ]);
});

it('A resource of any length is told by its beginning', async () => {
  const resource = `https://${'x'.repeat(1_000_000)}`;
  const error = await tokenErrorOf(chain(recordedContext(), { resource }));
  expect(error.message).toMatch(/^No source has a token for https:\/\/x{92}\.\.\.\. Tried, in this order:\n/);
});
