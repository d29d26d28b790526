import { describe, expect, it } from 'vitest';
import { isLifetime, problemOfTokenAnswer } from '../../../src/msal/token-answers.ts';

const good = { token_type: 'Bearer', access_token: 'opaque', expires_in: 3599 };
const { expires_in: _, ...endless } = good;

describe('An answer of a token service', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['expires_in 1e+300, which is no lifetime of a token: seconds, a year at most', { ...good, expires_in: 1e300 }],
    [
      'expires_in 31536001, which is no lifetime of a token: seconds, a year at most',
      { ...good, expires_in: 31_536_001 },
    ],
    ['expires_in -1, which is no lifetime of a token: seconds, a year at most', { ...good, expires_in: -1 }],
    ['expires_in 0, which is no lifetime of a token: seconds, a year at most', { ...good, expires_in: 0 }],
    ["expires_in 'soon', which is no lifetime of a token: seconds, a year at most", { ...good, expires_in: 'soon' }],
    ["expires_in '', which is no lifetime of a token: seconds, a year at most", { ...good, expires_in: '' }],
    ['expires_in [3599], which is no lifetime of a token: seconds, a year at most', { ...good, expires_in: [3599] }],
    ['no expires_in', endless],
    ['no expires_in', { ...good, expires_in: null }],
    ['an access_token that is no text', { ...good, access_token: 12 }],
    ['an access_token that is no text', { ...good, access_token: { token: 'opaque' } }],
    ['no access_token', { token_type: 'Bearer', expires_in: 3599 }],
    ['no access_token', { ...good, access_token: null }],
    ['no access_token', { ...good, access_token: '' }],
    ['no access_token', {}],
    ['an access_token with spaces or other characters that no token has', { ...good, access_token: 'a\u001B[31mb' }],
    ['an access_token with spaces or other characters that no token has', { ...good, access_token: 'a\nb' }],
    ['a scope that is no text', { ...good, scope: ['User.Read'] }],
    ['a refresh_token that is no text', { ...good, refresh_token: 1 }],
    ['an id_token that is no text', { ...good, id_token: {} }],
  ])('is refused with %s: %j', (problem, answer) => {
    expect(problemOfTokenAnswer(answer)).toBe(problem);
  });

  it.each([
    good,
    { ...good, expires_in: '3599' },
    { ...good, expires_in: 31_536_000, refresh_token: 'opaque', id_token: 'opaque', scope: 'User.Read' },
    { ...good, refresh_token: null, scope: '' },
  ])('is taken: %j', (answer) => {
    expect(problemOfTokenAnswer(answer)).toBeUndefined();
  });
});

it.each([undefined, null, Number.NaN, '', '1e3', '0', true])('%j is no lifetime', (value) => {
  expect(isLifetime(value)).toBe(false);
});
