import { RequestType } from 'vscode-jsonrpc/node';
import type { TokenRequest } from './az-token.ts';
import type { TokenErrorData } from './errors.ts';
import type { SigningAlgorithm } from './host.ts';

/** New-PartnerAccessToken's parameter sets. */
export const partnerTokenParameterSets = [
  'AccessToken',
  'RefreshToken',
  'ServicePrincipal',
  'ServicePrincipalCertificate',
  'User',
  'ByModule',
] as const;
export type PartnerTokenParameterSet = (typeof partnerTokenParameterSets)[number];

/** New-SecMgmtAccessToken's: the same, without the two that upstream's second module never had. */
export const secMgmtTokenParameterSets = [
  'RefreshToken',
  'ServicePrincipal',
  'ServicePrincipalCertificate',
  'User',
] as const;
export type SecMgmtTokenParameterSet = (typeof secMgmtTokenParameterSets)[number];

/** What `-Environment` takes: the clouds by the names that Az and PartnerCenter use. */
export const cloudNames = [
  'AzureCloud',
  'AzureChinaCloud',
  'AzureGermanCloud',
  'AzurePPE',
  'AzureUSGovernment',
] as const;
export type CloudName = (typeof cloudNames)[number];

/** What `-Module` takes: modules whose own application and scopes are known. */
export const moduleNames = ['ExchangeOnline'] as const;
export type ModuleName = (typeof moduleNames)[number];

/** A PSCredential: a service principal's client id and its secret. */
export interface Credential {
  readonly userName: string;
  readonly password: string;
}

/**
 * The certificate that the host found for `-CertificateThumbprint`. Its private key stays with the host, which signs
 * with it when it is asked to (`host/sign`).
 */
export interface HostCertificate {
  /** The host's own name for the key; comes back with `host/sign`, and only while this very request is under way. */
  readonly handle: string;
  /** As the person gave it: SHA-1 of the certificate, hexadecimal. For messages only. */
  readonly thumbprint: string;
  /** The certificate, then what the host has of its chain: DER, base64 (RFC 7515 section 4.1.6). */
  readonly x5c: readonly string[];
  /** What the key can do; old CAPI keys can't do PSS, so theirs is `["RS256"]`. PS256 is used where it is listed. */
  readonly algorithms: readonly SigningAlgorithm[];
}

/**
 * The parameters of New-PartnerAccessToken and New-SecMgmtAccessToken under their PowerShell names; which ones a set
 * takes and needs, and their formats, src/token decides.
 */
export interface PartnerTokenParameters {
  /** A JWT. */
  readonly accessToken?: string;
  /** GUID: the client. */
  readonly applicationId?: string;
  /** What the host found for `-CertificateThumbprint`. */
  readonly certificate?: HostCertificate;
  readonly credential?: Credential;
  /** Default: AZURE_AUTHORITY_HOST's, else the public cloud. */
  readonly environment?: CloudName;
  readonly module?: ModuleName;
  readonly refreshToken?: string;
  /** Sent as given, e.g. `https://api.partnercenter.microsoft.com/user_impersonation`. */
  readonly scopes?: readonly string[];
  readonly servicePrincipal?: boolean;
  /** GUID, domain name or `organizations`, the default. */
  readonly tenant?: string;
  readonly useAuthorizationCode?: boolean;
  readonly useDeviceAuthentication?: boolean;
  /** Whole seconds; default 900 where a person has to sign in, else 120. */
  readonly timeoutSeconds?: number;
}

/** MSAL.NET's IAccount. */
export interface AuthResultAccount {
  readonly username: string;
  /** The cloud as MSAL files it, e.g. `login.windows.net`; of a token that was given the sign-in host. */
  readonly environment: string;
  readonly homeAccountId: {
    /** `{objectId}.{tenantId}`. */
    readonly identifier: string;
    readonly objectId: string;
    readonly tenantId: string;
  };
}

/** MSAL.NET's AuthenticationResult as PartnerCenter handed it out, with the refresh token that it added. */
export interface AuthResult {
  readonly accessToken: string;
  /** Entra hands out such tokens no longer: always false. */
  readonly isExtendedLifeTimeToken: boolean;
  /** `oid`, else `sub` of the id token; null without one (an application's token, a token that was given). */
  readonly uniqueId: string | null;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** Until when the token is good while Entra has an outage, Unix milliseconds; expiresOn where Entra says nothing. */
  readonly extendedExpiresOn: number;
  /** GUID; null when nobody said. */
  readonly tenantId: string | null;
  /** Null for an application's token, and for a token that was given and has no `upn`. */
  readonly account: AuthResultAccount | null;
  /** A JWT; null for an application's token and one that was given. */
  readonly idToken: string | null;
  /** What was granted; the requested ones where Entra didn't say. */
  readonly scopes: readonly string[];
  /** GUID; all zeros when nothing was asked of Entra. */
  readonly correlationId: string;
  /** The newest one; null where there is none. */
  readonly refreshToken: string | null;
  /** Until when a host may answer the same request with this result, in Unix milliseconds; null: never. */
  readonly reusableUntil: number | null;
}

export const newPartnerAccessToken = new RequestType<
  TokenRequest<PartnerTokenParameterSet, PartnerTokenParameters>,
  AuthResult,
  TokenErrorData
>('partnerAccessToken/new');

export const newSecMgmtAccessToken = new RequestType<
  TokenRequest<SecMgmtTokenParameterSet, PartnerTokenParameters>,
  AuthResult,
  TokenErrorData
>('secMgmtAccessToken/new');
