import type { TokenErrorCode } from '../protocol/errors.ts';
import { TokenError } from '../protocol/token-error.ts';
import { ProfileError } from '../profile/profile-error.ts';

/** What the program ends with. Scripts compare with these; they never change their meaning. */
export const exitCodes = {
  success: 0,
  generalError: 1,
  profileNotFound: 2,
  authenticationFailed: 3,
  networkError: 4,
  timeout: 5,
  /** As shells have it for a program that Ctrl+C ended: 128 and SIGINT's number. */
  cancelled: 130,
} as const;

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What isn't listed is a failed authentication: an answer of Entra's, or a credential that can't be used. */
const ofTokenErrors: Readonly<Partial<Record<TokenErrorCode, ExitCode>>> = {
  Cancelled: exitCodes.cancelled,

  InvalidParameter: exitCodes.generalError,
  MissingParameter: exitCodes.generalError,
  InvalidParameterCombination: exitCodes.generalError,
  InvalidParameterSet: exitCodes.generalError,
  BrowserUnavailable: exitCodes.generalError,
  PortUnavailable: exitCodes.generalError,
  PlatformNotSupported: exitCodes.generalError,
  EngineError: exitCodes.generalError,

  NetworkError: exitCodes.networkError,
  NameNotResolved: exitCodes.networkError,
  ConnectionRefused: exitCodes.networkError,
  TlsError: exitCodes.networkError,
  // What answers in Entra's place is a proxy's or a hotel's page, and a 5xx or 429 passes as a network does.
  ResponseInvalid: exitCodes.networkError,
  ServiceUnavailable: exitCodes.networkError,
  Throttled: exitCodes.networkError,

  Timeout: exitCodes.timeout,
  SignInTimeout: exitCodes.timeout,
  DeviceCodeExpired: exitCodes.timeout,
};

/** The one place that says which error ends the program with which code. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof TokenError) return ofTokenErrors[error.code] ?? exitCodes.authenticationFailed;
  if (error instanceof ProfileError) {
    if (error.code === 'ProfileNotFound') return exitCodes.profileNotFound;
    return error.code === 'SecretMissing' ? exitCodes.authenticationFailed : exitCodes.generalError;
  }
  return isPromptExit(error) ? exitCodes.cancelled : exitCodes.generalError;
}

/** Ctrl+C at a question of @inquirer's, which is not loaded for this. */
export function isPromptExit(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
