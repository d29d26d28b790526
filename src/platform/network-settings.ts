import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { Environment } from '../protocol/environment.ts';
import { TokenError } from '../protocol/token-error.ts';
import type { RequestContext } from './request-context.ts';

const proxyNames = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'] as const;
/** How one begins, in the forms that OpenSSL reads. */
const certificate = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;
/** Files of certificates, PEM, to trust beside Node's own: Node's variable, and OpenSSL's, which Linux admins know. */
const authorityFileNames = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const;

/**
 * What is in force in this process. Node itself applies NODE_EXTRA_CA_CERTS, four milliseconds faster than it can be done
 * later, and a proxy never. A file that is missing, or none of certificates, is told of when it is to be applied.
 */
let appliedProxy = proxyNames.map(() => '').join('\n');
let appliedFiles = [process.env['NODE_EXTRA_CA_CERTS'] ?? ''].filter(hasCertificate).join('\n');
let systemStoreLoaded = false;
/** Whose settings are in force. */
let appliedEnvironment: Environment | undefined;

/**
 * Makes the session's proxy and trusted authorities those of this process, when they have changed.
 *
 * Certificates are always checked: authorities are named, never done without. Both hold for all requests under way, as they do in any process whose environment changes.
 */
export function applyNetworkSettings({ environment, log }: RequestContext): void {
  // Set for some other program's sake, it would show our secrets to whoever answers in Entra's place.
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  if (environment === appliedEnvironment) return;
  // Nobody's, should one of the two steps fail.
  appliedEnvironment = undefined;
  applyProxy(environment);
  // Mostly the two name the same file.
  const files = [...new Set(authorityFileNames.map((name) => environment[name] ?? ''))].filter(Boolean).join('\n');
  if (files !== appliedFiles) {
    appliedFiles = files;
    applyAuthorities((file, problem) => {
      const name = authorityFileNames.find((variable) => environment[variable] === file);
      log('warning', `The file of trusted certificates '${file}' ${problem}. Correct ${name}.`);
    });
  }
  appliedEnvironment = environment;
}

function applyProxy(environment: Environment): void {
  const proxyEnv = Object.fromEntries(proxyNames.map((name) => [name, environment[name] ?? '']));
  const values = Object.values(proxyEnv).join('\n');
  if (values === appliedProxy) return;
  try {
    checkAddress(environment['https_proxy'] || environment['HTTPS_PROXY']);
    checkAddress(environment['http_proxy'] || environment['HTTP_PROXY']);
    useNewAgents(proxyEnv);
  } catch {
    // Node's error repeats the address, which may hold a password.
    throw new TokenError(
      'InvalidParameter',
      'What HTTPS_PROXY or HTTP_PROXY says is no address of a proxy. Set it to one such as http://proxy.contoso.com:8080.',
      { parameter: 'HTTPS_PROXY' },
    );
  }
  appliedProxy = values;
}

/** An agent goes without a proxy where the address is none, or one of a kind that it does not know. */
function checkAddress(proxy: string | undefined): void {
  if (proxy && !/^https?:$/.test(new URL(proxy).protocol)) throw new TypeError('no proxy for HTTP');
}

/**
 * Agents as Node's own, with the proxy; not by http.setGlobalProxyFromEnv, which the first versions that can use a proxy don't
 * have. And they know no connection yet: one that is kept alive, and a TLS session that is resumed, are not checked again,
 * and whom they were made with may be trusted no more.
 */
function useNewAgents(proxyEnv = https.globalAgent.options.proxyEnv): void {
  const options = { keepAlive: true, scheduling: 'lifo', timeout: 5000, proxyEnv } as const;
  const agents = [new http.Agent(options), new https.Agent(options)] as const;
  [http.globalAgent, https.globalAgent] = agents;
}

/** What is wrong with a file: the end of a sentence. */
type Warn = (file: string, problem: string) => void;

function applyAuthorities(warn: Warn): void {
  const stores = systemStoreLoaded ? (['bundled', 'system'] as const) : (['bundled'] as const);
  const files = appliedFiles.split('\n').filter(Boolean);
  tls.setDefaultCACertificates([
    ...stores.flatMap((store) => tls.getCACertificates(store)),
    ...files.flatMap((file) => readPem(file, warn)),
  ]);
  useNewAgents();
}

/** Node itself says little or nothing of such a file; the TLS error that may follow is explained by the warning. */
function readPem(file: string, warn: Warn): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    if (certificate.test(text)) return [text];
    warn(file, 'has no certificate in PEM');
  } catch (error) {
    warn(file, `can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return [];
}

function hasCertificate(file: string): boolean {
  return file !== '' && readPem(file, () => {}).length > 0;
}

/** OpenSSL's words for a chain that ends in an authority that is not trusted. */
const untrusted: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether the operating system's certificate store is trusted by now. */
export function trustsSystemStore(): boolean {
  return systemStoreLoaded;
}

/**
 * Trusts the operating system's certificate store too, once a service's certificate has turned out to need it.
 *
 * Corporate proxies that inspect TLS are trusted there. Reading it takes some 45 ms, so it isn't read before.
 * @param error of an attempt that was begun without the store; another one may have had it read meanwhile
 * @returns whether trying again makes sense
 */
export function trustSystemStoreAfter(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!untrusted.has(code)) return false;
  if (systemStoreLoaded) return true;
  systemStoreLoaded = true;
  // What is wrong with a file was said when it came into force.
  applyAuthorities(() => {});
  return true;
}
