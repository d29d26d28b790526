import { expect, it } from 'vitest';
import { azTokenResult } from '../../../src/token/token-result.ts';
import { contoso } from '../../helpers/flows.ts';
import { jwtOf } from '../../helpers/jwt.ts';

const expiresOn = Date.now() + 3_600_000;
const resultOf = (accessToken: string, requested: Partial<Parameters<typeof azTokenResult>[1]> = {}) =>
  azTokenResult(
    { accessToken, expiresOn, reusable: true },
    { scopes: ['.default'], tenantId: undefined, ...requested },
  );

const [upn, email, oid] = ['alice@contoso.com', 'alice@outlook.com', 'a11ce000-0000-4000-8000-000000000001'];

it.each([
  ['the user principal name', { oid, email, upn }, upn],
  ['the mail address of a personal account, which has no user principal name', { oid, email }, email],
  ['the object id of an application', { oid }, oid],
  ['nobody, where the token does not say who it is for', {}, null],
])('The identity of a token is %s', (_whose, claims, identity) => {
  expect(resultOf(jwtOf(claims)).identity).toBe(identity);
});

it.each([
  ['the one that issued the token', { tid: contoso }, 'contoso.com', contoso],
  ['the one that was asked for, where the token does not say', {}, 'contoso.com', 'contoso.com'],
  ['unknown, where none was asked for either', {}, undefined, null],
])('The tenant of a token is %s', (_which, claims, tenantId, expected) => {
  expect(resultOf(jwtOf(claims), { tenantId }).tenantId).toBe(expected);
});

it.each([
  ['what the person consented to', { scp: 'User.Read Mail.Send' }, ['User.Read', 'Mail.Send']],
  ['what was asked for, where the token has roles instead', { roles: ['User.Read.All'] }, ['Directory.Read.All']],
])('The scopes of a token are %s', (_which, claims, scopes) => {
  expect(resultOf(jwtOf(claims), { scopes: ['Directory.Read.All'] }).scopes).toEqual(scopes);
});

it('A token that nobody but its resource can read has what was asked for, and no claims', () => {
  expect(resultOf('opaque', { tenantId: 'contoso.com', scopes: ['User.Read'] })).toMatchObject({
    token: 'opaque',
    expiresOn,
    identity: null,
    tenantId: 'contoso.com',
    scopes: ['User.Read'],
    claims: [],
  });
});
