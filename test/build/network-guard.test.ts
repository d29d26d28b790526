import dgram from 'node:dgram';
import { lookup, resolve4 } from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import process from 'node:process';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { isolate } from '../helpers/environment.ts';
import { guardPreload, takeNetworkAttempts } from '../helpers/network-guard.ts';

// 192.0.2.1 is kept for documentation (RFC 5737): even without the guard nobody would be reached.
const elsewhere = '192.0.2.1';

describe('The network guard', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['fetch', () => fetch(`https://${elsewhere}/`).catch(({ cause }: { cause: Error }) => Promise.reject(cause))],
    ['an HTTP request', () => once(http.get(`http://${elsewhere}/`), 'response')],
    ['a socket', () => once(net.connect(443, elsewhere), 'connect')],
    ['a TLS socket', () => once(tls.connect({ port: 443, host: elsewhere }), 'secureConnect')],
  ])('refuses %s to another machine', async (_what, connect) => {
    await expect(connect()).rejects.toThrow('A test may not connect to 192.0.2.1.');
    expect(takeNetworkAttempts()).toEqual([`connect to ${elsewhere}`]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['lookup', () => promisify(lookup)('host.invalid')],
    ['resolve4', () => promisify(resolve4)('host.invalid')],
    ['the promises', () => dnsPromises.lookup('host.invalid')],
    ['a resolver', () => new dnsPromises.Resolver().resolveTxt('host.invalid')],
  ])('refuses to look up names by %s', async (_what, find) => {
    await expect(find()).rejects.toThrow('A test may not look up host.invalid.');
    expect(takeNetworkAttempts()).toEqual(['look up host.invalid']);
  });

  test('refuses a datagram to another machine', () => {
    const socket = dgram.createSocket('udp4');
    expect(() => socket.send('message', 53, elsewhere)).toThrow('A test may not send a datagram to 192.0.2.1.');
    socket.close();
    expect(takeNetworkAttempts()).toEqual([`send a datagram to ${elsewhere}`]);
  });

  test.each(['127.0.0.1', 'localhost'])('leaves %s alone', async (host) => {
    const server = http.createServer((_request, response) => void response.end('here')).listen(0, host);
    await once(server, 'listening');
    const response = await fetch(`http://${host}:${(server.address() as AddressInfo).port}/`);
    expect(await response.text()).toBe('here');
    server.close();
  });

  test('guards the threads of what is tested, and hears of their attempts', async () => {
    const script = `fetch('https://${elsewhere}/').catch((error) => {
      require('node:worker_threads').parentPort.postMessage(error.cause.message);
    })`;
    const thread = new Worker(script, { eval: true, stderr: true });
    expect(await once(thread, 'message')).toEqual([`A test may not connect to ${elsewhere}.`]);
    expect(takeNetworkAttempts()).toEqual(['something in another thread']);
    await thread.terminate();
  });

  test('guards a spawned program, whose attempts stand on its stderr', async () => {
    const script = `fetch('https://${elsewhere}/').catch((error) => console.log(error.cause.message))`;
    const { stdout, stderr } = await execa(process.execPath, ['--require', guardPreload, '-e', script]);
    expect(stdout).toBe(`A test may not connect to ${elsewhere}.`);
    expect(stderr).toBe(`network guard: connect to ${elsewhere}`);
  });
});

describe("The tests' environment", () => {
  test('has no credential of the developer, and leads nowhere', async () => {
    const script =
      "console.log(Object.keys(process.env).filter((name) => /^(AZURE|IDENTITY|MSI|SYSTEM|ACTIONS|IMDS)_/.test(name)).sort().join(' '))";
    const { stdout } = await execa(process.execPath, ['-e', script]);
    expect(stdout).toBe('AZURE_AUTHORITY_HOST AZURE_POD_IDENTITY_AUTHORITY_HOST');
    await expect(fetch(process.env['AZURE_AUTHORITY_HOST'] ?? '')).rejects.toThrow('fetch failed');
  });

  test('has no setting and no proxy of the developer, and the rest as it was', () => {
    const proxies = {
      HTTPS_PROXY: 'p',
      HTTP_PROXY: 'p',
      https_proxy: 'p',
      http_proxy: 'p',
      ALL_PROXY: 'p',
      no_proxy: 'p',
    };
    const rest = { PATH: '/bin', HOME: '/home/me', SystemRoot: 'C:\\Windows' };
    const environment = { ...rest, ...proxies, ENTRA_AUTH_CLI_STORE: 'keyring', AZURE_CLIENT_SECRET: 'x' };
    isolate(environment);
    expect(environment).toEqual({
      ...rest,
      AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1',
      AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1',
    });
  });
});
