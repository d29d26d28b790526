import { describe, expect, it } from 'vitest';
import { claimOf, claimsOf } from '../../../src/token/claims.ts';

const part = (json: string): string => Buffer.from(json).toString('base64url');
const jwt = (payload: string): string => `${part('{"alg":"none"}')}.${part(payload)}.`;

describe('The claims of a token', () => {
  it('come in the order in which the token has them', () => {
    expect(claimsOf(jwt('{"b":"1","a":"2"}'))).toEqual([
      ['b', '1'],
      ['a', '2'],
    ]);
  });

  it('keep every digit of numbers beyond 2^53', () => {
    expect(claimsOf(jwt('{"n":12345678901234567890,"f":1.10}'))).toEqual([
      ['n', '12345678901234567890'],
      ['f', '1.10'],
    ]);
  });

  it('keep texts that look like dates', () => {
    expect(claimsOf(jwt('{"d":"2025-01-31T12:34:56Z"}'))).toEqual([['d', '2025-01-31T12:34:56Z']]);
  });

  it('have one value for each element of an array', () => {
    expect(claimsOf(jwt('{"roles":["a","b"],"none":[]}'))).toEqual([['roles', 'a', 'b'], ['none']]);
  });

  it('show an object as JSON, its numbers unchanged', () => {
    expect(claimsOf(jwt('{"o":{"n":90071992547409931,"b":true}}'))).toEqual([
      ['o', '{"n":90071992547409931,"b":true}'],
    ]);
  });

  it('keep names that objects have by themselves', () => {
    expect(claimsOf(jwt('{"__proto__":"x","constructor":"y"}'))).toContainEqual(['constructor', 'y']);
  });

  it.each([
    ['an opaque token', 'opaque'],
    ['an encrypted token, which has five parts', 'a.b.c.d.e'],
    ['a payload that is no JSON', `a.${part('nonsense')}.c`],
    ['a payload that is no object', `a.${part('[1]')}.c`],
  ])('are none for %s', (_what, token) => {
    expect(claimsOf(token)).toEqual([]);
  });

  it('are found by name', () => {
    expect(claimOf(claimsOf(jwt('{"tid":"t"}')), 'tid')).toBe('t');
    expect(claimOf(claimsOf(jwt('{"tid":"t"}')), 'oid')).toBeUndefined();
  });
});
