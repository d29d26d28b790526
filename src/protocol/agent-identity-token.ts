import { RequestType } from 'vscode-jsonrpc/node';
import type { TokenRequest } from './az-token.ts';
import type { TokenErrorData } from './errors.ts';
import type { CloudName, HostCertificate } from './partner-token.ts';

/** Get-EntraBetaAgentIdentityToken's modes, what `-Mode` takes; each is a parameter set here. */
export const agentIdentityTokenModes = ['AutonomousApp', 'OBO', 'AutonomousUser'] as const;
export type AgentIdentityTokenMode = (typeof agentIdentityTokenModes)[number];

/** What `blueprintManagedIdentity` is for the identity that belongs to the machine itself. */
export const systemAssigned = 'SystemAssigned';

/**
 * Get-EntraBetaAgentIdentityToken's parameters under their PowerShell names. What a session keeps (the ids, the secret)
 * the host adds; which ones a mode needs, and their formats, src/token decides.
 */
export interface AgentIdentityTokenParameters {
  /** GUID. */
  readonly blueprintAppId?: string;
  /** GUID. */
  readonly agentIdentityAppId?: string;
  /** How the blueprint proves itself: one of this, `blueprintCertificate` and `blueprintManagedIdentity`. */
  readonly blueprintSecret?: string;
  /** What the host found for `-BlueprintCertificateThumbprint`. */
  readonly blueprintCertificate?: HostCertificate;
  /** `SystemAssigned`, or the client id (GUID) of a user-assigned identity that the blueprint trusts. */
  readonly blueprintManagedIdentity?: string;
  /** One scope, or several of one resource with spaces between them; default: the cloud's Microsoft Graph, `.default`. */
  readonly scope?: string;
  /** OBO: an access token, a JWT, that a user got for the blueprint. */
  readonly userToken?: string;
  /** AutonomousUser: the agent's user account, a user principal name. */
  readonly userUpn?: string;
  /** AutonomousUser: the same by its object id, a GUID. */
  readonly userId?: string;
  /** GUID or domain name; default AZURE_TENANT_ID. */
  readonly tenantId?: string;
  /** Default: AZURE_AUTHORITY_HOST's cloud, else the public one. */
  readonly environment?: CloudName;
  /** A claims challenge: JSON. */
  readonly claim?: string;
  /** Go past all caches, the parent token's too. */
  readonly force?: boolean;
  /** Whole seconds; default 120. */
  readonly timeoutSeconds?: number;
}

export interface AgentIdentityTokenResult {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** Until when a host may answer the same request with this result, in Unix milliseconds; null: never. */
  readonly reusableUntil: number | null;
}

export const getAgentIdentityToken = new RequestType<
  TokenRequest<AgentIdentityTokenMode, AgentIdentityTokenParameters>,
  AgentIdentityTokenResult,
  TokenErrorData
>('agentIdentityToken/get');
