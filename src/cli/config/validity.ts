import {
  checkProfile,
  checkProfileName,
  type AuthMethod,
  type Profile,
  type ProfileFlow,
} from '../../profile/profile.ts';
import type { FieldName } from '../../profile/profile-fields.ts';
import { ProfileError } from '../../profile/profile-error.ts';
import type { ProfileSecrets } from '../../profile/secrets.ts';
import { TokenError } from '../../protocol/token-error.ts';
import { foreignIn, missingFrom, type Draft } from './draft.ts';
import { fields } from './fields.ts';

/** A profile and the secrets that came with it. */
export interface Finished {
  readonly profile: Profile;
  readonly secrets: ProfileSecrets;
}

/**
 * The profile of a draft that is complete.
 * @param stored what need not be in the draft, since it is stored already
 * @throws TokenError MissingParameter, which lists all that is missing with its options; InvalidParameterCombination;
 * ProfileError ProfileInvalid
 */
export function finished(draft: Draft, stored: readonly FieldName[] = []): Finished {
  checkProfileName(draft.name);
  refuseMissing(
    draft,
    missingFrom(draft).filter((name) => !stored.includes(name)),
  );
  refuseForeign(draft);
  const { clientSecret, certificatePassword, ...profile } = draft;
  return {
    profile: checkProfile(profile),
    secrets: { ...(clientSecret && { clientSecret }), ...(certificatePassword && { certificatePassword }) },
  };
}

/** What is wrong with one field's value, for who is asked for it; nothing when it is right. */
export function problemWith(name: keyof Profile, value: unknown, authMethod: AuthMethod): string | undefined {
  try {
    checkProfile({ ...specimen, authMethod, [name]: value });
    return undefined;
  } catch (error) {
    if (error instanceof ProfileError) return error.message.replace(`Profile '${specimen.name}': `, '');
    throw error;
  }
}

/** The flows that a kind of credential can have, the usual one first. */
export function flowsOf(authMethod: AuthMethod): readonly ProfileFlow[] {
  switch (authMethod) {
    case 'ManagedIdentity':
    case 'WorkloadIdentity':
      return ['ClientCredentials'];
    case 'PublicClient':
      return ['InteractiveBrowser', 'DeviceCode', 'AuthorizationCode'];
    case 'ClientSecret':
    case 'Certificate':
    case 'PasswordlessCertificate':
      return ['ClientCredentials', 'AuthorizationCode', 'InteractiveBrowser', 'DeviceCode'];
  }
}

/** Right in every field, so that one at a time can be judged by the rules that all profiles are judged by. */
const specimen = {
  name: 'specimen',
  tenantId: 'organizations',
  clientId: '00000000-0000-0000-0000-000000000000',
  certificatePath: process.platform === 'win32' ? 'C:\\certificate' : '/certificate',
  federatedTokenSource: 'File',
  serviceConnectionId: '00000000-0000-0000-0000-000000000000',
};

function refuseMissing({ name }: Draft, missing: readonly FieldName[]): void {
  if (missing.length === 0) return;
  const list = missing.map((one) => described(fields[one])).join(', ');
  throw new TokenError(
    'MissingParameter',
    `Profile '${name}' lacks ${list}. Give it by options or in a file (--from-file), or run the command on a terminal, where it asks.`,
  );
}

function described({ what, option, value }: (typeof fields)[FieldName]): string {
  return `${what} (${value === undefined ? option : `${option} ${value}`})`;
}

/**
 * Refuses what was said and can't be right, before a person answers the rest in vain.
 * @throws TokenError InvalidParameterCombination, ProfileError ProfileInvalid
 */
export function refuseInvalid(said: Draft): void {
  if (said.authMethod === undefined) return;
  refuseForeign(said);
  const { clientSecret: _, certificatePassword: __, authMethod, name, ...rest } = said;
  for (const [field, value] of Object.entries(rest)) {
    const problem = problemWith(field as keyof Profile, value, authMethod);
    if (problem !== undefined) throw new ProfileError('ProfileInvalid', `Profile '${name}': ${problem}`);
  }
}

function refuseForeign(draft: Draft): void {
  const [name] = foreignIn(draft);
  if (name === undefined) return;
  const { what, option, owners } = fields[name];
  throw new TokenError(
    'InvalidParameterCombination',
    `Profile '${draft.name}': ${what} is for ${owners}, and this one is of the kind ${draft.authMethod}. ` +
      `Leave ${option} out, or choose another --auth-method.`,
    { parameter: name },
  );
}
