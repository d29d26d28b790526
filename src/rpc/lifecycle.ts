import type { Environment } from '../protocol/environment.ts';
import { environmentNames } from '../protocol/environment.ts';
import type { InitializeParams, InitializeResult } from '../protocol/lifecycle.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { protocolVersion } from '../protocol/version.ts';
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
    this.#initialized = true;
    this.#signs = params.capabilities?.sign === true;
    this.useEnvironment(params.environment);
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
 * @param cancelAll frees ports and ends tools; returns how many requests were under way
 */
export function endWithHost(cancelAll: () => number): void {
  const end = (): void => {
    const cancelled = cancelAll();
    // Answers on their way out are let out; a tool that was just told to end, or a port that is being closed, is given
    // a moment, which must stay well under the second that hosts wait.
    process.stdout.end(() => setTimeout(() => process.exit(0), cancelled > 0 ? 250 : 0));
    setTimeout(() => process.exit(0), 500);
  };
  process.stdin.once('end', end).once('close', end);
  process.stdout.once('error', () => process.exit(0));
  // Ctrl+C in a terminal reaches the whole process group; the host decides what it means and sends a cancellation.
  process.on('SIGINT', () => {});
}
