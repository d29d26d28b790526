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
  const lifetime = Number(form.get('lifetime') ?? 600);
  if (!Number.isFinite(lifetime)) throw new AadstsError(90023, ["'lifetime' is no number of seconds."]);
  const now = Math.floor(state.now() / 1000);
  const value = await (
    await state.workloadKey.get()
  ).sign({
    iss: workloadIssuer(state.authority),
    sub: subject,
    aud: form.get('audience') ?? state.directory.tokenExchangeAudience,
    iat: now,
    nbf: now,
    exp: now + lifetime,
  });
  return { status: 200, body: { value } };
}
