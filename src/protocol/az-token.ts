import { RequestType } from 'vscode-jsonrpc/node';
import type { Environment, EnvironmentValues } from './environment.ts';
import type { TokenErrorData } from './errors.ts';

/** What every token request carries beside its parameters. */
export interface TokenRequest<Set extends string, Parameters> {
  readonly parameterSet: Set;
  readonly parameters: Parameters;
  /** Only when it has changed since the last request; in force from this request on. */
  readonly environment?: Environment | EnvironmentValues;
  /** Why no browser can be shown to a person here, one sentence (remoting, a service); absent where one may. */
  readonly noBrowser?: string;
  /** How much `host/log` is wanted for this request beyond warnings; default `warning`. */
  readonly logLevel?: 'warning' | 'verbose' | 'debug';
}

export const azTokenParameterSets = ['NonInteractive', 'Interactive', 'ManagedIdentity'] as const;
export type AzTokenParameterSet = (typeof azTokenParameterSets)[number];

/** The sources of the chain in their order: AzAuth's, with VS Code where its help has it; the one that costs a probe last. */
export const credentialSources = [
  'Environment',
  'AzurePowerShell',
  'AzureCLI',
  'AzureDeveloperCli',
  'VisualStudioCode',
  'VisualStudio',
  'ManagedIdentity',
] as const;
export type CredentialSource = (typeof credentialSources)[number];

/** Get-AzToken's parameters; which ones a set takes, and their formats, src/token decides. */
export interface AzTokenParameters {
  /** URI or application id; default `https://graph.microsoft.com`. */
  readonly resource?: string;
  /** Each in the context of the resource; default `.default`. */
  readonly scope?: readonly string[];
  /** GUID or domain name. */
  readonly tenantId?: string;
  /** A claims challenge: JSON. */
  readonly claim?: string;
  /** GUID. */
  readonly clientId?: string;
  readonly force?: boolean;
  /** Whole seconds; default 120. */
  readonly timeoutSeconds?: number;
  readonly credentialPrecedence?: readonly CredentialSource[];
}

export interface AzTokenResult {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** `upn`, else `email`, else `oid` of the token; null when it has none or is no JWT. */
  readonly identity: string | null;
  /** `tid` of the token, else the tenant that was asked for, else null. */
  readonly tenantId: string | null;
  /** From `scp`, else the scopes that were asked for. */
  readonly scopes: readonly string[];
  /**
   * The token's claims: name, then its values as text, in the token's order; the digits of numbers are the token's own.
   */
  readonly claims: readonly (readonly [name: string, ...values: string[]])[];
  /** Until when a host may answer the same request with this result, in Unix milliseconds; null: never. */
  readonly reusableUntil: number | null;
}

export const getAzToken = new RequestType<
  TokenRequest<AzTokenParameterSet, AzTokenParameters>,
  AzTokenResult,
  TokenErrorData
>('azToken/get');
