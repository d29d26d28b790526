import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { log } from '../src/protocol/host.ts';
import { initialize } from '../src/protocol/lifecycle.ts';
import { protocolVersion } from '../src/protocol/version.ts';
import type { Surroundings } from './surroundings.ts';

export interface EngineClient {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  end(): Promise<void>;
}

/** Starts the shipped engine as the module does; resolves when `initialize` is answered. */
export async function startEngine(
  { engine, environment }: Surroundings,
  nodeArguments: readonly string[] = [],
): Promise<EngineClient> {
  // The rest of the session's environment travels with `initialize`
  const { PATH = '', HOME = '' } = environment;
  const child = spawn(process.execPath, [...nodeArguments, engine], {
    env: { PATH, HOME },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.onNotification(log, () => {});
  connection.listen();
  await connection.sendRequest(initialize, {
    protocolVersion,
    host: { name: 'bench', version: '1' },
    capabilities: {},
    environment,
  });
  return {
    process: child,
    connection,
    async end() {
      connection.dispose();
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
