// Lets this process talk to this machine only, and remembers what else it tried.
//
// Plain CommonJS: the programs that tests spawn load it first, a thousand times in a run, and to load TypeScript takes each
// of them 40 milliseconds longer.
'use strict';

const dgram = require('node:dgram');
const dns = require('node:dns');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');
const process = require('node:process');
const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads');

const attempts = [];

/** How many attempts the process's other threads have made. */
const inThreads = getEnvironmentData(__filename) ?? new Int32Array(new SharedArrayBuffer(4));
setEnvironmentData(__filename, inThreads);

/** What was tried since this was last called; nobody else hears of it. */
function takeNetworkAttempts() {
  const elsewhere = isMainThread ? Atomics.exchange(inThreads, 0, 0) : 0;
  return [...attempts.splice(0), ...Array.from({ length: elsewhere }, () => 'something in another thread')];
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
      return this.destroy(refusal(`connect to ${host}`));
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

function guardNames(resolver, fail) {
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

function replace(owner, method, replacement) {
  Reflect.set(owner, method, replacement(Reflect.get(owner, method)));
}

/** The host of `socket.connect(...)` in each of its forms; undefined for a local socket or pipe. */
function hostOfConnect(values) {
  // net.connect and tls.connect hand over what they have already sorted out: [options, callback].
  const [first, second] = Array.isArray(values[0]) ? values[0] : values;
  if (typeof first === 'object' && first !== null) {
    const { path, host } = first;
    return path ? undefined : host || 'localhost';
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined;
  return typeof second === 'string' ? second : 'localhost';
}

function isLoopback(host) {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(host);
}

function refusal(attempt) {
  attempts.push(attempt);
  if (!isMainThread) Atomics.add(inThreads, 0, 1);
  return Object.assign(new Error(`A test may not ${attempt}.`), { code: 'ENETUNREACH', syscall: 'connect' });
}

module.exports = { takeNetworkAttempts };
