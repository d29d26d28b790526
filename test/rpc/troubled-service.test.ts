import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, refusalOf, tokenRequests, withSecret, type Emulator } from '../helpers/flows.ts';

let emulator: Emulator;
let engine: Engine;

beforeAll(async () => {
  emulator = await startEmulator();
  engine = await startEngine({ environment: withSecret(emulator) });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
});
beforeEach(() => {
  emulator.clearRequests();
  // A request that was given up may have left its answer.
  emulator.nextAnswers.clear();
});

describe('A service that has trouble', () => {
  const once = { environment: {} as Record<string, string> };
  beforeEach(() => {
    once.environment = { ...withSecret(emulator) };
  });

  it('and asks to wait gives Throttled and how long', async () => {
    emulator.nextAnswers.push({ kind: 'status', status: 429, retryAfter: 7, times: 10 });
    const refusal = await refusalOf(
      ask(engine, 'NonInteractive', { force: true, resource: 'https://vault.azure.net' }, once),
    );
    emulator.nextAnswers.clear();
    expect(refusal.data).toMatchObject({ code: 'Throttled', retryable: true, retryAfter: 7000 });
  });

  it('and says no more than 429 is told of also where it is not asked again so soon', async () => {
    emulator.nextAnswers.push({ kind: 'json', status: 429, retryAfter: 60, json: {} });
    const request = { force: true, resource: 'https://storage.azure.com' };
    await refusalOf(ask(engine, 'NonInteractive', request, once));
    emulator.clearRequests();
    expect(await refusalOf(ask(engine, 'NonInteractive', request, once))).toMatchObject({
      message:
        'Environment variables: Entra refused this a moment ago, and the request was not sent again: ' +
        'wait before the next one.',
      data: { code: 'Throttled', retryable: true },
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    [429, 'Throttled'],
    [503, 'ServiceUnavailable'],
  ])('and answers %i without asking to wait is asked again by the next request', async (status, code) => {
    const request = { force: true, resource: 'api://contoso-orders' };
    emulator.nextAnswers.push({ kind: 'status', status });
    const refusal = await refusalOf(ask(engine, 'NonInteractive', request, once));
    expect(refusal).toMatchObject({
      message: expect.stringMatching(`^Environment variables: The emulator was told to answer ${status}\\. `),
      data: { code, retryable: true },
    });
    expect((await ask(engine, 'NonInteractive', request, once)).scopes).toEqual(['.default']);
    expect(tokenRequests(emulator)).toBe(2);
  });

  it('and answers 503 gives ServiceUnavailable', async () => {
    emulator.nextAnswers.push({ kind: 'status', status: 503, times: 10 });
    const refusal = await refusalOf(
      ask(engine, 'NonInteractive', { force: true, resource: 'api://contoso-orders' }, once),
    );
    emulator.nextAnswers.clear();
    expect(refusal.data).toMatchObject({ code: 'ServiceUnavailable', retryable: true });
  });

  it('and resets the connection gives NetworkError', async () => {
    emulator.nextAnswers.push({ kind: 'reset', times: 10 });
    const refusal = await refusalOf(ask(engine, 'NonInteractive', { force: true }, once));
    emulator.nextAnswers.clear();
    expect(refusal.data).toMatchObject({ code: 'NetworkError', retryable: true });
  });

  it('and hangs gives Timeout after -TimeoutSeconds', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    const refusal = await refusalOf(ask(engine, 'NonInteractive', { force: true, timeoutSeconds: 1 }, once));
    expect(refusal).toMatchObject({
      message: 'No token came within 1 second. Try again, or give more time with -TimeoutSeconds.',
      data: { code: 'Timeout', retryable: true },
    });
  });

  it('and is not there gives ConnectionRefused', async () => {
    const environment = { ...once.environment, AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9' };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment }));
    expect(refusal).toMatchObject({
      message: 'Environment variables: 127.0.0.1:9 refused the connection. Check the address and the proxy.',
      data: { code: 'ConnectionRefused', retryable: true },
    });
  });

  it('and shows a certificate that nobody trusts gives TlsError', async () => {
    await using stranger = await startEngine();
    const { NODE_EXTRA_CA_CERTS: _ca, ...environment } = withSecret(emulator);
    const refusal = await refusalOf(ask(stranger, 'NonInteractive', {}, { environment }));
    expect(refusal.data).toMatchObject({ code: 'TlsError', retryable: false });
    // Node's own advice, a switch of node, is nothing that a caller could follow.
    expect(refusal.message).toMatch(
      /^Environment variables: The certificate of \S+ is not trusted \([\w ]+\)\. Where a proxy .* NODE_EXTRA_CA_CERTS\.$/,
    );
  });

  it('and speaks no TLS gives TlsError, and no advice about certificates', async () => {
    const authority = emulator.managedIdentity.replace('http:', 'https:');
    const environment = { ...once.environment, AZURE_AUTHORITY_HOST: authority };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', {}, { environment }));
    expect(refusal).toMatchObject({
      message:
        `Environment variables: ${new URL(authority).host} and this machine can't agree on a TLS connection ` +
        '(wrong version number). Check the address, and the proxy.',
      data: { code: 'TlsError', retryable: false },
    });
  });
});
