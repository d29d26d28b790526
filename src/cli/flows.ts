import type { AuthMethod, Profile, ProfileFlow } from '../profile/profile.ts';

/** The flows as the command line names them. */
export const flowNames = ['client-credentials', 'interactive', 'device-code', 'authorization-code'] as const;

/** One of {@link flowNames}. */
export type FlowName = (typeof flowNames)[number];

const ofProfiles: Readonly<Record<ProfileFlow, FlowName>> = {
  ClientCredentials: 'client-credentials',
  InteractiveBrowser: 'interactive',
  DeviceCode: 'device-code',
  AuthorizationCode: 'authorization-code',
};

/** What asks a person only when the profile can't prove by itself who it is. */
const ofAuthMethods: Readonly<Record<AuthMethod, FlowName>> = {
  ClientSecret: 'client-credentials',
  Certificate: 'client-credentials',
  PasswordlessCertificate: 'client-credentials',
  ManagedIdentity: 'client-credentials',
  WorkloadIdentity: 'client-credentials',
  PublicClient: 'interactive',
};

/** The flow of a profile for which nobody names one. */
export function defaultFlowOf({ defaultFlow, authMethod }: Profile): FlowName {
  return defaultFlow ? ofProfiles[defaultFlow] : ofAuthMethods[authMethod];
}
