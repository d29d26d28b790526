import type { AuthMethod, Profile } from '../../profile/profile.ts';
import { fieldsOf, type FieldName } from '../../profile/profile-fields.ts';
import type { ProfileSecrets } from '../../profile/secrets.ts';
import { fieldNames } from './fields.ts';

/** A profile on its way, its secrets beside its fields: what options, a file and answers have said so far. */
export type Draft = {
  readonly [Name in keyof (Profile & ProfileSecrets)]?: (Profile & ProfileSecrets)[Name] | undefined;
};

/** What does not decide whose tokens a profile gets; a change of all else makes the cached ones another's. */
const incidental: ReadonlySet<FieldName> = new Set([
  'scopes',
  'defaultFlow',
  'redirectUri',
  'cacheCertificatePassword',
]);

/** Whether a change from one to the other leaves the profile without a right to its cached tokens. */
export function isAnotherIdentity(before: Draft, after: Draft): boolean {
  return fieldNames.some((name) => !incidental.has(name) && before[name] !== after[name]);
}

/** What the draft has to have and has not. */
export function missingFrom(draft: Draft): readonly FieldName[] {
  return fieldsOf(draft).needed.filter((name) => !draft[name]);
}

/** Whether such a profile has the field. */
export function belongs(name: FieldName, draft: Draft): boolean {
  const { needed, possible } = fieldsOf(draft);
  return needed.includes(name) || possible.includes(name);
}

/** The fields that such a profile doesn't have. */
export function foreignIn(draft: Draft): readonly FieldName[] {
  return fieldNames.filter((name) => draft[name] !== undefined && !belongs(name, draft));
}

/** The draft without fields that such a profile doesn't have; those that were said stay, to be refused. */
export function withoutForeign(draft: Draft, said: Draft): Draft {
  return without(
    draft,
    foreignIn(draft).filter((name) => said[name] === undefined),
  );
}

/** The draft without what these fields say. */
export function without(draft: Draft, names: readonly FieldName[]): Draft {
  return { ...draft, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** The draft without gaps: fields that are there and say nothing. */
export function defined(draft: Draft): Draft {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

/** The draft with what the rest of it tells: the kind of credential, and where a federated token comes from. */
export function withImplied(draft: Draft): Draft {
  const authMethod = draft.authMethod ?? impliedAuthMethod(draft);
  if (authMethod === undefined) return draft;
  const federatedTokenSource = draft.federatedTokenSource ?? impliedTokenSource(draft);
  if (authMethod !== 'WorkloadIdentity' || federatedTokenSource === undefined) return { ...draft, authMethod };
  return { ...draft, authMethod, federatedTokenSource };
}

function impliedAuthMethod(draft: Draft): AuthMethod | undefined {
  if (draft.clientSecret) return 'ClientSecret';
  if (draft.certificatePath) {
    return draft.certificatePassword || draft.cacheCertificatePassword ? 'Certificate' : 'PasswordlessCertificate';
  }
  if (draft.federatedTokenSource || draft.federatedTokenFile || draft.serviceConnectionId) return 'WorkloadIdentity';
  const { defaultFlow } = draft;
  return defaultFlow === 'InteractiveBrowser' || defaultFlow === 'DeviceCode' ? 'PublicClient' : undefined;
}

function impliedTokenSource(draft: Draft): Profile['federatedTokenSource'] {
  if (draft.serviceConnectionId) return 'AzurePipelines';
  return draft.federatedTokenFile ? 'File' : undefined;
}
