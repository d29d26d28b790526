import { ClientAuthError, ClientConfigurationError, InteractionRequiredAuthError } from '@azure/msal-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asTokenError } from '../../../src/grants/foreign-errors.ts';
import { refreshToken } from '../../../src/grants/refresh-token.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { desktop } from '../../emulator/client.ts';
import type { Emulator } from '../../helpers/flows.ts';
import { recordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator } from '../../helpers/trusted-emulator.ts';

describe("MSAL's error without a text", () => {
  it.each([
    [
      'nonce_mismatch',
      'AuthenticationFailed',
      "The answer is another sign-in's: its id token does not have the nonce that this one was begun with. " +
        'Run the command again, and sign in on the page that it opens.',
    ],
    [
      'endpoints_resolution_error',
      'ResponseInvalid',
      'The sign-in service does not say where its endpoints are. Check the address of the sign-in service, and the proxy.',
    ],
    [
      'multiple_matching_tokens',
      'AuthenticationFailed',
      'MSAL ended the request with multiple_matching_tokens. Run the command again; if it stays so, report it.',
    ],
  ])('says what happened and what to do: %s', (msalCode, code, message) => {
    for (const error of [new ClientAuthError(msalCode, ''), new ClientConfigurationError(msalCode, '')]) {
      expect(asTokenError(error)).toMatchObject({ code, message, cause: error });
    }
  });

  it.each([
    ['no_tokens_found', 'There is no token, and no refresh token that could get one.'],
    ['refresh_token_expired', 'The refresh token has expired.'],
    ['native_account_unavailable', 'MSAL ended the request with native_account_unavailable.'],
  ])('that wants the person says what happened and what to do: %s', (msalCode, what) => {
    const error = new InteractionRequiredAuthError(msalCode, '');
    const message = `${what} Sign in again with Get-AzToken -Interactive.`;
    expect(asTokenError(error)).toMatchObject({ code: 'InteractionRequired', message, cause: error });
  });

  it('keeps its text where it has one', () => {
    const error = new ClientAuthError('nonce_mismatch', '', 'See the log.');
    expect(asTokenError(error)).toMatchObject({
      code: 'AuthenticationFailed',
      message: 'nonce_mismatch: See the log.',
    });
  });
});

describe("MSAL's error of a managed identity", () => {
  it('is no failure of the engine', () => {
    // MSAL does not export the class.
    const error = Object.assign(new Error('invalid_secret: The secret is too long.'), { name: 'ManagedIdentityError' });
    const message = 'invalid_secret: The secret is too long.';
    expect(asTokenError(error)).toMatchObject({ code: 'AuthenticationFailed', message });
  });
});

describe('A token answer that MSAL refuses', () => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startTrustedEmulator();
  });
  afterEach(async () => {
    forgetApplications();
    await emulator.close();
  });

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each([
    ['an id token', { id_token: 'none' }],
    ['a client_info', { id_token: `${part({ alg: 'none' })}.${part({ oid: 'o' })}.x`, client_info: 'none' }],
  ])('for %s that is none is ResponseInvalid, and says so', async (what, members) => {
    const json = { access_token: 'x', token_type: 'Bearer', expires_in: 3600, ...members };
    emulator.nextAnswers.push({ kind: 'json', json });
    const identity = identityOf(emulator, desktop);
    const error = await withRequestContext(recordedContext(), () =>
      refreshToken({
        identity,
        credential: undefined,
        refreshToken: 'r',
        scopes: ['https://graph.microsoft.com/User.Read'],
      }).catch(asTokenError),
    );
    expect(error).toMatchObject({
      code: 'ResponseInvalid',
      message: `The service answered with ${what} that is none. Check the address of the sign-in service, and the proxy.`,
    });
  });
});
