import type { Jwt } from './jwt.ts';
import { audienceName, applicationName, cloudOf } from './well-known-names.ts';
import { isoTime } from './times.ts';

/** What a token is, as `discover --output json` says it: what the token doesn't say is left out. */
export interface TokenFacts {
  readonly valid: boolean;
  readonly status: 'valid' | 'expired' | 'not_yet_valid' | 'without_expiry';
  /** Only its audience can check it well: it has to know that the token is meant for it. */
  readonly signature_checked: false;
  readonly kind: 'access_token' | 'id_token' | 'client_assertion' | 'unknown';
  /** Of Entra's token format: `1.0` or `2.0`. */
  readonly version?: string;
  readonly subject_type?: 'application' | 'user' | 'device';
  readonly tenant_id?: string;
  readonly audience?: string;
  /** What the audience is called, where it is one of Microsoft's. */
  readonly audience_name?: string;
  readonly application_id?: string;
  readonly application_name?: string;
  /** How the application proved who it is. */
  readonly application_credential?: 'none' | 'secret' | 'certificate';
  /** As people sign in: a user principal name. */
  readonly user?: string;
  readonly user_name?: string;
  /** Of the user, or of the application's service principal. */
  readonly object_id?: string;
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  /** How the user signed in, e.g. `pwd`, `mfa` (RFC 8176). */
  readonly authentication_methods?: readonly string[];
  readonly managed_identity?: { readonly kind: 'system-assigned' | 'user-assigned'; readonly resource_id: string };
  readonly agent_identity?: { readonly blueprint_id?: string; readonly agent_user: boolean };
  /** Times are ISO 8601 in UTC, to the second: `2025-12-28T15:30:00Z`. */
  readonly issued_at?: string;
  readonly not_before?: string;
  readonly expires_at?: string;
  /** Seconds from now; negative when it has expired. */
  readonly expires_in?: number;
  readonly issuer?: string;
  readonly cloud?: string;
}

/**
 * How far (seconds) a token's beginning may lie ahead: the clock here may be late, and Entra's services allow for as
 * much. There is nothing of the kind at its end: whoever asks wants to use the token now, and a service that takes it a
 * little longer promises nothing.
 */
const lateClock = 300;

/** @param now Unix milliseconds */
export function factsOf({ header, payload }: Jwt, now: number): TokenFacts {
  const claims = new Claims(payload);
  const seconds = Math.floor(now / 1000);
  const status = statusOf(claims, seconds);
  const audience = claims.text('aud') ?? claims.list('aud')?.join(' ');
  const application = claims.text('appid') ?? claims.text('azp');
  const expires = claims.number('exp');
  const facts: Optional<TokenFacts> = {
    valid: status === 'valid',
    status,
    signature_checked: false,
    kind: kindOf(header, claims),
    version: claims.text('ver'),
    subject_type: subjectTypeOf(claims),
    tenant_id: claims.text('tid'),
    audience,
    audience_name: audience && audienceName(audience),
    application_id: application,
    application_name: claims.text('app_displayname') ?? (application && applicationName(application)),
    application_credential: credentials.get(claims.text('appidacr') ?? claims.text('azpacr')),
    user: claims.text('upn') ?? claims.text('preferred_username') ?? claims.text('unique_name') ?? claims.text('email'),
    user_name: claims.text('name'),
    object_id: claims.text('oid'),
    scopes: claims.words('scp'),
    roles: claims.list('roles') ?? claims.words('roles'),
    authentication_methods: claims.list('amr'),
    managed_identity: managedIdentityOf(claims),
    agent_identity: agentIdentityOf(claims),
    issued_at: claims.time('iat'),
    not_before: claims.time('nbf'),
    expires_at: claims.time('exp'),
    expires_in: expires === undefined ? undefined : Math.floor(expires - seconds),
    issuer: claims.text('iss'),
    cloud: cloudOf(claims.text('iss'), audience),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as TokenFacts;
}

type Optional<Type> = { readonly [Name in keyof Type]: Type[Name] | undefined };

/** Claims as they should be; whoever made the token may have put anything there. */
class Claims {
  private readonly payload: Jwt['payload'];

  constructor(payload: Jwt['payload']) {
    this.payload = payload;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.payload, name);
  }

  text(name: string): string | undefined {
    const value = this.has(name) ? this.payload[name] : undefined;
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  list(name: string): readonly string[] | undefined {
    const value = this.has(name) ? this.payload[name] : undefined;
    return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
  }

  /** A text of words with spaces between them. */
  words(name: string): readonly string[] | undefined {
    return this.text(name)?.split(' ').filter(Boolean);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    const value = Number(text);
    return text !== undefined && Number.isFinite(value) ? value : undefined;
  }

  time(name: string): string | undefined {
    const seconds = this.number(name);
    return seconds === undefined ? undefined : isoTime(seconds);
  }
}

function statusOf(claims: Claims, now: number): TokenFacts['status'] {
  const expires = claims.number('exp');
  if (expires === undefined) return 'without_expiry';
  if (expires <= now) return 'expired';
  return (claims.number('nbf') ?? 0) > now + lateClock ? 'not_yet_valid' : 'valid';
}

/** Entra's access tokens name the application that asked, its id tokens have it as their audience alone. */
function kindOf(header: Jwt['header'], claims: Claims): TokenFacts['kind'] {
  if (header['typ'] === 'at+jwt') return 'access_token';
  if (['appid', 'azp', 'scp', 'appidacr', 'azpacr'].some((name) => claims.has(name))) return 'access_token';
  // RFC 7523 section 3: who asks vouches for itself
  const issuer = claims.text('iss');
  if (issuer !== undefined && issuer === claims.text('sub')) return 'client_assertion';
  const forEntrasClient = claims.has('tid') && claims.has('ver');
  return forEntrasClient || ['nonce', 'at_hash', 'c_hash'].some((name) => claims.has(name)) ? 'id_token' : 'unknown';
}

/** By the optional claim `idtyp`. */
const subjectTypes = new Map<string | undefined, TokenFacts['subject_type']>([
  ['app', 'application'],
  ['user', 'user'],
  ['device', 'device'],
]);

function subjectTypeOf(claims: Claims): TokenFacts['subject_type'] {
  const told = subjectTypes.get(claims.text('idtyp'));
  if (told) return told;
  if (claims.has('scp') || claims.has('upn') || claims.has('preferred_username')) return 'user';
  // An application's subject is its service principal, or itself where it vouches for itself.
  const subject = claims.text('sub');
  const own = subject !== undefined && (subject === claims.text('oid') || subject === claims.text('iss'));
  if (own) return 'application';
  return claims.has('name') || claims.has('unique_name') ? 'user' : undefined;
}

/** By the `appidacr` and `azpacr` claims of Entra's access tokens. */
const credentials = new Map<string | undefined, TokenFacts['application_credential']>([
  ['0', 'none'],
  ['1', 'secret'],
  ['2', 'certificate'],
]);

function managedIdentityOf(claims: Claims): TokenFacts['managed_identity'] {
  const id = claims.text('xms_mirid');
  if (id === undefined) return undefined;
  const userAssigned = /\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\//i.test(id);
  return { kind: userAssigned ? 'user-assigned' : 'system-assigned', resource_id: id };
}

/**
 * The facets say what the actor and the subject are: 11 an agent identity, 13 the user account of one
 * (https://learn.microsoft.com/entra/agent-id/agent-token-claims).
 */
function agentIdentityOf(claims: Claims): TokenFacts['agent_identity'] {
  const blueprint = claims.text('xms_par_app_azp');
  const isAgent = claims.words('xms_act_fct')?.includes('11') === true;
  if (blueprint === undefined && !isAgent) return undefined;
  return {
    ...(blueprint === undefined ? {} : { blueprint_id: blueprint }),
    agent_user: claims.words('xms_sub_fct')?.includes('13') === true,
  };
}
