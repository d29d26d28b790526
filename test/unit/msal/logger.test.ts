import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/msal/logger.ts';

describe('A log line', () => {
  it('never has a JWT in it', () => {
    expect(redact('got eyJhbGciOi.eyJhdWQi.c2ln today')).toBe('got *** today');
  });
  it('has names that begin like a JWT', () => {
    const line = "Tenant 'eyewear.onmicrosoft.com' has no https://eygs.crm4.dynamics.com.";
    expect(redact(line)).toBe(line);
  });

  // A service may answer with it.
  it('is gone through within a moment, whatever it repeats', () => {
    const long = 'eyJ-'.repeat(500_000);
    expect(redact(long) === long).toBe(true);
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
