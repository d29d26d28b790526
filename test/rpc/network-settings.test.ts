import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer as createProxy, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, refusalOf, withSecret, type Emulator } from '../helpers/flows.ts';

let emulator: Emulator;
let engine: Engine;
let proxy: Server;
let proxyAddress: string;
const tunnels: string[] = [];
/** The status line's end with which the proxy answers; undefined: it connects. */
let proxyRefuses: string | undefined;

beforeAll(async () => {
  emulator = await startEmulator();
  engine = await startEngine();
  proxy = createProxy().on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '');
    if (proxyRefuses) {
      socket.end(`HTTP/1.1 ${proxyRefuses}\r\n\r\n`);
      return;
    }
    const { port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.listen(0, '127.0.0.1', resolve);
  await promise;
  proxyAddress = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await emulator.close();
  proxy.closeAllConnections();
  proxy.close();
});
beforeEach(() => {
  tunnels.length = 0;
  proxyRefuses = undefined;
});

const fresh = { force: true } as const;

describe('A proxy', () => {
  it('that the session sets while the engine runs is used, and no more when it is cleared', async () => {
    const direct = withSecret(emulator);
    await ask(engine, 'NonInteractive', fresh, { environment: direct });
    expect(tunnels).toEqual([]);
    await ask(engine, 'NonInteractive', fresh, { environment: { ...direct, HTTPS_PROXY: proxyAddress } });
    expect(tunnels).toEqual([new URL(emulator.authority).host]);
    await ask(engine, 'NonInteractive', fresh, { environment: direct });
    expect(tunnels).toHaveLength(1);
  });

  it('that is none is said each time, and the one before it is used again after that', async () => {
    const direct = withSecret(emulator);
    const good = { ...direct, HTTPS_PROXY: proxyAddress };
    await ask(engine, 'NonInteractive', fresh, { environment: good });
    for (const proxyOfNobody of [
      'ftp://me:secret@nowhere',
      'proxy.contoso.com:8080',
      'socks5://localhost:1080',
      'proxy',
    ]) {
      const environment = { ...direct, HTTPS_PROXY: proxyOfNobody };
      for (let time = 1; time <= 2; time += 1) {
        const refusal = await refusalOf(ask(engine, 'NonInteractive', fresh, { environment }));
        expect(refusal).toMatchObject({
          message: expect.stringMatching(/^What HTTPS_PROXY or HTTP_PROXY says is no address of a proxy\./),
          data: { code: 'InvalidParameter' },
        });
      }
    }
    // With other authorities, for the kept connection leads through the proxy already.
    const folder = await mkdtemp(join(tmpdir(), 'authorities-'));
    const otherFile = join(folder, 'other.pem');
    await copyFile(emulator.caFile, otherFile);
    await ask(engine, 'NonInteractive', fresh, { environment: { ...good, SSL_CERT_FILE: otherFile } });
    expect(tunnels).toHaveLength(2);
    await rm(folder, { recursive: true });
    await ask(engine, 'NonInteractive', fresh, { environment: direct });
  });

  it('that refuses the connection is named in the error, without its password', async () => {
    const environment = { ...withSecret(emulator), HTTPS_PROXY: 'http://me:secret@127.0.0.1:9' };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', fresh, { environment }));
    const { host } = new URL(emulator.authority);
    expect(refusal).toMatchObject({
      message:
        `Environment variables: The proxy at 127.0.0.1:9 refused the connection to ${host}. ` +
        'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
      data: { code: 'ConnectionRefused', retryable: true },
    });
  });

  it.each([
    [
      '407 Proxy Authentication Required',
      'Give it a user name and a password in HTTPS_PROXY, such as http://user:password@proxy.contoso.com:8080.',
      false,
    ],
    ['403 Forbidden', 'Ask who runs the proxy to let this host through, or name the host in NO_PROXY.', false],
    ['503 Service Unavailable', 'Try again later.', true],
  ])('that answers %s is told by that, with what to do and without its password', async (answer, advice, retryable) => {
    proxyRefuses = answer;
    const environment = { ...withSecret(emulator), HTTPS_PROXY: proxyAddress.replace('//', '//me:secret@') };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', fresh, { environment }));
    const { host } = new URL(emulator.authority);
    expect(refusal).toMatchObject({
      message: `Environment variables: The proxy did not connect to ${host}: it answered ${answer.slice(0, 3)}. ${advice}`,
      data: { code: 'NetworkError', retryable },
    });
  });

  it('is passed over for the hosts of NO_PROXY', async () => {
    const environment = { ...withSecret(emulator), HTTPS_PROXY: proxyAddress, NO_PROXY: 'localhost,127.0.0.1' };
    await ask(engine, 'NonInteractive', fresh, { environment });
    expect(tunnels).toEqual([]);
  });
});

describe('An authority that is to be trusted', () => {
  it.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])('can be named in %s while the engine runs', async (name) => {
    await using other = await startEngine();
    const { NODE_EXTRA_CA_CERTS: file = '', ...untrusting } = withSecret(emulator);
    const refusal = await refusalOf(ask(other, 'NonInteractive', fresh, { environment: untrusting }));
    expect(refusal.data.code).toBe('TlsError');
    expect(await ask(other, 'NonInteractive', fresh, { environment: { ...untrusting, [name]: file } })).toHaveProperty(
      'token',
    );
  });

  it('is trusted no more when it is named no more, by connections that were made meanwhile either', async () => {
    const { NODE_EXTRA_CA_CERTS: _, ...untrusting } = withSecret(emulator);
    const proxied = { ...withSecret(emulator), HTTPS_PROXY: proxyAddress };
    await using other = await startEngine();
    for (const trusting of [withSecret(emulator), proxied, withSecret(emulator)]) {
      expect(await ask(other, 'NonInteractive', fresh, { environment: trusting })).toHaveProperty('token');
      const refusal = await refusalOf(ask(other, 'NonInteractive', fresh, { environment: untrusting }));
      expect(refusal.data.code).toBe('TlsError');
    }
  });

  it('is trusted no more by connections from before a proxy either, when there is a proxy no more', async () => {
    const { NODE_EXTRA_CA_CERTS: _, ...untrusting } = withSecret(emulator);
    const proxied = { HTTPS_PROXY: proxyAddress };
    await using other = await startEngine();
    for (const trusting of [withSecret(emulator), { ...withSecret(emulator), ...proxied }]) {
      expect(await ask(other, 'NonInteractive', fresh, { environment: trusting })).toHaveProperty('token');
    }
    for (const environment of [{ ...untrusting, ...proxied }, untrusting]) {
      const refusal = await refusalOf(ask(other, 'NonInteractive', fresh, { environment }));
      expect(refusal.data.code).toBe('TlsError');
    }
  });

  it('is trusted as long as it is named when the engine was born with it', async () => {
    const { NODE_EXTRA_CA_CERTS: file = '', ...untrusting } = withSecret(emulator);
    await using other = await startEngine({ processEnvironment: { NODE_EXTRA_CA_CERTS: file } });
    const trusting = { ...untrusting, NODE_EXTRA_CA_CERTS: file };
    for (const environment of [trusting, { ...trusting, SSL_CERT_FILE: file }]) {
      expect(await ask(other, 'NonInteractive', fresh, { environment })).toHaveProperty('token');
    }
    const refusal = await refusalOf(ask(other, 'NonInteractive', fresh, { environment: untrusting }));
    expect(refusal.data.code).toBe('TlsError');
  });

  it.skipIf(process.platform !== 'linux')(
    "of the system's store is trusted by all requests that meet its certificate at once",
    async () => {
      const { NODE_EXTRA_CA_CERTS: file = '', ...untrusting } = withSecret(emulator);
      // Where OpenSSL, and so Node, looks for the system's store.
      await using other = await startEngine({ processEnvironment: { SSL_CERT_FILE: file } });
      const resources = ['https://graph.microsoft.com', 'https://vault.azure.net', 'https://management.azure.com'];
      const results = await Promise.all(
        resources.map((resource) => ask(other, 'NonInteractive', { resource }, { environment: untrusting })),
      );
      expect(new Set(results.map(({ token }) => token)).size).toBe(resources.length);
    },
  );

  const notThere = {
    file: '/nowhere/ca.pem',
    problem: "can't be read: ENOENT: no such file or directory, open '/nowhere/ca.pem'",
  };
  const notPem = { file: fileURLToPath(import.meta.url), problem: 'has no certificate in PEM' };

  it.each([
    ['is not there is warned of', notThere, false],
    ['is not there is warned of, by an engine that was born with it too', notThere, true],
    ['has no certificate in PEM is warned of', notPem, false],
    ['has no certificate in PEM is warned of, by an engine that was born with it too', notPem, true],
  ])('and whose file %s', async (_what, { file, problem }, bornWithIt) => {
    await using other = await startEngine({ processEnvironment: bornWithIt ? { NODE_EXTRA_CA_CERTS: file } : {} });
    const environment = { ...withSecret(emulator), NODE_EXTRA_CA_CERTS: file };
    await refusalOf(ask(other, 'NonInteractive', fresh, { environment }));
    expect(other.logs.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
      `The file of trusted certificates '${file}' ${problem}. Correct NODE_EXTRA_CA_CERTS.`,
    ]);
  });
});
