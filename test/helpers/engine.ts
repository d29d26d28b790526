import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Environment } from '../../src/protocol/environment.ts';
import { guardPreload } from './network-guard.ts';
import { deviceCode, log, progress, type LogParams, type ProgressParams } from '../../src/protocol/host.ts';
import { initialize, type InitializeParams, type InitializeResult } from '../../src/protocol/lifecycle.ts';
import { protocolVersion } from '../../src/protocol/version.ts';

/** The engine as it is shipped. `npm test` builds it first. */
export const engineFile = fileURLToPath(new URL('../../dist/engine.js', import.meta.url));

/** Ends whatever leaves the loopback addresses, in the engine's own process too. */
const networkGuard = guardPreload;

export interface Engine extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly connection: MessageConnection;
  readonly initialized: InitializeResult;
  readonly logs: LogParams[];
  readonly progresses: ProgressParams[];
  /** Resolves with the first progress of a wait for a person. */
  readonly waiting: Promise<ProgressParams>;
  /** What the engine wrote to stderr. */
  readonly lastWords: () => string;
  readonly exited: Promise<number | null>;
}

/** The engine's process alone, for tests that write their own frames. */
export function spawnEngine(environment: Environment = {}): ChildProcessWithoutNullStreams {
  const { PATH, HOME, SystemRoot } = process.env;
  const defined = Object.entries({ PATH, HOME, SystemRoot, ...environment }).filter(([, value]) => value !== undefined);
  return spawn(process.execPath, ['--require', networkGuard, engineFile], { env: Object.fromEntries(defined) });
}

/** A spawned engine that has answered `initialize`. */
export async function startEngine({
  environment = {},
  processEnvironment = {},
  capabilities = {},
}: {
  environment?: Environment;
  /** What the process itself is born with. */
  processEnvironment?: Environment;
  capabilities?: InitializeParams['capabilities'];
} = {}): Promise<Engine> {
  const child = spawnEngine(processEnvironment);
  const exited = Promise.withResolvers<number | null>();
  child.once('exit', exited.resolve);
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => (lastWords += chunk.toString()));
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const logs: LogParams[] = [];
  const progresses: ProgressParams[] = [];
  const waiting = Promise.withResolvers<ProgressParams>();
  connection.onNotification(log, (line) => void logs.push(line));
  connection.onNotification(deviceCode, () => {});
  connection.onNotification(progress, (told) => {
    progresses.push(told);
    if (told.until !== undefined) waiting.resolve(told);
  });
  connection.listen();
  const initialized = await connection.sendRequest(initialize, {
    protocolVersion,
    host: { name: 'test', version: '1' },
    capabilities,
    environment: { ...sessionBasics(), ...environment },
  });
  return {
    process: child,
    connection,
    initialized,
    logs,
    progresses,
    waiting: waiting.promise,
    lastWords: () => lastWords,
    exited: exited.promise,
    async [Symbol.asyncDispose]() {
      connection.dispose();
      child.stdin.end();
      await exited.promise;
    },
  };
}

/** What every session has, and a metadata service that refuses at once: no test waits for the real one. */
function sessionBasics(): Environment {
  const { PATH = '', HOME = '', AZURE_AUTHORITY_HOST = '', AZURE_POD_IDENTITY_AUTHORITY_HOST = '' } = process.env;
  return { PATH, HOME, AZURE_AUTHORITY_HOST, AZURE_POD_IDENTITY_AUTHORITY_HOST };
}
