import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createServerCertificate } from './certificates.ts';
import { close, listen, reset } from './connections.ts';
import { defaultDirectory } from './default-directory.ts';
import { completeDirectory } from './directory.ts';
import type { Directory, DirectoryInput } from './directory.ts';
import { correlationIdOf, readBody } from './http.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { ArcKeys, arcKeyDirectory, managedIdentityPaths } from './managed-identity.ts';
import { maskSecrets } from './request-log.ts';
import type { RequestLogEntry } from './request-log.ts';
import { answer, endpointOf, managedIdentityEndpointOf } from './routes.ts';
import type { Route } from './routes.ts';
import { NextAnswers } from './scenarios.ts';
import { createSigningKey } from './signing-keys.ts';
import type { EmulatorState } from './state.ts';
import { WorkloadKey } from './workload-issuer.ts';
import { workloadEnvironment } from './workload-runners.ts';

export interface EmulatorOptions {
  /** Of the authority; default 0: the system chooses. */
  readonly port?: number;
  /** Default 127.0.0.1 (and ::1 where it is there). */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly managedIdentityPort?: number;
  /** Default {@link defaultDirectory}. */
  readonly directory?: DirectoryInput | undefined;
  /** Where the CA's certificate is written; default: in a temporary folder that goes with the emulator. */
  readonly caFile?: string | undefined;
  /** Lifetimes in seconds; default: Entra's. */
  readonly tokenLifetimeSeconds?: number;
  readonly authorizationCodeLifetimeSeconds?: number;
  readonly refreshTokenLifetimeSeconds?: number;
  readonly deviceCodeLifetimeSeconds?: number;
  readonly deviceCodeIntervalSeconds?: number;
  /** Where Arc's key files are written; clients take no other place than the default. */
  readonly arcKeyDirectory?: string;
  /** The time in Unix milliseconds, for tests that can't wait. */
  readonly now?: () => number;
  /** One line per request, secrets masked. */
  readonly log?: (line: string) => void;
}

export interface Emulator {
  /** `https://localhost:54321` */
  readonly authority: string;
  /** `http://127.0.0.1:54322` */
  readonly managedIdentity: string;
  /** Path of the CA's certificate (PEM). */
  readonly caFile: string;
  /** The CA's certificate: PEM. */
  readonly ca: string;
  /** Live: what is changed here counts from the next request on. */
  readonly directory: Directory;
  readonly requests: RequestLogEntry[];
  readonly nextAnswers: NextAnswers;
  /** What an App Service, a virtual machine and an Arc machine have in their environment. */
  readonly managedIdentityEnvironment: {
    readonly appService: { readonly IDENTITY_ENDPOINT: string; readonly IDENTITY_HEADER: string };
    readonly imds: { readonly AZURE_POD_IDENTITY_AUTHORITY_HOST: string };
    readonly arc: { readonly IDENTITY_ENDPOINT: string; readonly IMDS_ENDPOINT: string };
  };
  /** What a job of GitHub Actions and one of Azure Pipelines have in theirs. */
  readonly workloadEnvironment: ReturnType<typeof workloadEnvironment>;
  clearRequests(): void;
  close(): Promise<void>;
}

/** Starts the token service; it is ready when the promise resolves. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = '127.0.0.1', now = Date.now, log = () => {} } = options;
  const directory = completeDirectory(options.directory ?? defaultDirectory);
  const { ca, server: certificate } = createServerCertificate();
  const signingKey = await createSigningKey();
  const requests: RequestLogEntry[] = [];
  const nextAnswers = new NextAnswers();
  const arcKeys = new ArcKeys(options.arcKeyDirectory ?? arcKeyDirectory);

  const tls = { cert: certificate.certificate, key: certificate.privateKey };
  const serve = (route: Route) => (message: IncomingMessage, response: ServerResponse) =>
    void handle(state, route, message, response);
  const secure = createHttpsServer(tls, serve(endpointOf));
  const plain = createHttpServer(serve((request) => managedIdentityEndpointOf(request, arcKeys)));
  const servers: Server[] = [secure, plain];
  const port = await listen(secure, host, options.port ?? 0);
  const plainPort = await listen(plain, host, options.managedIdentityPort ?? 0);
  if (host === '127.0.0.1') {
    // `localhost` may mean ::1 to a client; Windows takes seconds to find out that nobody is there
    const secureV6 = createHttpsServer(tls, serve(endpointOf));
    await listen(secureV6, '::1', port).then(
      () => servers.push(secureV6),
      () => {},
    );
  }

  const state: EmulatorState = {
    authority: `https://localhost:${port}`,
    directory,
    signingKey,
    workloadKey: new WorkloadKey(),
    lifetimes: {
      accessToken: options.tokenLifetimeSeconds ?? 3600,
      managedIdentityToken: options.tokenLifetimeSeconds,
      authorizationCode: options.authorizationCodeLifetimeSeconds ?? 600,
      refreshToken: options.refreshTokenLifetimeSeconds ?? 90 * 86_400,
      deviceCode: options.deviceCodeLifetimeSeconds ?? 900,
      deviceCodeInterval: options.deviceCodeIntervalSeconds ?? 5,
    },
    requests,
    nextAnswers,
    now,
    log,
    codes: new Map(),
    refreshTokens: new Map(),
    signIns: new Map(),
    deviceCodes: new Map(),
    sessions: new Map(),
    consents: new Map(),
    assertionIds: new Set(),
  };

  let folder = '';
  let caFile: string;
  try {
    if (options.caFile === undefined) folder = mkdtempSync(join(tmpdir(), 'entra-token-emulator-'));
    caFile = resolve(options.caFile ?? join(folder, 'ca.pem'));
    writeFileSync(caFile, ca, { mode: 0o644 });
  } catch (error) {
    // Who listens keeps the process alive.
    await Promise.all(servers.map(close));
    throw new Error(`The CA's certificate can't be written: ${(error as Error).message}`, { cause: error });
  }

  const managedIdentity = `http://${host}:${plainPort}`;
  return {
    authority: state.authority,
    managedIdentity,
    caFile,
    ca,
    directory: state.directory,
    requests,
    nextAnswers,
    managedIdentityEnvironment: {
      appService: {
        IDENTITY_ENDPOINT: `${managedIdentity}${managedIdentityPaths.appService}`,
        IDENTITY_HEADER: state.directory.identityHeader,
      },
      imds: { AZURE_POD_IDENTITY_AUTHORITY_HOST: managedIdentity },
      arc: { IDENTITY_ENDPOINT: `${managedIdentity}${managedIdentityPaths.arc}`, IMDS_ENDPOINT: managedIdentity },
    },
    workloadEnvironment: workloadEnvironment(state.authority),
    clearRequests: () => void (requests.length = 0),
    close: async () => {
      await Promise.all(servers.map(close));
      arcKeys.dispose();
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function handle(
  state: EmulatorState,
  route: Route,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let request: EndpointRequest;
  try {
    const read = await readRequest(state, message);
    if (!read) return send(response, { status: 413, body: 'The body is too long.' });
    request = read;
  } catch {
    // The client went away
    response.destroy();
    return;
  }
  state.requests.push(request.log);
  const reply = await answer(state, route, request);
  request.log.status = typeof reply === 'object' ? reply.status : 0;
  const { log } = request;
  state.log(
    [
      new Date(log.time).toISOString(),
      log.method,
      log.path,
      typeof reply === 'object' ? reply.status : reply,
      ...(log.grantType ? [log.grantType] : []),
      ...(log.clientId ? [`client ${log.clientId}`] : []),
      ...(log.errorCode ? [`AADSTS${log.errorCode}`] : []),
      ...log.notes,
    ].join(' '),
  );
  if (reply === 'hang') return;
  if (reply === 'reset') return reset(message.socket);
  send(response, reply, request.correlationId);
}

async function readRequest({ now }: EmulatorState, message: IncomingMessage): Promise<EndpointRequest | undefined> {
  const text = await readBody(message);
  if (text === undefined) return undefined;
  const { method = 'GET', headers } = message;
  const [path = '/', search = ''] = (message.url ?? '/').split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  const form = new URLSearchParams(isForm ? text : '');
  const name = 'client-request-id';
  const correlationId = correlationIdOf(headers[name]?.toString(), form.get(name), query.get(name));
  const parameter = (key: string): string | undefined => form.get(key) ?? query.get(key) ?? undefined;
  const [grantType, clientId] = [parameter('grant_type'), parameter('client_id')];
  const log: RequestLogEntry = {
    method,
    path,
    ...(grantType !== undefined && { grantType }),
    ...(clientId !== undefined && { clientId }),
    status: 0,
    time: now(),
    correlationId,
    query: maskSecrets(query),
    headers: maskSecrets(Object.entries(headers).map(([key, value]) => [key, String(value)] as const)),
    body: maskSecrets(form),
    notes: [],
  };
  return { method, path, query, form, text, headers, correlationId, log };
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Reply, correlationId?: string): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'cache-control': 'no-store, no-cache',
    pragma: 'no-cache',
    'x-content-type-options': 'nosniff',
    ...(typeof body !== 'string' && { 'content-type': 'application/json; charset=utf-8' }),
    ...(correlationId !== undefined && { 'client-request-id': correlationId }),
    ...headers,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
