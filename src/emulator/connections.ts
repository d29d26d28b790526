import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The TCP connections under TLS ones: only they can be reset. */
const connections = new Map<string, Socket>();

const keyOf = ({ localPort, remoteAddress, remotePort }: Socket): string =>
  [localPort, remoteAddress, remotePort].join(' ');

function note(socket: Socket): void {
  const key = keyOf(socket);
  connections.set(key, socket);
  socket.once('close', () => void connections.delete(key));
}

/** @returns the port, which the system chooses for 0; rejects when it can't be had */
export function listen(server: Server, host: string, port: number): Promise<number> {
  // Node's 5 s would cut connections that a client is about to use again
  server.keepAliveTimeout = 75_000;
  server.on('connection', note);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ host, port, exclusive: true }, () => {
    server.off('error', reject);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}

/** Resets the connection that a request came over, whatever is written to it. */
export function reset(socket: Socket): void {
  (connections.get(keyOf(socket)) ?? socket).resetAndDestroy();
}

/** Ends open connections too, those that hang above all. */
export function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
