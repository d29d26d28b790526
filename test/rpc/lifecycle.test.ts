import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { getAzToken } from '../../src/protocol/az-token.ts';
import { initialize, shutdown } from '../../src/protocol/lifecycle.ts';
import { ping, status } from '../../src/protocol/session.ts';
import { environmentNames } from '../../src/protocol/environment.ts';
import { protocolVersion } from '../../src/protocol/version.ts';
import { makeBrowserOpener } from '../helpers/browser-opener.ts';
import { spawnEngine, startEngine, type Engine } from '../helpers/engine.ts';
import { contoso, refusalOf } from '../helpers/flows.ts';
import { frame, FrameReader, rawFrame } from '../helpers/frames.ts';
import { expectFree } from '../helpers/ports.ts';

/** A service that takes connections and never says a word. */
const silent = createServer();
const sockets = new Set<Socket>();
let silentEnvironment: Record<string, string>;
let silentIdentity: string;

beforeAll(async () => {
  silent.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  const { promise, resolve } = Promise.withResolvers<void>();
  silent.listen(0, '127.0.0.1', resolve);
  await promise;
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  silentIdentity = `http://${host}/token`;
  silentEnvironment = {
    AZURE_AUTHORITY_HOST: `https://${host}`,
    AZURE_TENANT_ID: 'contoso.com',
    AZURE_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
    AZURE_CLIENT_SECRET: 'secret',
  };
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const guid = '11111111-2222-3333-4444-555555555555';
const hanging = { parameterSet: 'NonInteractive', parameters: {} } as const;

describe('initialize', () => {
  it('names engine, Node and the methods', async () => {
    await using engine = await startEngine();
    expect(engine.initialized).toMatchObject({
      protocolVersion,
      engine: { name: 'EntraTokenBridge', version: JSON.parse(readFileSync('package.json', 'utf8')).version },
      node: { version: process.versions.node },
      capabilities: { methods: expect.arrayContaining(['azToken/get', 'session/ping', 'shutdown']) },
    });
  });

  it('refuses another version of the protocol, naming both and the way out', async () => {
    await using engine = await startEngine();
    const params = { protocolVersion: 99, host: { name: 'test', version: '1' }, capabilities: {} };
    await expect(engine.connection.sendRequest(initialize, params)).rejects.toMatchObject({
      code: -32600,
      message: expect.stringMatching(
        /^The host speaks version 99 of the protocol, this engine \(\S+\) speaks version 1\. Both come with the module: install EntraTokenBridge again, in one version\.$/,
      ),
      data: { code: 'ProtocolMismatch', retryable: false },
    });
  });

  it('refuses a version that is no number', async () => {
    await using engine = await startEngine();
    const params = { protocolVersion: { toString: 1 }, host: { name: 'test', version: '1' }, capabilities: {} };
    expect(await refusalOf(engine.connection.sendRequest('initialize', params))).toMatchObject({
      code: -32600,
      message: expect.stringContaining('The host speaks version an object of the protocol, '),
      data: { code: 'ProtocolMismatch' },
    });
  });

  it('must be the first request', async () => {
    const child = spawnEngine();
    const answers = new FrameReader(child);
    child.stdin.write(frame({ jsonrpc: '2.0', id: 1, method: 'azToken/get', params: hanging }));
    expect(await answers.next()).toMatchObject({
      error: { code: -32002, message: "The first request must be 'initialize'.", data: { code: 'NotInitialized' } },
    });
    child.stdin.end();
  });

  it('that is refused leaves the engine without a host', async () => {
    const child = spawnEngine();
    const answers = new FrameReader(child);
    const params = { protocolVersion, host: { name: 'test', version: '1' }, capabilities: {}, environment: 'PATH=/' };
    child.stdin.write(frame({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
    expect(await answers.next()).toMatchObject({ id: 1, error: { data: { code: 'InvalidParameter' } } });
    child.stdin.write(frame({ jsonrpc: '2.0', id: 2, method: 'azToken/get', params: hanging }));
    expect(await answers.next()).toMatchObject({ id: 2, error: { data: { code: 'NotInitialized' } } });
    child.stdin.end();
  });

  it('may be followed by a request before its answer has come', async () => {
    const child = spawnEngine();
    const answers = new FrameReader(child);
    const params = { protocolVersion, host: { name: 'test', version: '1' }, capabilities: {} };
    child.stdin.write(
      frame({ jsonrpc: '2.0', id: 1, method: 'initialize', params }) +
        frame({ jsonrpc: '2.0', id: 2, method: 'azToken/get', params: { parameterSet: 'None', parameters: {} } }),
    );
    expect(await answers.next()).toMatchObject({ id: 1, result: { protocolVersion } });
    expect(await answers.next()).toMatchObject({ id: 2, error: { data: { code: 'InvalidParameterSet' } } });
    child.stdin.end();
  });
});

describe('Wrong params', () => {
  it.each([
    ['a list', [1, 2]],
    ['a text', 'x'],
    ['without parameters', { parameterSet: 'NonInteractive' }],
    ['with parameters that are a list', { parameterSet: 'NonInteractive', parameters: [] }],
    ['with an environment that is a text', { ...hanging, environment: 'PATH=/' }],
    ['with an environment that is a list of other length', { ...hanging, environment: ['x'] }],
  ])('%s: get -32602 and leave the engine usable', async (_what, params) => {
    await using engine = await startEngine();
    await expect(engine.connection.sendRequest('azToken/get', params)).rejects.toMatchObject({
      code: -32602,
      data: { code: 'InvalidParameter' },
    });
    expect(await engine.connection.sendRequest(ping)).toBeNull();
  });

  const noText = { toString: 1 };
  const principal = {
    applicationId: guid,
    credential: { userName: guid, password: 'secret' },
    scopes: ['.default'],
    servicePrincipal: true,
    tenant: contoso,
  };
  const person = { applicationId: guid, scopes: ['.default'] };
  const agent = { blueprintAppId: guid, agentIdentityAppId: contoso, blueprintSecret: 'secret', tenantId: contoso };
  const noSwitch = 'true or false is needed.';

  it.each([
    ['azToken/get', 'timeoutSeconds', noText, 'an object is no number of seconds from 1 to 86400.'],
    ['azToken/get', 'timeoutSeconds', [60], 'a list is no number of seconds from 1 to 86400.'],
    ['azToken/get', 'scope', [noText], 'an object is no scope. Give one scope an element, '],
    ['azToken/get', 'credentialPrecedence', [noText], 'an object is no source. The sources are '],
    ['azToken/get', 'resource', noText, 'a text is needed.'],
    ['azToken/get', 'force', 'true', noSwitch],
    ['azToken/get', 'force', 1, noSwitch],
    ['partnerAccessToken/new', 'servicePrincipal', 'false', noSwitch, 'ServicePrincipal', principal],
    ['partnerAccessToken/new', 'useAuthorizationCode', 1, noSwitch, 'ServicePrincipal', principal],
    ['secMgmtAccessToken/new', 'useDeviceAuthentication', noText, noSwitch, 'User', person],
    ['agentIdentityToken/get', 'force', 'true', noSwitch, 'AutonomousApp', agent],
  ] as const)('of %s, %s being %j: get InvalidParameter, which says that %s', async (...row) => {
    const [method, name, value, problem, parameterSet = 'NonInteractive', others = {}] = row;
    await using engine = await startEngine();
    const request = { parameterSet, parameters: { ...others, [name]: value } };
    const parameter = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    expect(await refusalOf(engine.connection.sendRequest(method, request))).toMatchObject({
      code: -32602,
      message: expect.stringContaining(`Parameter ${parameter}: ${problem}`),
      data: { code: 'InvalidParameter', parameter },
    });
    expect(await engine.connection.sendRequest(ping)).toBeNull();
  });

  it.each([
    ['parameterSet', { toString: 1 }, 'a text is needed.'],
    ['parameterSet', undefined, 'a text is needed.'],
    ['noBrowser', true, 'a text is needed that says why no browser can be shown.'],
    ['logLevel', 'loud', "'loud' is none of warning, verbose, debug."],
    ['logLevel', { toString: 1 }, 'an object is none of warning, verbose, debug.'],
  ])('with %s being %j: get InvalidParameter, which says that %s', async (name, value, problem) => {
    await using engine = await startEngine();
    const request = { ...hanging, [name]: value };
    expect(await refusalOf(engine.connection.sendRequest('azToken/get', request))).toMatchObject({
      code: -32602,
      message: `Parameter ${name}: ${problem}`,
      data: { code: 'InvalidParameter' },
    });
  });

  it.each([
    ['a resource', { resource: 'x'.repeat(10_000_000) }, `Parameter Resource: '${'x'.repeat(100)}...' is no resource.`],
    [
      'a resource of slashes',
      { resource: `${'/'.repeat(10_000_000)}x` },
      `Parameter Resource: '${'/'.repeat(100)}...' is`,
    ],
    ['a scope', { scope: ['"'.repeat(5_000_000)] }, `Parameter Scope: '${'"'.repeat(100)}...' is no scope.`],
    ['a name', { ['x'.repeat(10_000_000)]: 1 }, `Parameter X${'x'.repeat(99)}...: there is no such parameter.`],
  ])('of 10 MB in %s: get a small answer, and the next request is served', async (_what, parameters, beginning) => {
    await using engine = await startEngine();
    const refusal = await refusalOf(
      engine.connection.sendRequest('azToken/get', { parameterSet: 'NonInteractive', parameters }),
    );
    expect(refusal).toMatchObject({ code: -32602, data: { code: 'InvalidParameter' } });
    expect(refusal.message.slice(0, beginning.length)).toBe(beginning);
    expect(JSON.stringify(refusal).length).toBeLessThan(1000);
    expect(await engine.connection.sendRequest(ping)).toBeNull();
  });
});

describe('The environment', () => {
  it('may come as the list of all values, an empty one for a variable that is not set', async () => {
    await using engine = await startEngine();
    const environment = environmentNames.map((name) =>
      name === 'AZURE_AUTHORITY_HOST' ? 'http://no-tls.example' : '',
    );
    const parameters = { credentialPrecedence: ['Environment'] };
    const request = { parameterSet: 'NonInteractive', parameters, environment };
    await expect(engine.connection.sendRequest('azToken/get', request)).rejects.toMatchObject({
      message: expect.stringContaining('AZURE_AUTHORITY_HOST'),
    });
    await expect(
      engine.connection.sendRequest('azToken/get', { ...request, environment: environmentNames.map(() => '') }),
    ).rejects.toMatchObject({
      message: expect.not.stringContaining('AZURE_AUTHORITY_HOST'),
      data: { code: 'CredentialUnavailable' },
    });
  });
});

describe('$/cancelRequest', () => {
  it('ends a request at once and leaves the engine usable', async () => {
    await using engine = await startEngine({ environment: silentEnvironment });
    const source = new CancellationTokenSource();
    const request = engine.connection.sendRequest(getAzToken, hanging, source.token);
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    await connected;
    source.cancel();
    await expect(request).rejects.toMatchObject({
      code: -32800,
      message: 'The request was cancelled.',
      data: { code: 'Cancelled' },
    });
    expect(await engine.connection.sendRequest(status)).toMatchObject({ requests: 0 });
  });

  it('ends what was asked of an identity endpoint', async () => {
    await using engine = await startEngine({
      environment: { IDENTITY_ENDPOINT: silentIdentity, IDENTITY_HEADER: 'x' },
    });
    const connected = new Promise<Socket>((resolve) => silent.once('connection', resolve));
    const source = new CancellationTokenSource();
    const params = { parameterSet: 'ManagedIdentity', parameters: {} } as const;
    const refusal = refusalOf(engine.connection.sendRequest(getAzToken, params, source.token));
    const socket = await connected;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    source.cancel();
    expect(await refusal).toMatchObject({ data: { code: 'Cancelled' } });
    await closed;
  });
});

describe('The engine leaves', () => {
  /** Within a second of the end of its input: a few milliseconds, or half a second where its output is not taken. */
  async function expectLeaving(engine: Engine): Promise<void> {
    const start = performance.now();
    engine.process.stdin.end();
    expect(await engine.exited).toBe(0);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(engine.lastWords()).toBe('');
  }

  const connection = (): Promise<unknown> => new Promise((resolve) => silent.once('connection', resolve));

  it.each([
    ["Entra's answer", 'NonInteractive', () => silentEnvironment],
    ["a managed identity's", 'ManagedIdentity', () => ({ IDENTITY_ENDPOINT: silentIdentity, IDENTITY_HEADER: 'x' })],
  ] as const)(
    'when stdin ends, within a second, although %s is waited for',
    async (_what, parameterSet, environment) => {
      const engine = await startEngine({ environment: environment() });
      const connected = connection();
      engine.connection.sendRequest(getAzToken, { parameterSet, parameters: {} }).catch(() => {});
      await connected;
      await expectLeaving(engine);
    },
  );

  it('when stdin ends, within a second, although a person is waited for', async () => {
    await using opener = await makeBrowserOpener();
    const environment = { ...silentEnvironment, PATH: '/usr/bin:/bin', BROWSER: opener.program };
    const engine = await startEngine({ environment });
    engine.connection.sendRequest(getAzToken, { parameterSet: 'Interactive', parameters: {} }).catch(() => {});
    await engine.waiting;
    const { searchParams } = new URL(await opener.address());
    await expectLeaving(engine);
    await expectFree(Number(new URL(searchParams.get('redirect_uri') ?? '').port));
  });

  it('when stdin ends, within a second, although half of a frame of 10 MB has come', async () => {
    const engine = await startEngine();
    await new Promise((resolve) => engine.process.stdin.write(rawFrame('x'.repeat(5_000_000), 10_000_000), resolve));
    await expectLeaving(engine);
  });

  it('when stdin ends, within a second, although nobody reads its output any more', async () => {
    const engine = await startEngine();
    engine.process.stdout.removeAllListeners('data');
    engine.process.stdout.pause();
    // Far more than the pipe, or this process, takes.
    const long = frame({ jsonrpc: '2.0', id: 1, method: 'x'.repeat(5_000_000) });
    await new Promise((resolve) => engine.process.stdin.write(long, resolve));
    await expectLeaving(engine);
  });

  it('when it is told to shut down, after the answer', async () => {
    const engine = await startEngine();
    expect(await engine.connection.sendRequest(shutdown)).toBeNull();
    expect(await engine.exited).toBe(0);
  });

  it.skipIf(process.platform === 'win32')("not by Ctrl+C, which is the host's to judge", async () => {
    await using engine = await startEngine();
    engine.process.kill('SIGINT');
    expect(await engine.connection.sendRequest(ping)).toBeNull();
  });
});
