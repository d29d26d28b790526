import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** Does something while another program, as it were, listens on a port of 127.0.0.1. */
export async function whilePortIsTaken<Result>(port: number, action: () => Promise<Result>): Promise<Result> {
  const other = await takePort(port);
  try {
    return await action();
  } finally {
    other.close();
    await once(other, 'close');
  }
}

/** Waits for a sign-in of another test that has the port just now. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    const server = createServer();
    const listening = once(server, 'listening');
    server.listen(port, '127.0.0.1');
    try {
      await listening;
      return server;
    } catch {
      await setTimeout(20);
    }
  }
}
