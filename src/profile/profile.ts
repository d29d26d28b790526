import { isAbsolute } from 'node:path';
import { isDomain, isGuid, isScope, isTenantGroup, redirectAddress, withoutUserInfo } from '../protocol/formats.ts';
import { quoted } from '../protocol/quoted.ts';
import { ProfileError } from './profile-error.ts';
import { fieldsOf, type FieldName } from './profile-fields.ts';

export const authMethods = [
  'ClientSecret',
  'Certificate',
  'PasswordlessCertificate',
  'ManagedIdentity',
  'WorkloadIdentity',
  'PublicClient',
] as const;
export type AuthMethod = (typeof authMethods)[number];

/** How a token is asked for, as profiles write it. */
export const profileFlows = ['ClientCredentials', 'InteractiveBrowser', 'DeviceCode', 'AuthorizationCode'] as const;
export type ProfileFlow = (typeof profileFlows)[number];

export const federatedTokenSources = ['GitHubActions', 'AzurePipelines', 'File'] as const;
export type FederatedTokenSource = (typeof federatedTokenSources)[number];

/** Who asks for tokens, and how: what profiles.json holds. There is no secret in it. */
export interface Profile {
  /** Letters, digits, `.`, `_` and `-`, 64 at most; compared without case. */
  readonly name: string;
  /** GUID, domain, `organizations`, `consumers` or `common`; only a ManagedIdentity has none. */
  readonly tenantId?: string;
  /** GUID; a ManagedIdentity has one when it is user-assigned. */
  readonly clientId?: string;
  /** Empty: the cloud's Microsoft Graph `.default`. */
  readonly scopes: readonly string[];
  readonly authMethod: AuthMethod;
  readonly defaultFlow?: ProfileFlow;
  /** `http://localhost[:port][/path]`, or the same with 127.0.0.1. */
  readonly redirectUri?: string;
  /** Absolute. Certificate: a PEM or PFX file with a password; PasswordlessCertificate: one without. */
  readonly certificatePath?: string;
  /** Whether the password is stored; else it is asked for each time. */
  readonly cacheCertificatePassword?: boolean;
  /** The cloud's sign-in service, an https origin; absent: AZURE_AUTHORITY_HOST, else the public cloud. */
  readonly authority?: string;
  /** WorkloadIdentity: who gives the token that proves the workload. */
  readonly federatedTokenSource?: FederatedTokenSource;
  /** Absolute; absent with the source File: AZURE_FEDERATED_TOKEN_FILE. */
  readonly federatedTokenFile?: string;
  /** AzurePipelines: the service connection, a GUID. */
  readonly serviceConnectionId?: string;
}

/**
 * A profile that came from a file or a person, checked; fields that nobody knows are left out.
 * @throws ProfileError ProfileInvalid, which names the field and what to write
 */
export function checkProfile(value: unknown): Profile {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProfileError('ProfileInvalid', 'A profile must be an object with a name. Write {"name": "...", ...}.');
  }
  return new ProfileChecker(value as Record<string, unknown>).profile();
}

/** @throws ProfileError ProfileInvalid */
export function checkProfileName(name: unknown): string {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    const shown = typeof name === 'string' ? `${quoted(name)} can't be a profile's name` : 'A profile has no name';
    throw new ProfileError(
      'ProfileInvalid',
      `${shown}. Use up to 64 letters, digits, '.', '_' and '-', with a letter or digit first and no '.' last.`,
    );
  }
  if (windowsDevice.test(name)) {
    throw new ProfileError('ProfileInvalid', `'${name}' is a device on Windows. Choose another name for the profile.`);
  }
  return name;
}

/** Whether a profile can be called so. */
export function isProfileName(name: string): boolean {
  return namePattern.test(name) && !windowsDevice.test(name);
}

/** What tells profiles apart, and what their files are called. */
export function profileId(name: string): string {
  return name.toLowerCase();
}

const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/;
/** Windows takes these for devices, whatever stands behind a dot. */
const windowsDevice = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const secretFields = ['clientSecret', 'certificatePassword', 'password', 'secret'];

type Field = Exclude<keyof Profile, 'name' | 'scopes'>;

/** The value of one profile, and how its errors speak of it. */
class ProfileChecker {
  private readonly value: Readonly<Record<string, unknown>>;
  private readonly name: string;

  constructor(value: Readonly<Record<string, unknown>>) {
    this.value = value;
    this.name = checkProfileName(value['name']);
  }

  profile(): Profile {
    for (const field of secretFields) {
      if (field in this.value)
        throw this.invalid(
          field,
          'does not belong there: profiles hold no secrets. Take it out, and use `config edit`',
        );
    }
    const authMethod = this.oneOf('authMethod', authMethods);
    if (!authMethod) throw this.invalid('authMethod', `is missing. Write one of ${authMethods.join(', ')}`);
    const defaultFlow = this.oneOf('defaultFlow', profileFlows);
    const federatedTokenSource = this.oneOf('federatedTokenSource', federatedTokenSources);
    const profile = {
      name: this.name,
      ...this.field(
        'tenantId',
        'a GUID, a domain, organizations, consumers or common',
        (text) => isGuid(text) || isDomain(text) || isTenantGroup(text),
      ),
      ...this.field('clientId', "the application's id, a GUID", isGuid),
      scopes: this.scopes(),
      authMethod,
      ...(defaultFlow && { defaultFlow }),
      ...this.field('redirectUri', 'http://localhost, with a port and path where needed', isRedirectAddress),
      ...this.field('certificatePath', 'the whole path of a PEM or PFX file', isPath),
      ...this.cacheCertificatePassword(),
      ...this.authority(),
      ...(federatedTokenSource && { federatedTokenSource }),
      ...this.field('federatedTokenFile', 'the whole path of a file', isPath),
      ...this.field('serviceConnectionId', "the service connection's id, a GUID", isGuid),
    };
    this.checkMethod(profile);
    return profile;
  }

  /** What each method needs, and what it can't do. */
  private checkMethod(profile: Profile): void {
    const { authMethod, defaultFlow } = profile;
    const missing = fieldsOf(profile).needed.find((name) => isOwn(name) && profile[name] === undefined);
    if (missing) throw this.invalid(missing, `is missing: ${authMethod} needs it. Add it`);

    const applicationOnly = authMethod === 'ManagedIdentity';
    const wrongFlow =
      (applicationOnly && defaultFlow !== undefined && defaultFlow !== 'ClientCredentials') ||
      (authMethod === 'PublicClient' && defaultFlow === 'ClientCredentials');
    if (!wrongFlow) return;
    const flows = profileFlows.filter((flow) => (flow === 'ClientCredentials') === applicationOnly);
    throw this.invalid('defaultFlow', `can't be ${defaultFlow} with ${authMethod}. Write ${flows.join(' or ')}`);
  }

  /** The field of that name, or nothing when it is absent, null or empty. */
  private text(name: string): string | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw this.invalid(name, 'is no text. Write it in quotes');
    return value;
  }

  private field<Name extends Field>(
    name: Name,
    expected: string,
    isGood: (text: string) => boolean,
  ): { readonly [name in Name]?: string } {
    const text = this.text(name);
    if (text === undefined) return {};
    if (!isGood(text)) throw this.invalid(name, `is ${quoted(withoutUserInfo(text))}. Write ${expected}`);
    return { [name]: text } as { readonly [name in Name]?: string };
  }

  private oneOf<Value extends string>(name: Field, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = values.find((one) => one === text);
    if (!value) throw this.invalid(name, `is ${quoted(text)}. Write one of ${values.join(', ')}`);
    return value;
  }

  private scopes(): readonly string[] {
    const value = this.value['scopes'] ?? [];
    if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string' && isScope(one))) {
      return value;
    }
    throw this.invalid('scopes', 'must be a list of scopes without spaces. Write ["User.Read", "Mail.Read"]');
  }

  private cacheCertificatePassword(): Pick<Profile, 'cacheCertificatePassword'> {
    const value = this.value['cacheCertificatePassword'] ?? undefined;
    if (value === undefined) return {};
    if (typeof value !== 'boolean') throw this.invalid('cacheCertificatePassword', 'must be true or false. Write one');
    return { cacheCertificatePassword: value };
  }

  private authority(): Pick<Profile, 'authority'> {
    const expected = 'an https address without a path, such as https://login.microsoftonline.us';
    const { authority } = this.field('authority', expected, isHttpsOrigin);
    return authority === undefined ? {} : { authority: new URL(authority).origin };
  }

  private invalid(field: string, problem: string): ProfileError {
    return new ProfileError('ProfileInvalid', `Profile '${this.name}': ${field} ${problem}.`);
  }
}

/** Its secrets are stored elsewhere. */
function isOwn(name: FieldName): name is FieldName & keyof Profile {
  return !secretFields.includes(name);
}

/** No system has files with a NUL in their names. */
function isPath(text: string): boolean {
  return isAbsolute(text) && !text.includes('\0');
}

function isRedirectAddress(text: string): boolean {
  return redirectAddress(text) !== undefined;
}

function isHttpsOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, href } = new URL(text);
  return protocol === 'https:' && href === `${origin}/`;
}
