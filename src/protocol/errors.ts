/** JSON-RPC's own error numbers that the engine answers with (JSON-RPC 2.0 section 5.1, and LSP's for cancellation). */
export const rpcErrorNumbers = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  notInitialized: -32002,
  requestCancelled: -32800,
  /** Every refusal and failure of a token request; `data.code` says which. */
  tokenError: -32000,
} as const;

/**
 * Every stable code that `data.code` of an error can have. A script may compare with these; they never change their
 * meaning. docs/errors.md says for each what happened and what to do.
 */
export const errorCodes = [
  // The request
  'InvalidParameter',
  'MissingParameter',
  'InvalidParameterCombination',
  'InvalidParameterSet',
  'ProtocolMismatch',
  'NotInitialized',
  // The person
  'Cancelled',
  'SignInDenied',
  'SignInTimeout',
  'BrowserUnavailable',
  'DeviceCodeExpired',
  'InteractionRequired',
  'PortUnavailable',
  // Entra's answer
  'InvalidClient',
  'InvalidGrant',
  'InvalidScope',
  'InvalidResource',
  'InvalidTenant',
  'ApplicationNotFound',
  'ConsentRequired',
  'UserNotFound',
  'AuthenticationFailed',
  'Throttled',
  'ServiceUnavailable',
  // What the machine has
  'CredentialUnavailable',
  'ManagedIdentityUnavailable',
  'ManagedIdentityFailed',
  'FederatedTokenUnavailable',
  'FederatedTokenFailed',
  'CertificateNotFound',
  'CertificateInvalid',
  'CertificatePasswordInvalid',
  'SigningFailed',
  'TokenExpired',
  'PlatformNotSupported',
  // The way there
  'NetworkError',
  'NameNotResolved',
  'ConnectionRefused',
  'TlsError',
  'Timeout',
  'ResponseInvalid',
  // Us
  'EngineError',
] as const;

/** One of {@link errorCodes}. */
export type TokenErrorCode = (typeof errorCodes)[number];

/** Why one source of a credential chain had no token. */
export interface ChainStep {
  /** The source as a person knows it, e.g. `Azure CLI`. */
  readonly source: string;
  /** One sentence. */
  readonly reason: string;
  /** `unavailable`: not set up here, the chain goes on. `failed`: set up, and refused. */
  readonly outcome: 'unavailable' | 'failed';
}

/** `error.data` of every error answer to a token request. */
export interface TokenErrorData {
  readonly code: TokenErrorCode;
  /** The parameter at fault, as PowerShell users know it, without the dash. */
  readonly parameter?: string;
  /** The AADSTS number, e.g. 7000215. */
  readonly aadsts?: number;
  /** OAuth's `error` (RFC 6749 section 5.2), e.g. `invalid_client`. */
  readonly oauthError?: string;
  /** Entra's `suberror`, e.g. `consent_required`. */
  readonly suberror?: string;
  /** A GUID. */
  readonly correlationId?: string;
  /** A GUID. */
  readonly traceId?: string;
  /** When Entra answered, in Unix milliseconds. */
  readonly timestamp?: number;
  /** The claims challenge: JSON to send back with `-Claim`. */
  readonly claims?: string;
  /** How long Entra asked to wait, in milliseconds. */
  readonly retryAfter?: number;
  /** Whether the very same request may succeed later. */
  readonly retryable: boolean;
  /** The sources that a chain tried, in order. */
  readonly steps?: readonly ChainStep[];
}
