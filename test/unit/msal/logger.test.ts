import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/msal/logger.ts';

describe('A log line', () => {
  it('never has a JWT in it', () => {
    expect(redact('got eyJhbGciOi.eyJhdWQi.c2ln today')).toBe('got *** today');
  });
  it.each([
    'client_secret',
    'client_assertion',
    'assertion',
    'refresh_token',
    'access_token',
    'code',
    'code_verifier',
    'password',
  ])('never has the value of %s in it', (name) =>
    expect(redact(`grant_type=x&${name}=s3cret.value&scope=y`)).toBe(`grant_type=x&${name}=***&scope=y`),
  );
});
