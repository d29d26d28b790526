import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { serviceConnectionId } from '../../src/emulator/workload-runners.ts';
import { assertionType, workload } from './agents.ts';
import { call, claimsOf, codeOf, graphDefault, postToken } from './client.ts';
import type { Answer, Call } from './client.ts';

const exchange = 'api://AzureADTokenExchange';
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.clearRequests());
afterAll(() => emulator.close());

/** What Contoso Workload gets with the token. */
const present = (assertion: unknown): Promise<Answer> =>
  postToken(emulator, {
    grant_type: 'client_credentials',
    client_id: workload,
    client_assertion_type: assertionType,
    client_assertion: String(assertion),
    scope: graphDefault,
  });

describe('a job of GitHub Actions', () => {
  const askAt = (query: Readonly<Record<string, string>>, changes: Call = {}): Promise<Answer> => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } =
      emulator.workloadEnvironment.gitHubActions;
    const headers = { authorization: `Bearer ${token}` };
    return call(emulator, `${url}&${new URLSearchParams(query).toString()}`, { headers, ...changes });
  };

  test('gets a token that says which repository it is of, and its application proves itself with it', async () => {
    const { status, body } = await askAt({ audience: exchange });

    expect(status).toBe(200);
    expect(decodeJwt(String(body['value']))).toMatchObject({
      iss: `${emulator.authority}/emulator/issuer`,
      sub: 'repo:contoso/scripts:ref:refs/heads/main',
      aud: exchange,
    });
    expect(claimsOf(await present(body['value']))).toMatchObject({ appid: workload, appidacr: '2' });
  });

  test("gets one for the repository's owner when it names no audience, which Entra refuses", async () => {
    const { body } = await askAt({});

    expect(decodeJwt(String(body['value'])).aud).toBe('https://github.com/contoso');
    expect(codeOf(await present(body['value']))).toBe(700212);
  });

  test("may be another repository's, which the application doesn't know", async () => {
    const { body } = await askAt({ audience: exchange, subject: 'repo:contoso/other:ref:refs/heads/main' });

    expect(codeOf(await present(body['value']))).toBe(700213);
  });

  test('gets nothing with another token, without one, or by POST', async () => {
    expect((await askAt({ audience: exchange }, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
    expect((await askAt({ audience: exchange }, { headers: {} })).status).toBe(401);
    expect((await askAt({ audience: exchange }, { method: 'POST' })).status).toBe(405);
  });
});

describe('a job of Azure Pipelines', () => {
  const usual = { 'api-version': '7.1', serviceConnectionId };
  const askWith = (query: Readonly<Record<string, string>> = usual, changes: Call = {}): Promise<Answer> => {
    const { SYSTEM_OIDCREQUESTURI: url, SYSTEM_ACCESSTOKEN: token } = emulator.workloadEnvironment.azurePipelines;
    const headers = { authorization: `Bearer ${token}` };
    const address = `${url}?${new URLSearchParams(query).toString()}`;
    return call(emulator, address, { method: 'POST', headers, ...changes });
  };

  test('gets a token of its service connection, and its application proves itself with it', async () => {
    const { status, body } = await askWith();

    expect(status).toBe(200);
    expect(decodeJwt(String(body['oidcToken']))).toMatchObject({ sub: 'sc://contoso/scripts/entra', aud: exchange });
    expect(claimsOf(await present(body['oidcToken']))).toMatchObject({ appid: workload, appidacr: '2' });
  });

  test('gets nothing for a service connection that it may not use, and nothing without a version', async () => {
    const other = '00000000-0000-4000-8000-000000000000';

    expect(await askWith({ ...usual, serviceConnectionId: other })).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining(other) },
    });
    expect((await askWith({ serviceConnectionId })).status).toBe(400);
  });

  test('is sent to the login page with another token, unless it wants none', async () => {
    const authorization = 'Bearer other';

    expect((await askWith(usual, { headers: { authorization } })).status).toBe(302);
    expect((await askWith(usual, { headers: { authorization, 'x-tfs-fedauthredirect': 'Suppress' } })).status).toBe(
      401,
    );
    expect((await askWith(usual, { method: 'GET' })).status).toBe(405);
  });
});

test('the tokens that jobs show are nowhere in the log', async () => {
  const { azurePipelines, gitHubActions } = emulator.workloadEnvironment;
  const headers = { authorization: `Bearer ${gitHubActions.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
  await call(emulator, gitHubActions.ACTIONS_ID_TOKEN_REQUEST_URL, { headers });
  await call(emulator, azurePipelines.SYSTEM_OIDCREQUESTURI, { method: 'POST', headers });

  expect(emulator.requests).toHaveLength(2);
  expect(JSON.stringify(emulator.requests)).not.toContain(gitHubActions.ACTIONS_ID_TOKEN_REQUEST_TOKEN);
});

test('scenarios reach them by the endpoint workload', async () => {
  emulator.nextAnswers.push({ kind: 'status', status: 503, endpoint: 'workload' });
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url } = emulator.workloadEnvironment.gitHubActions;

  expect((await call(emulator, url)).status).toBe(503);
});
