import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { decodeJwt } from 'jose';
import type { JWTPayload } from 'jose';
import { onTestFinished } from 'vitest';
import type { Application } from '../../src/emulator/directory.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/server.ts';

/** Ids of the default directory. */
export const contoso = '11111111-1111-4111-8111-111111111111';
export const fabrikam = '22222222-2222-4222-8222-222222222222';
export const confidential = { id: 'c0f1de00-0000-4000-8000-000000000001', secret: 'Confidential-Secret~1' } as const;
export const certificateApp = 'ce470000-0000-4000-8000-000000000002';
export const desktop = '9ab11c00-0000-4000-8000-000000000003';
export const unconsented = 'c0115e17-0000-4000-8000-000000000004';
export const orders = 'b00c0000-0000-4000-8000-000000000005';
export const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
export const alice = {
  id: 'a11ce000-0000-4000-8000-000000000001',
  username: 'alice@contoso.onmicrosoft.com',
  password: 'Alice-Passw0rd!',
} as const;
export const frank = { username: 'frank@fabrikam.onmicrosoft.com', password: 'Frank-Passw0rd!' } as const;
export const graphDefault = 'https://graph.microsoft.com/.default';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of a JSON answer; else empty. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly method?: string;
  /** Sent as a form, by POST. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** One request on a connection of its own, trusting the emulator's CA and no other; redirects are not followed. */
export function call({ ca }: Emulator, url: string, { method, form, headers = {}, text }: Call = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = {
    ca,
    agent: false as const,
    method: method ?? (form || text !== undefined ? 'POST' : 'GET'),
    headers: { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
  };
  const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const content = Buffer.concat(chunks).toString();
      const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
      const body = isJson ? (JSON.parse(content) as Record<string, unknown>) : {};
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: content, body });
    });
  });
  request.once('error', reject);
  request.end(text ?? (form && new URLSearchParams(form).toString()));
  return promise;
}

export const tokenAddress = ({ authority }: Emulator, tenant = contoso): string =>
  `${authority}/${tenant}/oauth2/v2.0/token`;

export const postToken = (
  emulator: Emulator,
  form: Readonly<Record<string, string>>,
  { tenant = contoso, headers = {} }: { tenant?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> => call(emulator, tokenAddress(emulator, tenant), { form, headers });

/** The claims of a token of an answer. */
export const claimsOf = ({ body }: Answer, name = 'access_token'): JWTPayload => decodeJwt(body[name] as string);

/** The AADSTS number of a refusal. */
export const codeOf = ({ body }: Answer): unknown => (body['error_codes'] as readonly number[] | undefined)?.[0];

/** A refusal's status, its error code (RFC 6749 section 5.2) and its AADSTS number. */
export const refusalIn = (answer: Answer): readonly unknown[] => [answer.status, answer.body['error'], codeOf(answer)];

/** The parameters that the browser takes back to the client. */
export const answered = ({ headers }: Answer): Record<string, string> =>
  Object.fromEntries(new URL(headers.location ?? '').searchParams);

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The address that a client opens in a browser; a value of undefined takes a parameter out. */
export function authorizeAddress(
  { authority }: Emulator,
  pkce: Pkce,
  changes: Readonly<Record<string, string | undefined>> = {},
  tenant = contoso,
): string {
  const parameters = {
    client_id: desktop,
    response_type: 'code',
    redirect_uri: 'http://localhost:8400',
    scope: 'https://graph.microsoft.com/User.Read openid profile offline_access',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  const given = Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined);
  return `${authority}/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(given).toString()}`;
}

/** Changes a registration in the running directory, until the test has ended. */
export function changeApplication({ directory }: Emulator, id: string, changes: Partial<Application>): void {
  const before = directory.applications;
  onTestFinished(() => void (directory.applications = before));
  directory.applications = before.map((each) => (each.id === id ? { ...each, ...changes } : each));
}

/** A clock that goes only when it is told to. */
export class Clock {
  #now = Date.now();
  readonly read = (): number => this.#now;

  forward(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

/** An emulator with a clock of its own. */
export async function startWithClock(options: EmulatorOptions = {}): Promise<{ emulator: Emulator; clock: Clock }> {
  const clock = new Clock();
  return { clock, emulator: await startEmulator({ ...options, now: clock.read }) };
}
