/**
 * Lets this process talk to this machine only, and remembers what else it tried.
 *
 * Tests have it from their set-up file. A program that a test spawns gets it as `node --import` of {@link guardPreload};
 * there each attempt stands on stderr when the program ends.
 */

import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import process from 'node:process';

type Callable = (this: unknown, ...values: unknown[]) => unknown;

/** The URL of this file. */
export const guardPreload = import.meta.url;

const attempts: string[] = [];

/** What was tried since this was last called; nobody else hears of it. */
export function takeNetworkAttempts(): readonly string[] {
  return attempts.splice(0);
}

process.on('exit', () => {
  for (const attempt of takeNetworkAttempts()) process.stderr.write(`network guard: ${attempt}\n`);
});

// TLS, HTTP and fetch all connect with this one.
replace(
  net.Socket.prototype,
  'connect',
  (original) =>
    function (...values) {
      const host = hostOfConnect(values);
      if (host === undefined || isLoopback(host)) return original.apply(this, values);
      return (this as net.Socket).destroy(refusal(`connect to ${host}`));
    },
);

for (const method of ['send', 'connect']) {
  replace(
    dgram.Socket.prototype,
    method,
    (original) =>
      function (...values) {
        // The message may be a string too; port, offset and length are numbers.
        const address = values.slice(1).find((value) => typeof value === 'string');
        if (address === undefined || isLoopback(address)) return original.apply(this, values);
        throw refusal(`send a datagram to ${address}`);
      },
  );
}

for (const resolver of [dns, dns.Resolver.prototype]) {
  guardNames(resolver, (error, values) => {
    const callback = values.at(-1);
    if (typeof callback === 'function') process.nextTick(() => void callback(error));
  });
}
for (const resolver of [dns.promises, dns.promises.Resolver.prototype]) {
  guardNames(resolver, async (error) => {
    throw error;
  });
}

syncBuiltinESMExports();

function guardNames(resolver: object, fail: (error: Error, values: unknown[]) => unknown): void {
  for (const method of Object.getOwnPropertyNames(resolver)) {
    if (!/^(?:lookup|resolve|reverse)/.test(method)) continue;
    replace(
      resolver,
      method,
      (original) =>
        function (...values) {
          const name = String(values[0]);
          return isLoopback(name) ? original.apply(this, values) : fail(refusal(`look up ${name}`), values);
        },
    );
  }
}

function replace(owner: object, method: string, replacement: (original: Callable) => Callable): void {
  Reflect.set(owner, method, replacement(Reflect.get(owner, method) as Callable));
}

/** The host of `socket.connect(...)` in each of its forms; undefined for a local socket or pipe. */
function hostOfConnect(values: readonly unknown[]): string | undefined {
  // net.connect and tls.connect hand over what they have already sorted out: [options, callback].
  const [first, second] = Array.isArray(values[0]) ? (values[0] as unknown[]) : values;
  if (typeof first === 'object' && first !== null) {
    const { path, host } = first as { path?: string | null; host?: string | null };
    return path ? undefined : host || 'localhost';
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined;
  return typeof second === 'string' ? second : 'localhost';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(host);
}

function refusal(attempt: string): Error {
  attempts.push(attempt);
  return Object.assign(new Error(`A test may not ${attempt}.`), { code: 'ENETUNREACH', syscall: 'connect' });
}
