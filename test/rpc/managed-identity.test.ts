import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { getAzToken } from '../../src/protocol/az-token.ts';
import { ask, contoso, refusalOf, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';

const userAssigned = 'a5516000-0000-4000-8000-000000000002';
const fabrikam = '22222222-2222-4222-8222-222222222222';
const emulator = await emulatorOfFile();
const engine = await engineOfFile({ environment: towards(emulator) });

const appService = (header: string = emulator.directory.identityHeader): Record<string, string> => ({
  ...towards(emulator),
  IDENTITY_ENDPOINT: `${emulator.managedIdentity}/msi/token`,
  IDENTITY_HEADER: header,
});
const virtualMachine = (): Record<string, string> => towards(emulator);
const nowhere = (): Record<string, string> => ({
  ...towards(emulator),
  AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9',
});

describe.each([
  ['App Service, Functions and Automation', appService],
  ['a virtual machine', virtualMachine],
])('A managed identity on %s', (_where, where) => {
  it('gets a token for its system-assigned identity', async () => {
    const result = await ask(engine, 'ManagedIdentity', {}, { environment: where() });
    expect(result.tenantId).toBe(contoso);
    expect(result.claims).toContainEqual(['aud', 'https://graph.microsoft.com']);
  });

  it('gets a token for the user-assigned identity that -ClientId names', async () => {
    const result = await ask(engine, 'ManagedIdentity', { clientId: userAssigned }, { environment: where() });
    expect(result.claims.find(([name]) => name === 'appid')).toEqual(['appid', userAssigned]);
  });

  it('says so when -ClientId names nobody who is assigned', async () => {
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', { clientId: contoso }, { environment: where() }));
    expect(refusal.data.code).toBe('ManagedIdentityFailed');
    expect(refusal.message).toContain(`no token for the user-assigned managed identity ${contoso}`);
    expect(refusal.message).toContain(
      'Check that it is assigned to this resource and that -ClientId is its client id.',
    );
  });

  it.each([
    ['-Force', { force: true }],
    ['-Claim', { claim: '{"access_token":{"nbf":{"essential":true}}}' }],
  ])('serves the cached token without a request, and goes past it with %s', async (_with, parameters) => {
    const first = await ask(engine, 'ManagedIdentity', {}, { environment: where() });
    emulator.clearRequests();
    expect((await ask(engine, 'ManagedIdentity', {}, { environment: where() })).token).toBe(first.token);
    expect(emulator.requests).toHaveLength(0);
    const anew = await ask(engine, 'ManagedIdentity', parameters, { environment: where() });
    expect(anew.token).not.toBe(first.token);
    // The probe of the metadata service is refused.
    expect(emulator.requests.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("warns that a scope is left out, and gets the resource's token", async () => {
    engine.logs.length = 0;
    const parameters = { scope: ['Directory.Read.All'] };
    const result = await ask(engine, 'ManagedIdentity', parameters, { environment: where() });
    expect(result.claims).toContainEqual(['aud', 'https://graph.microsoft.com']);
    expect(engine.logs).toContainEqual({
      requestId: expect.any(Number),
      level: 'warning',
      message:
        "A managed identity's token is always for a whole resource, with the roles that the identity has been given. " +
        'Scope Directory.Read.All was left out; the token is for https://graph.microsoft.com.',
    });
  });
});

describe('A managed identity', () => {
  it('is refused where the header of the identity endpoint is wrong', async () => {
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment: appService('wrong') }));
    expect(refusal.data.code).toBe('ManagedIdentityFailed');
    expect(refusal.message).toBe(
      'The identity endpoint gave no token for the system-assigned managed identity: ' +
        'The X-IDENTITY-HEADER header is missing or does not match. ' +
        'Check that it is switched on, or name a user-assigned one with -ClientId.',
    );
  });

  it('that gets no token for the resource is told of the resource alone', async () => {
    const parameters = { resource: 'https://nope.contoso.com' };
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', parameters, { environment: appService() }));
    expect(refusal.data.code).toBe('ManagedIdentityFailed');
    expect(refusal.message).toMatch(/AADSTS500011: .* Check -Resource: the tenant does not have it\.$/);
  });

  it('whose endpoint is not there says so, gives no advice about identities, and may be there later', async () => {
    const environment = { ...appService(), IDENTITY_ENDPOINT: 'http://127.0.0.1:9/msi/token' };
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment }));
    expect(refusal).toMatchObject({
      message:
        'The identity endpoint gave no token for the system-assigned managed identity: ' +
        '127.0.0.1:9 refused the connection. Check the address and the proxy.',
      data: { code: 'ManagedIdentityFailed', retryable: true },
    });
  });

  it('that an endpoint refuses is refused again', async () => {
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment: appService('wrong') }));
    expect(refusal.data.retryable).toBe(false);
  });

  it('is said not to be there within seconds where there is none', async () => {
    const start = performance.now();
    const refusal = await refusalOf(ask(engine, 'ManagedIdentity', {}, { environment: nowhere() }));
    // Elsewhere it takes 10 to 25.
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(refusal).toMatchObject({
      message:
        'No managed identity is available here: neither IDENTITY_ENDPOINT (App Service, Functions, Automation, Arc) is ' +
        'set, nor does the metadata service of an Azure virtual machine answer.',
      data: { code: 'ManagedIdentityUnavailable' },
    });
  });

  it('is looked for again after a call that was cancelled while it was looked for', async () => {
    // Takes the first request without a word, and passes the later ones on.
    let first: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => (first = resolve));
    const host = createServer((request, response) => {
      if (first) {
        first();
        first = undefined;
        return;
      }
      const onward = `${emulator.managedIdentity}${request.url}`;
      fetch(onward, { headers: request.headers as Record<string, string> })
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
        .catch(() => response.destroy());
    });
    await once(host.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = host.address() as AddressInfo;
      const environment = { ...towards(emulator), AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}` };
      const request = { parameterSet: 'ManagedIdentity', parameters: {}, environment } as const;
      const cancelled = new CancellationTokenSource();
      const looking = engine.connection.sendRequest(getAzToken, request, cancelled.token);
      await asked;
      cancelled.cancel();
      await expect(looking).rejects.toMatchObject({ code: -32800 });
      expect(await ask(engine, 'ManagedIdentity', {}, { environment })).toHaveProperty('token');
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });

  it('follows the environment: the source of the first request is not the one for ever', async () => {
    await ask(engine, 'ManagedIdentity', {}, { environment: appService() });
    emulator.clearRequests();
    await ask(engine, 'ManagedIdentity', { force: true }, { environment: virtualMachine() });
    expect(emulator.requests.at(-1)?.path).toContain('/metadata/identity/oauth2/token');
    await ask(engine, 'ManagedIdentity', { force: true }, { environment: appService() });
    expect(emulator.requests.at(-1)?.path).toContain('/msi/token');
  });

  it('that is found by the chain warns of scopes as -ManagedIdentity does', async () => {
    const parameters = {
      scope: ['Directory.Read.All', '.default'],
      credentialPrecedence: ['ManagedIdentity'],
    } as const;
    engine.logs.length = 0;
    await ask(engine, 'NonInteractive', parameters, { environment: appService() });
    expect(engine.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "warning: A managed identity's token is always for a whole resource, with the roles that the identity has been " +
        'given. Scope Directory.Read.All was left out; the token is for https://graph.microsoft.com.',
    ]);
  });

  it.each([
    ['ManagedIdentity', {}],
    ['NonInteractive', { credentialPrecedence: ['ManagedIdentity'] }],
  ] as const)("whose tenant is not -TenantId's gives its token with a warning: %s", async (parameterSet, how) => {
    engine.logs.length = 0;
    const parameters = { ...how, tenantId: fabrikam };
    const result = await ask(engine, parameterSet, parameters, { environment: appService() });
    expect(result.tenantId).toBe(contoso);
    expect(engine.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      `warning: The token is of the tenant ${contoso}, not of -TenantId ${fabrikam}: a managed identity has tokens of ` +
        'its own tenant alone.',
    ]);
  });

  it.each([contoso.toUpperCase(), 'contoso.com'])(
    "gives no warning where -TenantId is its tenant's, or a name that its token does not have: %s",
    async (tenantId) => {
      engine.logs.length = 0;
      await ask(engine, 'ManagedIdentity', { tenantId }, { environment: appService() });
      expect(engine.logs).toEqual([]);
    },
  );

  it('of an Azure Machine Learning workspace is the one that the workspace names', async () => {
    const { token } = await ask(engine, 'ManagedIdentity', {}, { environment: virtualMachine() });
    const asked: { clientId: string | null; secret: unknown }[] = [];
    const workspace = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
      asked.push({ clientId: searchParams.get('clientid'), secret: request.headers['secret'] });
      const answer = { access_token: token, expires_on: Math.floor(Date.now() / 1000) + 3600, token_type: 'Bearer' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await once(workspace.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = workspace.address() as AddressInfo;
      const environment = {
        ...towards(emulator),
        MSI_ENDPOINT: `http://127.0.0.1:${port}/MSI/auth`,
        MSI_SECRET: 'workspace-secret',
        DEFAULT_IDENTITY_CLIENT_ID: contoso,
      };
      expect((await ask(engine, 'ManagedIdentity', {}, { environment })).token).toBe(token);
      await ask(engine, 'ManagedIdentity', { clientId: userAssigned }, { environment });
      await ask(
        engine,
        'ManagedIdentity',
        {},
        { environment: { ...environment, DEFAULT_IDENTITY_CLIENT_ID: userAssigned } },
      );
    } finally {
      workspace.closeAllConnections();
      workspace.close();
    }
    const secret = 'workspace-secret';
    expect(asked).toEqual([
      { clientId: contoso, secret },
      { clientId: userAssigned, secret },
      { clientId: userAssigned, secret },
    ]);
  });

  it('is the last source of the chain', async () => {
    const environment = { ...virtualMachine(), PATH: '' };
    const result = await ask(engine, 'NonInteractive', {}, { environment });
    expect(result.claims.find(([name]) => name === 'xms_mirid')?.[1]).toContain('contoso-runbooks');
  });

  it('at the end of the chain is the user-assigned one that -ClientId names', async () => {
    const environment = { ...virtualMachine(), PATH: '' };
    const result = await ask(engine, 'NonInteractive', { clientId: userAssigned }, { environment });
    expect(result.claims).toContainEqual(['appid', userAssigned]);
  });

  it('of another tenant is warned of to each who asks for it at once', async () => {
    engine.logs.length = 0;
    const all = [0, 1, 2].map(() =>
      ask(engine, 'ManagedIdentity', { tenantId: fabrikam, force: true }, { environment: appService() }),
    );
    await Promise.all(all);
    expect(engine.logs.map(({ level, message }) => `${level}: ${message.slice(0, 31)}`)).toEqual(
      all.map(() => `warning: The token is of the tenant ${contoso.slice(0, 4)}`),
    );
    expect(new Set(engine.logs.map(({ requestId }) => requestId)).size).toBe(all.length);
  });

  it('is found for each of many sessions that ask at once, while the endpoint is busy', async () => {
    const waiting: (() => void)[] = [];
    const all = 8;
    const busy = createServer((request, response) => {
      const onward = `${emulator.managedIdentity}${request.url}`;
      waiting.push(() => {
        fetch(onward, { headers: request.headers as Record<string, string> })
          .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
          .catch(() => response.destroy());
      });
      if (waiting.length === all) for (const serve of waiting) serve();
    });
    await once(busy.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = busy.address() as AddressInfo;
      const environment = { ...appService(), IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token` };
      const results = await Promise.all(
        Array.from({ length: all }, (_, number) =>
          ask(engine, 'ManagedIdentity', {}, { environment: { ...environment, AZURE_CLIENT_ID: `${number}` } }),
        ),
      );
      expect(results.every(({ tenantId }) => tenantId === contoso)).toBe(true);
    } finally {
      busy.closeAllConnections();
      busy.close();
    }
  });

  it('is asked once for its token when the same is asked for many times at once', async () => {
    const environment = appService();
    await Promise.all(
      Array.from({ length: 10 }, () =>
        ask(engine, 'ManagedIdentity', { resource: 'https://vault.azure.net' }, { environment }),
      ),
    );
    expect(emulator.requests).toHaveLength(1);
  });
});
