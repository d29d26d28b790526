import type { Application, Directory, Tenant, User } from './directory.ts';
import type { RequestLogEntry } from './request-log.ts';
import type { NextAnswers } from './scenarios.ts';
import type { PendingSignIn } from './sign-in.ts';
import type { SigningKey } from './signing-keys.ts';
import type { WorkloadKey } from './workload-issuer.ts';

/** How long things live, in seconds. */
export interface Lifetimes {
  readonly accessToken: number;
  /** Default: a day, as Azure has it. */
  readonly managedIdentityToken: number | undefined;
  readonly authorizationCode: number;
  readonly refreshToken: number;
  readonly deviceCode: number;
  /** How often a client may poll with a device code. */
  readonly deviceCodeInterval: number;
}

/** What all endpoints of one running emulator share; gone when it ends. */
export interface EmulatorState {
  readonly authority: string;
  readonly directory: Directory;
  readonly signingKey: SigningKey;
  readonly workloadKey: WorkloadKey;
  readonly lifetimes: Lifetimes;
  readonly requests: RequestLogEntry[];
  readonly nextAnswers: NextAnswers;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Log lines for a person; nothing secret. */
  readonly log: (line: string) => void;

  /** Authorization codes by code. */
  readonly codes: Map<string, Grant & { redirectUri: string; codeChallenge: string | undefined; redeemed: boolean }>;
  readonly refreshTokens: Map<string, Grant>;
  /** By the hidden field of the page that is shown. */
  readonly signIns: Map<string, PendingSignIn>;
  readonly deviceCodes: Map<string, DeviceCode>;
  /** Browser sessions: value of the cookie to the user. */
  readonly sessions: Map<string, User>;
  /** `tenant/user/client` to the scopes that the user has consented to, as `resource id/scope`. */
  readonly consents: Map<string, Set<string>>;
  /** The jti of each client assertion seen. */
  readonly assertionIds: Set<string>;
}

/** What a person let a client do: behind an authorization code, a refresh token, an approved device code. */
export interface Grant {
  readonly tenant: Tenant;
  readonly user: User;
  readonly client: Application;
  /** As the client asked for them. */
  readonly scope: string;
  readonly nonce?: string | undefined;
  /** Unix milliseconds. */
  readonly issued: number;
  /** Unix milliseconds. */
  readonly authenticated: number;
  /** Nobody signed in: an agent got the token for its user account. */
  readonly withoutSignIn?: boolean | undefined;
}

export interface DeviceCode {
  readonly userCode: string;
  readonly client: Application;
  /** Segment of the path that it was asked at. */
  readonly tenant: Tenant | 'organizations' | 'common';
  readonly scope: string;
  /** Unix milliseconds. */
  readonly issued: number;
  state: 'pending' | 'declined' | 'redeemed' | Grant;
  /** Unix milliseconds of the last poll. */
  polled: number | undefined;
  /** Seconds; grows with each slow_down. */
  interval: number;
}
