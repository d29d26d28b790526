import { describe, expect, it } from 'vitest';
import { problemOfDiscoveryDocument } from '../../../src/msal/discovery-document.ts';

const good = {
  token_endpoint: 'https://login.example/token',
  authorization_endpoint: 'https://login.example/authorize',
};

describe('A discovery document', () => {
  it.each([
    ['token_endpoint', 'http://login.example/token', "the token_endpoint 'http://login.example/token'"],
    ['token_endpoint', 'http://127.0.0.1:8080/token', "the token_endpoint 'http://127.0.0.1:8080/token'"],
    ['token_endpoint', 'http://me:Passw0rd@localhost/token', "the token_endpoint 'http://***@localhost/token'"],
    ['token_endpoint', 'token', "the token_endpoint 'token'"],
    ['token_endpoint', 12, 'the token_endpoint 12'],
    ['authorization_endpoint', 'http://localhost/authorize', "the authorization_endpoint 'http://localhost/authorize'"],
    ['authorization_endpoint', 'file:///bin/sh', "the authorization_endpoint 'file:///bin/sh'"],
    ['authorization_endpoint', 'javascript:alert(1)', "the authorization_endpoint 'javascript:alert(1)'"],
  ])('with the %s %s is refused', (name, endpoint, problem) => {
    expect(problemOfDiscoveryDocument({ ...good, [name]: endpoint })).toBe(`${problem}, which is no https address`);
  });

  it('whose endpoints are https is taken', () => {
    expect(problemOfDiscoveryDocument(good)).toBeUndefined();
  });
});
