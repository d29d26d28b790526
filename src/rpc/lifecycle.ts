import type { Environment } from '../protocol/environment.ts';
import { environmentNames } from '../protocol/environment.ts';
import type { InitializeParams, InitializeResult } from '../protocol/lifecycle.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { protocolVersion } from '../protocol/version.ts';
import { endProcess, finished } from '../token/process-end.ts';
import { engineVersion } from './engine-version.ts';

/** What the engine knows of the host it serves. */
export class Host {
  #initialized = false;
  #signs = false;
  #environment: Environment = {};

  /** @throws TokenError ProtocolMismatch or InvalidParameter */
  initialize(params: InitializeParams, methods: readonly string[]): InitializeResult {
    const version: unknown = params?.protocolVersion;
    if (version !== protocolVersion) throw mismatch(version);
    this.useEnvironment(params.environment);
    this.#signs = params.capabilities?.sign === true;
    this.#initialized = true;
    return {
      protocolVersion,
      engine: { name: 'EntraTokenBridge', version: engineVersion },
      node: { version: process.versions.node },
      capabilities: { methods },
    };
  }

  /** @throws TokenError NotInitialized */
  requireInitialized(): void {
    if (this.#initialized) return;
    throw new TokenError('NotInitialized', "The first request must be 'initialize'.");
  }

  /** Whether it answers `host/sign`. */
  get signs(): boolean {
    return this.#signs;
  }

  get environment(): Environment {
    return this.#environment;
  }

  /** From now on, and for requests that are sent later, this is the session's environment. */
  useEnvironment(environment: unknown): void {
    if (environment === undefined || environment === null) return;
    if (typeof environment !== 'object') throw unreadableEnvironment();
    if (Array.isArray(environment) && environment.length !== environmentNames.length) throw unreadableEnvironment();
    const values: Readonly<Record<string, unknown>> = { ...environment };
    const entries = environmentNames.flatMap((name, index) => {
      const value = values[Array.isArray(environment) ? index : name];
      return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
    });
    this.#environment = Object.freeze(Object.fromEntries(entries));
  }
}

function unreadableEnvironment(): TokenError {
  return new TokenError(
    'InvalidParameter',
    `Parameter environment: an object of names and values is needed, or a list of all ${environmentNames.length} values.`,
  );
}

function mismatch(version: unknown): TokenError {
  return new TokenError(
    'ProtocolMismatch',
    `The host speaks version ${typeof version === 'number' ? version : quoted(version)} of the protocol, this engine (${engineVersion}) speaks version ` +
      `${protocolVersion}. Both come with the module: install EntraTokenBridge again, in one version.`,
  );
}

/**
 * Ends the engine with its host: when the host has gone, nobody can use what is still under way.
 * @param cancelAll frees ports and ends tools
 */
export function endWithHost(cancelAll: () => void): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    cancelAll();
    // Answers on their way out are let out, and a tool that was just told to end is waited for. It all must stay well
    // under the second that hosts wait.
    process.stdout.end(() => setTimeout(() => void finished().then(() => endProcess(0))));
    setTimeout(() => endProcess(0), 500);
  };
  process.stdin.once('end', end).once('close', end);
  // An answer that comes later than that is an error of stdout too.
  process.stdout.on('error', end);
  // Ctrl+C in a terminal reaches the whole process group; the host decides what it means and sends a cancellation.
  process.on('SIGINT', () => {});
}
