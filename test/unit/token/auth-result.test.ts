import { describe, expect, it } from 'vitest';
import type { EntraAnswer } from '../../../src/grants/token-answer.ts';
import { authResult, resultOfGivenToken } from '../../../src/token/auth-result.ts';

const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const cloud = { authorityHost: 'https://login.microsoftonline.us', wellKnown: true };
const inAnHour = Math.floor(Date.now() / 1000) + 3600;

function answer(changes: Partial<EntraAnswer> = {}): EntraAnswer {
  return {
    accessToken: 'opaque',
    expiresOn: inAnHour * 1000 - 400,
    reusable: true,
    extension: 0,
    uniqueId: undefined,
    tenantId: undefined,
    account: undefined,
    idToken: undefined,
    scopes: ['a/.default'],
    correlationId: 'c',
    refreshToken: undefined,
    ...changes,
  };
}

describe("The result of Entra's answer", () => {
  it("ends with the token's own exp, and with what Entra said where the token is opaque", () => {
    expect(authResult(answer({ accessToken: jwt({ exp: inAnHour }) })).expiresOn).toBe(inAnHour * 1000);
    expect(authResult(answer()).expiresOn).toBe(inAnHour * 1000 - 400);
  });

  it('has the extended end as far behind the end as Entra said', () => {
    const result = authResult(answer({ accessToken: jwt({ exp: inAnHour }), extension: 3_600_000 }));
    expect(result.extendedExpiresOn).toBe((inAnHour + 3600) * 1000);
  });

  it("has an application's tenant from its token, and a person's from the id token", () => {
    const accessToken = jwt({ exp: inAnHour, tid: 'of the access token' });
    expect(authResult(answer({ accessToken })).tenantId).toBe('of the access token');
    expect(authResult(answer({ accessToken, tenantId: 'of the id token' })).tenantId).toBe('of the id token');
    expect(authResult(answer()).tenantId).toBeNull();
  });

  it('has null for what there is not', () => {
    expect(authResult(answer())).toMatchObject({ uniqueId: null, account: null, idToken: null, refreshToken: null });
  });

  it("files a guest under the account's home", () => {
    const account = {
      homeAccountId: 'home-object.home-tenant',
      environment: 'login.windows.net',
      tenantId: 'guest-tenant',
      username: 'guest@home',
      localAccountId: 'guest-object',
    };
    expect(authResult(answer({ account, uniqueId: 'guest-object', tenantId: 'guest-tenant' }))).toMatchObject({
      uniqueId: 'guest-object',
      tenantId: 'guest-tenant',
      account: {
        username: 'guest@home',
        environment: 'login.windows.net',
        homeAccountId: { identifier: account.homeAccountId, objectId: 'home-object', tenantId: 'home-tenant' },
      },
    });
  });

  it('may be handed out again until five minutes before its end, where the grant says so', () => {
    expect(authResult(answer()).reusableUntil).toBe(inAnHour * 1000 - 400 - 300_000);
    expect(authResult(answer({ reusable: false })).reusableUntil).toBeNull();
  });
});

describe('The result of a token that was given', () => {
  it('has no account without oid, for an account is filed under it', () => {
    const token = jwt({ exp: inAnHour, tid: 't', upn: 'u@t' });
    expect(resultOfGivenToken(token, [], cloud).account).toBeNull();
  });

  it('says that it has expired also at a time that is no date', () => {
    expect(() => resultOfGivenToken(jwt({ exp: -1e15, tid: 't' }), [], cloud)).toThrow(
      expect.objectContaining({
        code: 'TokenExpired',
        message:
          'Parameter AccessToken: the token expired on an unknown date. Get a new one and run the command again.',
      }),
    );
  });

  it.each([
    ['a text', '"soon"'],
    ['nothing', 'null'],
  ])('is refused when exp is %s', (_what, exp) => {
    const token = `e30.${Buffer.from(`{"exp":${exp},"tid":"t"}`).toString('base64url')}.c2ln`;
    expect(() => resultOfGivenToken(token, [], cloud)).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        message: 'Parameter AccessToken: the token does not say when it expires (claim exp).',
      }),
    );
  });
});
