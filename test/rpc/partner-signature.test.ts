import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sign, type SignParams, type SigningAlgorithm } from '../../src/protocol/host.ts';
import { newPartnerAccessToken } from '../../src/protocol/partner-token.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { contoso, refusalOf, tokenRequests, towards } from '../helpers/flows.ts';
import { directoryOfCertificate, partner, withCertificateOf } from '../helpers/partner-flows.ts';
import { descriptionOf, signatureOf, signWith, storedCertificate } from '../helpers/signing-host.ts';

const registered = storedCertificate();
const stranger = storedCertificate();
let engine: Engine;

const emulator = await emulatorOfFile({ directory: directoryOfCertificate(registered.certificate) });
// An engine of its own for each test: one that has a token or an assertion asks for no signature.
beforeEach(async () => {
  engine = await startEngine({ environment: towards(emulator), capabilities: { sign: true } });
});
afterEach(() => engine[Symbol.asyncDispose]());

const withCertificate = () => withCertificateOf(descriptionOf(registered));

describe('A signature', () => {
  const ask = () => refusalOf(partner(engine, 'ServicePrincipalCertificate', withCertificate()));

  it("that the host refuses ends the request with the host's reason; the next request is served", async () => {
    const refusing = engine.connection.onRequest(sign, () => {
      throw new ResponseError(-32000, 'The key is on a smart card that is not there');
    });
    expect(await ask()).toMatchObject({
      code: -32000,
      message:
        "The certificate's private key did not sign: The key is on a smart card that is not there. " +
        'Check that this user may use the key, or import the certificate again together with its key.',
      data: { code: 'SigningFailed', retryable: false },
    });
    expect(tokenRequests(emulator)).toBe(0);
    refusing.dispose();
    signWith(engine, registered);
    expect((await partner(engine, 'ServicePrincipalCertificate', withCertificate())).tenantId).toBe(contoso);
  });

  it.each([
    [
      'of another key',
      (data: Buffer, algorithm: SigningAlgorithm) => signatureOf(data, algorithm, stranger.privateKey),
    ],
    ['of another kind', (data: Buffer) => signatureOf(data, 'RS256', registered.privateKey)],
    ['that is no base64', () => '%%%'],
  ])('%s is found here and not sent to Entra', async (_what, wrong) => {
    engine.connection.onRequest(sign, ({ data, algorithm }) => ({
      signature: wrong(Buffer.from(data, 'base64'), algorithm),
    }));
    const refusal = await ask();
    expect(refusal.data.code).toBe('SigningFailed');
    expect(refusal.message).toMatch(
      /^What was signed for certificate [0-9A-F]{40} is no PS256 signature by its private key\. /,
    );
    expect(tokenRequests(emulator)).toBe(0);
  });

  it('that is none is refused', async () => {
    engine.connection.onRequest(sign.method, () => ({}));
    expect(await ask()).toMatchObject({
      message: "The certificate's private key gave no signature.",
      data: { code: 'SigningFailed' },
    });
  });

  it('is not asked of a host that did not say that it signs', async () => {
    await using silent = await startEngine({ environment: towards(emulator) });
    const asked = signWith(silent, registered);
    const refusal = await refusalOf(partner(silent, 'ServicePrincipalCertificate', withCertificate()));
    expect(refusal.data.code).toBe('SigningFailed');
    expect(refusal.message).toMatch(
      /^The private key of certificate [0-9A-F]{40} is not at hand: this client signs nothing\.$/,
    );
    expect(asked).toEqual([]);
  });

  it('is cancelled at the host when the request is, and the request ends at once', async () => {
    const asked = Promise.withResolvers<SignParams>();
    const cancelled = Promise.withResolvers<void>();
    engine.connection.onRequest(sign, (params, token) => {
      token.onCancellationRequested(() => cancelled.resolve());
      asked.resolve(params);
      return Promise.withResolvers<never>().promise;
    });
    const source = new CancellationTokenSource();
    const request = refusalOf(
      engine.connection.sendRequest(
        newPartnerAccessToken,
        { parameterSet: 'ServicePrincipalCertificate', parameters: withCertificate() },
        source.token,
      ),
    );
    await asked.promise;
    source.cancel();
    expect(await request).toMatchObject({ code: -32800, data: { code: 'Cancelled' } });
    await cancelled.promise;
  });

  it('is asked of another request that wants the same when the first one is cancelled', async () => {
    const asked: SignParams[] = [];
    const firstAsked = Promise.withResolvers<void>();
    engine.connection.onRequest(sign, (params) => {
      asked.push(params);
      firstAsked.resolve();
      if (params.handle === 'first') return Promise.withResolvers<never>().promise;
      const data = Buffer.from(params.data, 'base64');
      return { signature: signatureOf(data, params.algorithm, registered.privateKey) };
    });
    const source = new CancellationTokenSource();
    const [first, second] = ['first', 'second'].map((handle) =>
      engine.connection.sendRequest(
        newPartnerAccessToken,
        {
          parameterSet: 'ServicePrincipalCertificate',
          parameters: withCertificateOf(descriptionOf(registered, { handle })),
        },
        handle === 'first' ? source.token : undefined,
      ),
    );
    const gone = refusalOf(first ?? Promise.reject(new Error('no request')));
    await firstAsked.promise;
    source.cancel();
    expect((await gone).data.code).toBe('Cancelled');
    expect((await second)?.tenantId).toBe(contoso);
    expect(asked.map(({ handle }) => handle)).toEqual(['first', 'second']);
    expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(2);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('that takes longer than the request may ends with the request', async () => {
    engine.connection.onRequest(sign, () => Promise.withResolvers<never>().promise);
    const parameters = { ...withCertificate(), timeoutSeconds: 1 };
    expect(await refusalOf(partner(engine, 'ServicePrincipalCertificate', parameters))).toMatchObject({
      message: 'No token came within 1 second. Try again, or give more time with -TimeoutSeconds.',
      data: { code: 'Timeout', retryable: true },
    });
  });
});
