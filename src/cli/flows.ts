import type { AuthMethod, Profile, ProfileFlow } from '../profile/profile.ts';
import type { FlowName } from '../token/profile-token.ts';

/** The flows as the command line names them, in the order of its help. */
export const flowNames: readonly FlowName[] = [
  'client-credentials',
  'interactive',
  'device-code',
  'authorization-code',
];

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
