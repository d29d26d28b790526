import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { call, claimsOf, codeOf, confidential, graphDefault, postToken } from './client.ts';
import type { Answer } from './client.ts';

let emulator: Emulator;
beforeEach(async () => void (emulator = await startEmulator()));
afterEach(() => emulator.close());

const ask = (changes: Record<string, string> = {}): Promise<Answer> =>
  postToken(emulator, {
    grant_type: 'client_credentials',
    client_id: confidential.id,
    client_secret: confidential.secret,
    scope: graphDefault,
    ...changes,
  });
const discover = (): Promise<Answer> =>
  call(emulator, `${emulator.authority}/common/v2.0/.well-known/openid-configuration`);

test('429 says when to come back, and the request after it is served', async () => {
  emulator.nextAnswers.push({ kind: 'status', status: 429, retryAfter: 7 });
  const throttled = await ask();

  expect([throttled.status, throttled.headers['retry-after'], throttled.body['error']]).toEqual([
    429,
    '7',
    'too_many_requests',
  ]);
  expect((await ask()).status).toBe(200);
});

test('an answer may be given several times, and others wait behind it', async () => {
  emulator.nextAnswers.push({ kind: 'status', status: 503, times: 2 }, { kind: 'status', status: 500 });
  const statuses: number[] = [];
  for (let round = 0; round < 4; round += 1) statuses.push((await ask()).status);

  expect(statuses).toEqual([503, 503, 500, 200]);
});

test('an answer is for the token endpoint unless it says otherwise', async () => {
  emulator.nextAnswers.push({ kind: 'status', status: 503 });
  expect((await discover()).status).toBe(200);
  expect((await ask()).status).toBe(503);

  emulator.nextAnswers.push({ kind: 'status', status: 503, endpoint: 'discovery' });
  expect((await ask()).status).toBe(200);
  expect((await discover()).status).toBe(503);

  emulator.nextAnswers.push({ kind: 'status', status: 503, endpoint: 'any' });
  expect((await discover()).status).toBe(503);
});

test('the managed identity endpoints count as token endpoints', async () => {
  emulator.nextAnswers.push({ kind: 'status', status: 429 });

  expect((await call(emulator, `${emulator.managedIdentity}/metadata/identity/oauth2/token`)).status).toBe(429);
});

test('reset cuts the connection', async () => {
  emulator.nextAnswers.push({ kind: 'reset' });

  await expect(ask()).rejects.toThrow('read ECONNRESET');
  expect(emulator.requests.at(-1)).toMatchObject({ status: 0, notes: ['Answered by the scenario reset.'] });
});

test('hang never answers, and the emulator can be closed all the same', async () => {
  emulator.nextAnswers.push({ kind: 'hang' });
  const hanging = ask();
  hanging.catch(() => {});
  while (!emulator.requests.some(({ notes }) => notes.length > 0)) await discover();
  await emulator.close();

  await expect(hanging).rejects.toThrow(/ECONNRESET|socket hang up/);
});

test('a claims challenge is interaction_required with the claims, which a request can then bring', async () => {
  emulator.nextAnswers.push({ kind: 'claims-challenge' });
  const { body } = await ask();

  expect(body).toMatchObject({ error: 'interaction_required', error_codes: [50076], suberror: 'basic_action' });
  expect(claimsOf(await ask({ claims: String(body['claims']) }))['acrs']).toEqual(['c1']);
});

test('an expired secret is AADSTS7000222 though the secret is right', async () => {
  emulator.nextAnswers.push({ kind: 'expired-secret' });

  expect(codeOf(await ask())).toBe(7000222);
});

test('JSON is answered as it was given', async () => {
  const json = { access_token: 'opaque', expires_in: 1e300 };
  emulator.nextAnswers.push({ kind: 'json', json });

  expect(await ask()).toMatchObject({ status: 200, body: json });
  expect((await ask()).body['expires_in']).toBe(3599);
});

test('an answer of no known kind is refused', () => {
  expect(() => emulator.nextAnswers.push({ kind: 'magic' } as never)).toThrow("There is no answer of kind 'magic'.");
});

test.each([
  [{ status: 99 }, /^'status' is 99, and must be a whole number from 200 to 599\.$/],
  [{ status: '503' }, /^'status' is "503"/],
  [{ retryAfter: -1 }, /^'retryAfter' is -1, and must be a whole number from 0 on\.$/],
  [{ times: 0 }, /^'times' is 0, and must be a whole number from 1 on\.$/],
  [{ endpoint: 'tokens' }, /^'endpoint' is "tokens", and must be one of token, discovery, /],
  [{ claims: {} }, /^'claims' is \{\}, and must be a text\.$/],
  [{ json: [] }, /^'json' is \[\], and must be an object\.$/],
  [{ endpont: 'token' }, /^It has 'endpont', which no answer has\.$/],
])('an answer with %j is refused, and none of its list waits', (members, message) => {
  const answers = [{ kind: 'status' }, { kind: 'status', ...members }] as never[];
  expect(() => emulator.nextAnswers.push(...answers)).toThrow(message);
  expect(emulator.nextAnswers.length).toBe(0);
});

describe("over the emulator's own addresses", () => {
  const address = (): string => `${emulator.authority}/emulator/scenarios`;
  const headers = { 'content-type': 'application/json' };

  test('answers are pushed as JSON, one or a list, and forgotten', async () => {
    const one = await call(emulator, address(), { text: '{"kind":"status","status":503}', headers });
    const list = await call(emulator, address(), { text: '[{"kind":"reset"},{"kind":"hang"}]', headers });
    expect([one.status, list.status, emulator.nextAnswers.length]).toEqual([204, 204, 3]);

    await call(emulator, address(), { method: 'DELETE' });
    expect((await ask()).status).toBe(200);
  });

  test.each([
    ['what is no JSON', '{', headers, 400],
    ['what is no answer', '{"kind":"magic"}', headers, 400],
    ['null', 'null', headers, 400],
    ['a content type that any page could send', '{"kind":"hang"}', { 'content-type': 'text/plain' }, 415],
  ])('%s is refused', async (_, text, sent, status) => {
    const answer = await call(emulator, address(), { text, headers: sent });

    expect([answer.status, emulator.nextAnswers.length]).toEqual([status, 0]);
  });

  test('the request log is read and emptied', async () => {
    await ask();
    const { text } = await call(emulator, `${emulator.authority}/emulator/requests`);
    expect(JSON.parse(text)).toMatchObject([{ grantType: 'client_credentials', status: 200 }, {}]);

    await call(emulator, `${emulator.authority}/emulator/requests`, { method: 'DELETE' });
    expect(emulator.requests).toEqual([]);
  });
});
