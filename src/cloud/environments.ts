import type { Environment } from '../protocol/environment.ts';
import type { CloudName } from '../protocol/partner-token.ts';
import { TokenError } from '../protocol/token-error.ts';

/** What differs from cloud to cloud. */
export interface Cloud {
  /** The sign-in service: an https origin without a trailing slash. */
  readonly authorityHost: string;
  /** Whether Entra's instance discovery knows the host; for others MSAL must not ask login.microsoftonline.com. */
  readonly wellKnown: boolean;
}

/** The sign-in hosts of Microsoft's clouds, by the names that Az and PartnerCenter use. */
export const authorityHosts = {
  AzureCloud: 'https://login.microsoftonline.com',
  AzureChinaCloud: 'https://login.chinacloudapi.cn',
  AzureGermanCloud: 'https://login.microsoftonline.de',
  AzurePPE: 'https://login.windows-ppe.net',
  AzureUSGovernment: 'https://login.microsoftonline.us',
} as const satisfies Record<CloudName, string>;

/** Every host that instance discovery knows, the older names included; Microsoft's test cloud (PPE) it does not. */
const wellKnownHosts: ReadonlySet<string> = new Set([
  ...Object.values(authorityHosts).filter((host) => host !== authorityHosts.AzurePPE),
  'https://login.windows.net',
  'https://login.microsoft.com',
  'https://sts.windows.net',
  'https://login.partner.microsoftonline.cn',
]);

/**
 * The cloud that is named, else the one that the session's environment chooses: AZURE_AUTHORITY_HOST as in the Azure
 * SDKs, else the public cloud.
 * @param name as `-Environment` has it
 * @throws TokenError InvalidParameter when AZURE_AUTHORITY_HOST is needed and is no https address
 */
export function chosenCloud(environment: Environment, name?: CloudName): Cloud {
  const origin = name ? authorityHosts[name] : originIn(environment);
  return { authorityHost: origin, wellKnown: wellKnownHosts.has(origin) };
}

function originIn(environment: Environment): string {
  const value = environment['AZURE_AUTHORITY_HOST']?.trim();
  return value ? httpsOrigin(value) : authorityHosts.AzureCloud;
}

function httpsOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:') {
    throw new TokenError(
      'InvalidParameter',
      `AZURE_AUTHORITY_HOST is '${value}', which is no https address. ` +
        `Set it to one such as ${authorityHosts.AzureUSGovernment}, or clear it for the public cloud.`,
      { parameter: 'AZURE_AUTHORITY_HOST' },
    );
  }
  return url.origin;
}
