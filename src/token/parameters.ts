import { credentialSources, type CredentialSource } from '../protocol/az-token.ts';
import { isDomain, isGuid, isScope, isTenantGroup } from '../protocol/formats.ts';
import type { HostCertificate } from '../protocol/partner-token.ts';
import { quoted, shortened } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';
import { checkHostCertificate, type CheckedCertificate } from '../platform/host-certificate.ts';

/** The formats of parameters. Messages name a parameter as PowerShell users know it. */

/** A day: nobody waits longer for a sign-in, and a timer can't run for much more than 24 of them. */
const maximumTimeout = 86_400;

export function invalid(parameter: string, problem: string): TokenError {
  return new TokenError('InvalidParameter', `Parameter ${parameter}: ${problem}`, { parameter });
}

/** A parameter's name in PowerShell. */
export function inPowerShell(name: string): string {
  // What a host found under a thumbprint travels in the thumbprint's place.
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replace(/Certificate$/, 'CertificateThumbprint');
}

/** @returns the value, undefined when it was not given */
export function textOf(parameters: Record<string, unknown>, name: string): string | undefined {
  const value = parameters[name];
  const parameter = inPowerShell(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(parameter, 'a text is needed.');
  if (value.trim() === '') throw invalid(parameter, 'the value is empty. Leave the parameter out, or give it a value.');
  return value;
}

export function tenantOf(parameters: Record<string, unknown>, name = 'tenantId'): string | undefined {
  const value = textOf(parameters, name);
  if (value === undefined || isGuid(value) || isDomain(value) || isTenantGroup(value)) return value;
  throw invalid(
    inPowerShell(name),
    `${quoted(value)} is no tenant. Give its id (a GUID) or one of its domains, such as contoso.onmicrosoft.com.`,
  );
}

export function clientIdOf(parameters: Record<string, unknown>, name = 'clientId'): string | undefined {
  const value = textOf(parameters, name);
  if (value === undefined || isGuid(value)) return value;
  throw invalid(
    inPowerShell(name),
    `${quoted(value)} is no client id. It is a GUID: the application id of an app registration.`,
  );
}

/** @returns the resource without a trailing slash */
export function resourceOf(parameters: Record<string, unknown>): string {
  const value = textOf(parameters, 'resource') ?? 'https://graph.microsoft.com';
  // Each run of slashes is looked at once: the value may be a megabyte of them.
  const resource = value.replace(/(?<!\/)\/+$/, '');
  if (isGuid(resource)) return resource;
  const [, alone] = /^(.+)\/\.default$/.exec(resource) ?? [];
  if (alone) {
    throw invalid('Resource', `${quoted(value)} is a scope. Give its resource alone: -Resource ${shortened(alone)}`);
  }
  const url = URL.canParse(resource) ? new URL(resource) : undefined;
  const acceptable = url && (url.protocol === 'https:' || url.protocol === 'api:' || url.protocol === 'urn:');
  if (acceptable && isScope(resource)) return resource;
  throw invalid(
    'Resource',
    `${quoted(value)} is no resource. Give its https address, its application id URI (api://...) or its application id (a GUID).`,
  );
}

/** @returns the scopes as they were given, `.default` when there are none */
export function scopesOf(
  parameters: Record<string, unknown>,
  name = 'scope',
  example = 'User.Read',
): readonly string[] {
  const value = parameters[name] ?? ['.default'];
  const parameter = inPowerShell(name);
  if (!Array.isArray(value) || value.length === 0) throw invalid(parameter, 'a list of scopes is needed.');
  return value.map((scope: unknown) => {
    if (typeof scope === 'string' && isScope(scope)) return scope;
    throw invalid(
      parameter,
      `${quoted(scope)} is no scope. Give one scope an element, without spaces, such as ${example}.`,
    );
  });
}

/**
 * The scopes of a resource, which stands before each of them: `User.Read` of Microsoft Graph.
 * @param resource as {@link resourceOf} gives it
 * @returns them as they were given, `.default` when there are none
 */
export function scopesOfResource(parameters: Record<string, unknown>, resource: string): readonly string[] {
  const scopes = scopesOf(parameters);
  const whole = scopes.find((scope) => scope.startsWith(`${resource}/`) || /^\w+:\/\/.+\/\.default$/.test(scope));
  if (whole === undefined) return scopes;
  const [, itsResource = resource, permission = whole] = /^(.+)\/([^/]+)$/.exec(whole) ?? [];
  throw invalid(
    'Scope',
    `${quoted(whole)} has its resource before it, which is a parameter of its own: ` +
      `-Resource ${shortened(itsResource)} -Scope ${shortened(permission)}`,
  );
}

/** @returns the claims challenge as it was given */
export function claimOf(parameters: Record<string, unknown>): string | undefined {
  const value = textOf(parameters, 'claim');
  if (value === undefined || isJsonObject(value)) return value;
  throw invalid(
    'Claim',
    `the value is no JSON object. Give the claims challenge decoded, such as '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'.`,
  );
}

/** @returns milliseconds */
export function timeoutOf(parameters: Record<string, unknown>, defaultSeconds = 120): number {
  const value = parameters['timeoutSeconds'] ?? defaultSeconds;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= maximumTimeout) return value * 1000;
  throw invalid('TimeoutSeconds', `${quoted(value)} is no number of seconds from 1 to ${maximumTimeout}.`);
}

export function precedenceOf(parameters: Record<string, unknown>): readonly CredentialSource[] | undefined {
  const value = parameters['credentialPrecedence'];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0)
    throw invalid('CredentialPrecedence', 'a list of sources is needed.');
  return value.map((given: unknown) => {
    const source = credentialSources.find(
      (known) => typeof given === 'string' && known.toLowerCase() === given.toLowerCase(),
    );
    if (source) return source;
    throw invalid(
      'CredentialPrecedence',
      `${quoted(given)} is no source. The sources are ${credentialSources.join(', ')}.`,
    );
  });
}

export function switchOf(parameters: Record<string, unknown>, name: string): boolean {
  const value = parameters[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(inPowerShell(name), 'true or false is needed.');
}

/** PowerShell's ValidateSet takes any case. @returns the value as it is written here, undefined when it was not given */
export function oneOf<Value extends string>(
  parameters: Record<string, unknown>,
  name: string,
  known: readonly Value[],
): Value | undefined {
  const given = textOf(parameters, name);
  if (given === undefined) return undefined;
  const value = known.find((one) => one.toLowerCase() === given.toLowerCase());
  if (value !== undefined) return value;
  throw invalid(inPowerShell(name), `${quoted(given)} is none of ${known.join(', ')}.`);
}

/** What a host found under a thumbprint. @throws TokenError InvalidParameter, CertificateInvalid */
export function certificateOf(parameters: Record<string, unknown>, name: string): CheckedCertificate | undefined {
  const value = parameters[name];
  const parameter = inPowerShell(name);
  if (value === undefined || value === null) return undefined;
  const given = (typeof value === 'object' ? value : {}) as Partial<Record<keyof HostCertificate, unknown>>;
  const { handle, thumbprint, x5c, algorithms } = given;
  if (typeof handle === 'string' && typeof thumbprint === 'string' && isTexts(x5c) && isTexts(algorithms)) {
    const description = { handle, thumbprint, x5c, algorithms: algorithms as HostCertificate['algorithms'] };
    return checkHostCertificate(description, parameter);
  }
  throw invalid(parameter, 'an object with handle, thumbprint, x5c and algorithms is needed.');
}

/**
 * Refuses what a parameter set doesn't take.
 * @throws TokenError InvalidParameterCombination for a parameter of another set, InvalidParameter for an unknown one
 */
export function refuseOthers(
  parameters: Record<string, unknown>,
  parameterSet: string,
  taken: readonly string[],
  known: readonly string[],
): void {
  for (const name of Object.keys(parameters)) {
    if (taken.includes(name) || parameters[name] === undefined) continue;
    const parameter = shortened(inPowerShell(name));
    if (!known.includes(name)) throw invalid(parameter, 'there is no such parameter.');
    throw new TokenError(
      'InvalidParameterCombination',
      `Parameter ${parameter} can't be used together with the parameter set ${parameterSet}.`,
      { parameter },
    );
  }
}

/** @throws TokenError MissingParameter */
export function requireAll(parameters: Record<string, unknown>, parameterSet: string, needed: readonly string[]): void {
  const missing = needed.find((name) => parameters[name] === undefined || parameters[name] === null);
  if (missing === undefined) return;
  const parameter = inPowerShell(missing);
  throw new TokenError('MissingParameter', `The parameter set ${parameterSet} needs the parameter ${parameter}.`, {
    parameter,
  });
}

/** @throws TokenError InvalidParameterSet */
export function parameterSetOf<Set extends string>(given: string, known: readonly Set[], command: string): Set {
  const set = known.find((one) => one === given);
  if (set !== undefined) return set;
  throw new TokenError(
    'InvalidParameterSet',
    `${command} has no parameter set ${quoted(given)}. It has ${known.join(', ')}.`,
  );
}

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
