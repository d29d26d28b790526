import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceConnectionId } from '../../../src/emulator/workload-runners.ts';
import { federatedToken, type FederatedTokenSource } from '../../../src/grants/workload-identity.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import type { Emulator } from '../../helpers/flows.ts';
import { recordedContext, type RecordedContext } from '../../helpers/request-context.ts';
import { startTrustedEmulator, tokenErrorOf } from '../../helpers/trusted-emulator.ts';

const exchange = 'api://AzureADTokenExchange';
let emulator: Emulator;
let context: RecordedContext;
let gitHub: Readonly<Record<string, string>>;
let pipeline: Readonly<Record<string, string>>;
beforeEach(async () => {
  emulator = await startTrustedEmulator();
  ({ gitHubActions: gitHub, azurePipelines: pipeline } = emulator.workloadEnvironment);
});
afterEach(() => emulator.close());

function ask(
  from: FederatedTokenSource,
  environment: Readonly<Record<string, string>>,
  audience = exchange,
  signal = new AbortController().signal,
): Promise<string> {
  context = recordedContext({ environment, signal });
  return withRequestContext(context, () => federatedToken(from, audience));
}

async function errorOf(
  from: FederatedTokenSource,
  environment: Readonly<Record<string, string>>,
): Promise<Pick<TokenError, 'code' | 'message'> & { readonly retryable: boolean }> {
  const { code, message, data } = await tokenErrorOf(ask(from, environment));
  return { code, message, retryable: data.retryable };
}

/** A service on this machine that answers as it is told, for what the emulator never says. */
async function answering(status: number, text: string): Promise<AsyncDisposable & { readonly address: string }> {
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  const server = createServer((_, response) => response.writeHead(status).end(text)).listen(0, '127.0.0.1', resolve);
  await listening;
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/token`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

describe('In a job of GitHub Actions the federated token', () => {
  const from = { source: 'GitHubActions' } as const;
  const permission = 'GitHub sets it for jobs that have `permissions: id-token: write`.';

  it('is for the audience that is asked for, with what the address says already', async () => {
    expect(decodeJwt(await ask(from, gitHub, 'api://AzureADTokenExchangeUSGov'))).toMatchObject({
      sub: 'repo:contoso/scripts:ref:refs/heads/main',
      aud: 'api://AzureADTokenExchangeUSGov',
    });
    expect(emulator.requests.at(-1)).toMatchObject({
      method: 'GET',
      query: { 'api-version': '2.0', audience: 'api://AzureADTokenExchangeUSGov' },
    });
  });

  it.each(['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
    'is not there without %s, which the job must be permitted',
    async (name) => {
      expect(await errorOf(from, { ...gitHub, [name]: '' })).toEqual({
        code: 'FederatedTokenUnavailable',
        message: `${name} is not set. ${permission}`,
        retryable: false,
      });
      expect(emulator.requests).toEqual([]);
    },
  );

  it.each(['http://token.example/', 'ftp://localhost/', 'nonsense'])(
    'is not asked for at %s, where others could read along',
    async (address) => {
      expect(await errorOf(from, { ...gitHub, ACTIONS_ID_TOKEN_REQUEST_URL: address })).toEqual({
        code: 'FederatedTokenUnavailable',
        message: `ACTIONS_ID_TOKEN_REQUEST_URL is '${address}', which is no https address. ${permission}`,
        retryable: false,
      });
    },
  );

  it('is not asked for at a long address, which the message repeats by its beginning', async () => {
    const address = `http://${'x'.repeat(1000)}`;
    const { message } = await errorOf(from, { ...gitHub, ACTIONS_ID_TOKEN_REQUEST_URL: address });
    expect(message).toBe(
      `ACTIONS_ID_TOKEN_REQUEST_URL is '${address.slice(0, 100)}...', which is no https address. ${permission}`,
    );
  });

  it('is not asked for at an address with a password, which the message does not repeat', async () => {
    const address = 'http://me:Passw0rd@token.example/';
    expect(await errorOf(from, { ...gitHub, ACTIONS_ID_TOKEN_REQUEST_URL: address })).toEqual({
      code: 'FederatedTokenUnavailable',
      message: `ACTIONS_ID_TOKEN_REQUEST_URL is 'http://***@token.example/', which is no https address. ${permission}`,
      retryable: false,
    });
  });

  it('is refused to another job, with what GitHub says and what a job needs', async () => {
    expect(await errorOf(from, { ...gitHub, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'Other-Token' })).toEqual({
      code: 'FederatedTokenFailed',
      message:
        'GitHub gave this job no token: it answered 401 (The request token is not one of this job.). ' +
        'The job needs `permissions: id-token: write`, which pull requests from forks never have, and the variables ' +
        'ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN of its own run.',
      retryable: false,
    });
  });

  it.each([
    [429, 'Throttled'],
    [503, 'ServiceUnavailable'],
  ])('that is answered with %i may come later', async (status, code) => {
    emulator.nextAnswers.push({ kind: 'status', status, endpoint: 'workload' });
    expect(await errorOf(from, gitHub)).toEqual({
      code,
      message: `GitHub gave this job no token: it answered ${status}. Try again later.`,
      retryable: true,
    });
  });

  it.each(['<html>Sign in</html>', '{"count":0}', '{"value":"none"}', 'null'])(
    'is none where the answer is %s',
    async (text) => {
      await using service = await answering(200, text);
      expect(await errorOf(from, { ...gitHub, ACTIONS_ID_TOKEN_REQUEST_URL: service.address })).toEqual({
        code: 'ResponseInvalid',
        message: 'GitHub answered without a token. A proxy may have answered in its place.',
        retryable: false,
      });
    },
  );

  it("is no longer waited for when the request ends, with the request's reason", async () => {
    emulator.nextAnswers.push({ kind: 'hang', endpoint: 'workload' });
    const controller = new AbortController();
    const asked = ask(from, gitHub, exchange, controller.signal);
    const reason = new TokenError('Cancelled', 'The request was cancelled.');
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it("is in no line of the log, nor is the job's own token", async () => {
    const token = await ask(from, gitHub);
    const logged = JSON.stringify(context.logged);
    expect(logged).toContain('/emulator/github/token');
    expect(logged).not.toContain(token);
    expect(logged).not.toContain(gitHub['ACTIONS_ID_TOKEN_REQUEST_TOKEN']);
  });
});

describe('In a job of Azure Pipelines the federated token', () => {
  const from = { source: 'AzurePipelines', serviceConnectionId } as const;

  it("is the service connection's", async () => {
    expect(decodeJwt(await ask(from, pipeline))).toMatchObject({ sub: 'sc://contoso/scripts/entra', aud: exchange });
    expect(emulator.requests.at(-1)).toMatchObject({
      method: 'POST',
      query: { 'api-version': '7.1', serviceConnectionId },
      headers: { 'x-tfs-fedauthredirect': 'Suppress' },
    });
  });

  it.each([
    ['SYSTEM_OIDCREQUESTURI', 'Azure Pipelines sets it for the jobs that it runs.'],
    ['SYSTEM_ACCESSTOKEN', 'Hand it to the step of the pipeline: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`.'],
  ])('is not there without %s', async (name, advice) => {
    expect(await errorOf(from, { ...pipeline, [name]: '' })).toEqual({
      code: 'FederatedTokenUnavailable',
      message: `${name} is not set. ${advice}`,
      retryable: false,
    });
  });

  it('needs to be told which service connection', async () => {
    const error = await tokenErrorOf(ask({ source: 'AzurePipelines' }, pipeline));
    expect(error.message).toBe(
      "The service connection's id is missing: it is the resourceId in the address of its page in Azure DevOps.",
    );
    expect(error.data).toEqual({ code: 'MissingParameter', parameter: 'serviceConnectionId', retryable: false });
  });

  it('is refused for a service connection that the pipeline may not use', async () => {
    const other = '00000000-0000-4000-8000-000000000000';
    expect(await errorOf({ ...from, serviceConnectionId: other }, pipeline)).toEqual({
      code: 'FederatedTokenFailed',
      message:
        `Azure Pipelines gave this job no token: it answered 404 (There is no service connection ${other} for this pipeline.). ` +
        `Check the id of the service connection (${other}), that this pipeline may use it, and that SYSTEM_ACCESSTOKEN is $(System.AccessToken).`,
      retryable: false,
    });
  });

  it('is refused with another access token', async () => {
    expect(await errorOf(from, { ...pipeline, SYSTEM_ACCESSTOKEN: 'Other-Token' })).toMatchObject({
      code: 'FederatedTokenFailed',
      message: expect.stringMatching(/^Azure Pipelines gave this job no token: it answered 401\. Check the id/),
    });
  });
});

describe('In a file the federated token', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'federated-token-'));
    file = join(folder, 'token');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read anew each time, from the file that AZURE_FEDERATED_TOKEN_FILE names', async () => {
    const environment = { AZURE_FEDERATED_TOKEN_FILE: file };
    await writeFile(file, 'ey.first.token\n');
    expect(await ask({ source: 'File' }, environment)).toBe('ey.first.token');
    await writeFile(file, 'ey.second.token');
    expect(await ask({ source: 'File' }, environment)).toBe('ey.second.token');
  });

  it('is read from the file that is named, whatever the variable says', async () => {
    await writeFile(file, 'ey.named.token');
    expect(await ask({ source: 'File', file }, { AZURE_FEDERATED_TOKEN_FILE: '/nowhere' })).toBe('ey.named.token');
  });

  it('is not there when no file is named', async () => {
    expect(await errorOf({ source: 'File' }, {})).toEqual({
      code: 'FederatedTokenUnavailable',
      message: 'AZURE_FEDERATED_TOKEN_FILE is not set. Name the file, or let the variable name it.',
      retryable: false,
    });
  });

  it('is not there when the file is not, or is a folder', async () => {
    expect(await errorOf({ source: 'File', file }, {})).toMatchObject({
      code: 'FederatedTokenUnavailable',
      message: `The file with the federated token, '${file}', does not exist.`,
    });
    expect(await errorOf({ source: 'File', file: folder }, {})).toMatchObject({
      code: 'FederatedTokenUnavailable',
      message: `The file with the federated token, '${folder}', can't be read (EISDIR).`,
    });
  });

  it.each([
    ['', 'is empty'],
    ['Some-Secret', 'holds no token (a JWT)'],
  ])('is none when the file has %j', async (content, why) => {
    await writeFile(file, content);
    expect(await errorOf({ source: 'File', file }, {})).toEqual({
      code: 'FederatedTokenUnavailable',
      message: `The file with the federated token, '${file}', ${why}.`,
      retryable: false,
    });
  });
});
