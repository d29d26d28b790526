/** One request that the emulator was sent, as it may be shown to anybody: no secret, token or code is in it. */
export interface RequestLogEntry {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As the request named it. */
  readonly tenant?: string;
  readonly grantType?: string;
  readonly clientId?: string;
  /** 0 where no answer was given (hang, reset). */
  status: number;
  /** `error` of the answer's body. */
  error?: string;
  /** AADSTS number of the answer. */
  errorCode?: number;
  /** Unix milliseconds. */
  readonly time: number;
  readonly correlationId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed form. */
  readonly body: Readonly<Record<string, string>>;
  /** What a client assertion said, without its signature. */
  clientAssertion?: { readonly header: object; readonly claims: object };
  /** What Entra would let pass and a person may want to know. */
  readonly notes: string[];
}

const secretNames =
  /^(client_secret|client_assertion|assertion|password|code|code_verifier|refresh_token|device_code|id_token_hint|flow_token|user_federated_identity_credential|authorization|cookie|x-identity-header|secret)$/i;

export const mask = '***';

/** Values of names that are secret become `***`; an empty one stays empty, since that is what was wrong with it. */
export function maskSecrets(values: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(
    Array.from(values, ([name, value]) => [name, secretNames.test(name) && value !== '' ? mask : value]),
  );
}
