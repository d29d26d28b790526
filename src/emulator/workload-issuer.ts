import { AadstsError } from './aadsts-errors.ts';
import type { EndpointRequest, Reply } from './http.ts';
import { createSigningKey } from './signing-keys.ts';
import type { SigningKey } from './signing-keys.ts';
import type { EmulatorState } from './state.ts';

/** `iss` of the tokens that the emulator gives to workloads, in the place of GitHub, Kubernetes and the like. */
export const workloadIssuer = (authority: string): string => `${authority}/emulator/issuer`;

/** Its key, made when somebody first asks for it: most emulators never need one. */
export class WorkloadKey {
  #key: Promise<SigningKey> | undefined;
  get(): Promise<SigningKey> {
    return (this.#key ??= createSigningKey());
  }
}

/** How long its tokens are good, in seconds. */
const defaultLifetime = 600;

/** Below `/emulator/issuer/`. */
export const workloadIssuerEndpoints: Record<
  string,
  (state: EmulatorState, request: EndpointRequest) => Promise<Reply>
> = {
  '.well-known/openid-configuration': async ({ authority }) => ({
    status: 200,
    body: {
      issuer: workloadIssuer(authority),
      jwks_uri: `${workloadIssuer(authority)}/keys`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  }),
  keys: async ({ workloadKey }) => ({ status: 200, body: { keys: [(await workloadKey.get()).publicJwk] } }),
  token: issueWorkloadToken,
};

/**
 * `POST /emulator/issuer/token` with `subject` and, if need be, `audience` and `lifetime` (seconds) as a form: the
 * token, as JSON's `value`, which is where GitHub's issuer has it.
 */
async function issueWorkloadToken(state: EmulatorState, { method, form }: EndpointRequest): Promise<Reply> {
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
  const subject = form.get('subject');
  if (!subject) throw new AadstsError(900144, ['subject']);
  const lifetime = Number(form.get('lifetime') ?? defaultLifetime);
  if (!Number.isFinite(lifetime)) throw new AadstsError(90023, ["'lifetime' is no number of seconds."]);
  const value = await signWorkloadToken(state, { subject, audience: form.get('audience') ?? undefined, lifetime });
  return { status: 200, body: { value } };
}

/**
 * A token of this issuer.
 * @param lifetime seconds
 */
export async function signWorkloadToken(
  { authority, directory, workloadKey, now }: EmulatorState,
  {
    subject,
    audience = directory.tokenExchangeAudience,
    lifetime = defaultLifetime,
  }: { subject: string; audience?: string | undefined; lifetime?: number },
): Promise<string> {
  const issued = Math.floor(now() / 1000);
  return (await workloadKey.get()).sign({
    iss: workloadIssuer(authority),
    sub: subject,
    aud: audience,
    iat: issued,
    nbf: issued,
    exp: issued + lifetime,
  });
}
