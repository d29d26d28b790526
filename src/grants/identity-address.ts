import type { Environment, EnvironmentName } from '../protocol/environment.ts';
import { withoutUserInfo } from '../protocol/formats.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';

/**
 * Looks at the address that MSAL will ask for a managed identity's token, for MSAL says of one that is none no more than that.
 * @throws TokenError ManagedIdentityFailed
 */
export function checkIdentityAddress(environment: Environment): void {
  for (const name of deciding(environment)) {
    const value = environment[name];
    if (!value || isAddress(value)) continue;
    const advice =
      name === 'AZURE_POD_IDENTITY_AUTHORITY_HOST'
        ? 'Set it to the address of a metadata service, such as http://169.254.169.254, or clear it for that of Azure.'
        : 'Azure sets it where there is a managed identity: leave it as it was set there, or clear it.';
    throw new TokenError(
      'ManagedIdentityFailed',
      `${name} is ${quoted(withoutUserInfo(value))}, which is no http or https address. ${advice}`,
    );
  }
}

/** In MSAL's order; IDENTITY_ENDPOINT alone is nobody's. */
function deciding(environment: Environment): readonly EnvironmentName[] {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER, IMDS_ENDPOINT, MSI_ENDPOINT } = environment;
  if (IDENTITY_ENDPOINT && IDENTITY_HEADER) return ['IDENTITY_ENDPOINT'];
  if (MSI_ENDPOINT) return ['MSI_ENDPOINT'];
  // Arc's, both of which MSAL reads.
  if (IDENTITY_ENDPOINT && IMDS_ENDPOINT) return ['IDENTITY_ENDPOINT', 'IMDS_ENDPOINT'];
  return ['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
}

function isAddress(text: string): boolean {
  // With what comes behind a host: a space at the end is no part of one.
  const address = `${text}/`;
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
