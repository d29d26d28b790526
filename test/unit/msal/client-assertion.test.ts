import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostSignedAssertions } from '../../../src/msal/client-assertion.ts';
import { checkHostCertificate } from '../../../src/platform/host-certificate.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { recordedContext } from '../../helpers/request-context.ts';
import { descriptionOf, signatureOf, storedCertificate } from '../../helpers/signing-host.ts';

const stored = storedCertificate();
const config = { clientId: 'client', tokenEndpoint: 'https://localhost/t/oauth2/v2.0/token' };

describe('An assertion that the host signs', () => {
  let signatures = 0;
  const context = recordedContext({
    sign: async (algorithm, data) => {
      signatures += 1;
      return Buffer.from(signatureOf(data, algorithm, stored.privateKey), 'base64');
    },
  });
  const provider = () => hostSignedAssertions(checkHostCertificate(descriptionOf(stored)));
  const claimsOf = (assertion: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  beforeEach(() => {
    signatures = 0;
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => vi.useRealTimers());

  it('serves until a minute before its end, and not longer', async () => {
    const assertion = provider();
    await withRequestContext(context, async () => {
      const first = await assertion(config);
      vi.setSystemTime(Date.now() + 538_000);
      expect(await assertion(config)).toBe(first);
      vi.setSystemTime(Date.now() + 3000);
      const second = await assertion(config);
      expect(signatures).toBe(2);
      expect(claimsOf(second)['jti']).not.toBe(claimsOf(first)['jti']);
    });
  });

  it('is for one token endpoint', async () => {
    const assertion = provider();
    await withRequestContext(context, async () => {
      await assertion(config);
      const other = await assertion({ ...config, tokenEndpoint: 'https://localhost/u/oauth2/v2.0/token' });
      expect(claimsOf(other)['aud']).toBe('https://localhost/u/oauth2/v2.0/token');
      expect(signatures).toBe(2);
    });
  });

  it('is signed again when the first try failed', async () => {
    const assertion = provider();
    const failing = recordedContext({ sign: () => Promise.reject(new Error('locked')) });
    await expect(withRequestContext(failing, () => assertion(config))).rejects.toThrow('locked');
    await withRequestContext(context, () => assertion(config));
    expect(signatures).toBe(1);
  });
});
