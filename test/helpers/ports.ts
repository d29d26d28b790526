import { createServer } from 'node:net';
import { expect } from 'vitest';

/**
 * A port of 127.0.0.1 that is free now. It isn't one of those that systems hand out by themselves (from 32768 on), so that no
 * connection and no other program is given it before the test takes it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

/** Fails when somebody goes on listening on a port of 127.0.0.1. */
export async function expectFree(port: number): Promise<void> {
  await expect.poll(() => isFree(port), { message: `port ${port} to be free` }).toBe(true);
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
