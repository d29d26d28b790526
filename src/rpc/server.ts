import {
  CancellationSenderStrategy,
  createMessageConnection,
  type CancellationToken,
  type MessageConnection,
  type RequestType,
  type RequestType0,
} from 'vscode-jsonrpc/node';
import { getAgentIdentityToken } from '../protocol/agent-identity-token.ts';
import { getAzToken } from '../protocol/az-token.ts';
import { deviceCode, log, progress, type LogParams } from '../protocol/host.ts';
import { initialize, shutdown } from '../protocol/lifecycle.ts';
import { newPartnerAccessToken, newSecMgmtAccessToken } from '../protocol/partner-token.ts';
import { quoted } from '../protocol/quoted.ts';
import { forget, ping, status } from '../protocol/session.ts';
import { TokenError } from '../protocol/token-error.ts';
import type { RequestContext } from '../token/acquire-token.ts';
import { accountInMemory } from '../token/session-memory.ts';
import { responseErrorOf } from './errors.ts';
import { endWithHost, Host } from './lifecycle.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { hostSigner } from './host-signer.ts';
import { RequestsUnderWay, type RequestUnderWay } from './requests.ts';

const methods = [
  initialize,
  getAzToken,
  newPartnerAccessToken,
  newSecMgmtAccessToken,
  getAgentIdentityToken,
  ping,
  status,
  forget,
  shutdown,
].map((type) => type.method);

type TokenRequestType = RequestType<unknown, unknown, unknown>;
type Acquire = (parameterSet: string, parameters: Record<string, unknown>, context: RequestContext) => Promise<unknown>;

/** Serves one host over this process's stdin and stdout until the host goes. */
export function serve(): void {
  const startedOn = Date.now();
  const host = new Host();
  const requests = new RequestsUnderWay();
  const writer = new FrameWriter(process.stdout);
  const reader = new FrameReader(process.stdin, (code, message) => {
    // JSON-RPC 2.0 section 5: null where no id could be read, which vscode-jsonrpc's types don't know.
    writer.write({ jsonrpc: '2.0', id: null, error: { code, message } } as never).catch(() => {});
  });
  const connection = createMessageConnection(reader, writer, quiet, {
    cancellationStrategy: { receiver: requests, sender: CancellationSenderStrategy.Message },
  });

  answer(connection, initialize, (params) => {
    const result = host.initialize(params, methods);
    // The first request is likely on its way: what it takes is loaded meanwhile, once the answer is out. Loading keeps
    // the thread busy, and vscode-jsonrpc writes the answer a few turns from here.
    setTimeout(() => void import('../token/az-token.ts').catch(() => {}), 3);
    return result;
  });
  answer(connection, ping, () => null);
  answer(connection, status, () => ({
    processId: process.pid,
    startedOn,
    requests: requests.count,
    account: accountInMemory(),
    memory: { heapUsed: process.memoryUsage().heapUsed, rss: process.memoryUsage.rss() },
  }));
  answer(connection, forget, async () => {
    host.requireInitialized();
    const { forgetSession } = await import('../token/session.ts');
    await forgetSession();
    return null;
  });
  /** Registers a method that hands out tokens. */
  function answerWithToken(type: TokenRequestType, acquire: Acquire): void {
    answer(connection, type, (params, token) => {
      host.requireInitialized();
      const { parameterSet, parameters: given, environment, logLevel, noBrowser } = objectOf(params);
      // First: a host that has sent it takes it for known, whatever else may be wrong.
      host.useEnvironment(environment);
      if (typeof parameterSet !== 'string') throw wrong('parameterSet', 'a text is needed.');
      const told = { noBrowser: reasonOf(noBrowser), levels: levelsOf(logLevel) };
      const snapshot = host.environment;
      return requests.during(token, async (request) => {
        const parameters = objectOf(given);
        const certificate = parameters['certificate'] ?? parameters['blueprintCertificate'];
        const sign = host.signs ? hostSigner(connection, request, certificate) : undefined;
        const context = contextOf(connection, request, { ...told, environment: snapshot });
        return acquire(parameterSet, parameters, sign ? { ...context, sign } : context);
      });
    });
  }
  answerWithToken(getAzToken, async (...request) => {
    const { acquireAzToken } = await import('../token/az-token.ts');
    return acquireAzToken(...request);
  });
  answerWithToken(newPartnerAccessToken, async (...request) => {
    const { acquirePartnerToken } = await import('../token/partner-token.ts');
    return acquirePartnerToken('New-PartnerAccessToken', ...request);
  });
  answerWithToken(newSecMgmtAccessToken, async (...request) => {
    const { acquirePartnerToken } = await import('../token/partner-token.ts');
    return acquirePartnerToken('New-SecMgmtAccessToken', ...request);
  });
  answerWithToken(getAgentIdentityToken, async (...request) => {
    const { acquireAgentIdentityToken } = await import('../token/agent-identity-token.ts');
    return acquireAgentIdentityToken(...request);
  });
  answer(connection, shutdown, () => {
    setImmediate(() => process.stdin.destroy());
    return null;
  });

  endWithHost(() => requests.end());
  connection.listen();
}

/** What `host/log` tells, from what every host hears to what few want. */
const levels: readonly LogParams['level'][] = ['warning', 'verbose', 'debug'];

/** vscode-jsonrpc complains to its logger of what has been answered already. */
const quiet = { error() {}, warn() {}, info() {}, log() {} };

/** Registers a handler whose errors keep their codes. */
function answer<Params, Result>(
  connection: MessageConnection,
  type: RequestType<Params, Result, unknown> | RequestType0<Result, unknown>,
  handler: (params: Params, token: CancellationToken) => Result | Promise<Result>,
): void {
  // The untyped registration: it hands on params of any shape, so that the handler can say what is wrong with them.
  connection.onRequest(type.method, async (...received: unknown[]): Promise<unknown> => {
    const token = received.at(-1) as CancellationToken;
    const params = received.length > 1 ? received[0] : undefined;
    try {
      return await handler(params as Params, token);
    } catch (error) {
      return responseErrorOf(error);
    }
  });
}

function contextOf(
  connection: MessageConnection,
  request: RequestUnderWay,
  given: Pick<RequestContext, 'environment' | 'noBrowser'> & { readonly levels: readonly LogParams['level'][] },
): RequestContext {
  const tell = (sent: Promise<void>): void => void sent.catch(() => {});
  return {
    environment: given.environment,
    noBrowser: given.noBrowser,
    signal: request.signal,
    log(level, message) {
      if (!given.levels.includes(level)) return;
      const text = typeof message === 'string' ? message : message();
      tell(connection.sendNotification(log, { requestId: request.id, level, message: text }));
    },
    progress(activity, statusText, until) {
      tell(
        connection.sendNotification(progress, {
          requestId: request.id,
          activity,
          status: statusText,
          ...(until === undefined ? {} : { until }),
        }),
      );
    },
    deviceCode(code) {
      tell(connection.sendNotification(deviceCode, { requestId: request.id, ...code }));
    },
  };
}

/** @returns the wanted level of {@link levels}, and those before it */
function levelsOf(wanted: unknown): readonly LogParams['level'][] {
  const index = levels.findIndex((level) => level === (wanted ?? 'warning'));
  if (index < 0) throw wrong('logLevel', `${quoted(wanted)} is none of ${levels.join(', ')}.`);
  return levels.slice(0, index + 1);
}

/** @throws TokenError InvalidParameter for what is neither absent nor a text */
function reasonOf(noBrowser: unknown): string | undefined {
  if (noBrowser === undefined || noBrowser === null) return undefined;
  if (typeof noBrowser === 'string') return noBrowser;
  throw wrong('noBrowser', 'a text is needed that says why no browser can be shown.');
}

function wrong(member: string, problem: string): TokenError {
  return new TokenError('InvalidParameter', `Parameter ${member}: ${problem}`);
}

/** @throws TokenError InvalidParameter */
function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new TokenError('InvalidParameter', 'The params must be an object with parameterSet and parameters.');
}
