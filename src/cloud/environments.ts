import type { Environment } from '../protocol/environment.ts';
import { withoutUserInfo } from '../protocol/formats.ts';
import type { CloudName } from '../protocol/partner-token.ts';
import { quoted } from '../protocol/quoted.ts';
import { TokenError } from '../protocol/token-error.ts';

/** What differs from cloud to cloud. */
export interface Cloud {
  /** The sign-in service: an https origin without a trailing slash. */
  readonly authorityHost: string;
  /** Whether Entra's instance discovery knows the host; for others MSAL must not ask login.microsoftonline.com. */
  readonly wellKnown: boolean;
}

/** What a cloud calls things; each is a resource, to be asked for with `/.default`. */
export interface CloudResources {
  /** The audience of tokens that stand for a credential (workload identity federation). */
  readonly tokenExchange: string;
  readonly graph: string;
}

interface KnownCloud extends CloudResources {
  readonly authorityHost: string;
  /** Older names of the same host. */
  readonly formerHosts?: readonly string[];
  /** Microsoft's test cloud (PPE) is one that instance discovery does not know. */
  readonly wellKnown: boolean;
}

const publicResources: CloudResources = {
  tokenExchange: 'api://AzureADTokenExchange',
  graph: 'https://graph.microsoft.com',
};

/** Microsoft's clouds, by the names that Az and PartnerCenter use. */
const clouds: Readonly<Record<CloudName, KnownCloud>> = {
  AzureCloud: {
    ...publicResources,
    authorityHost: 'https://login.microsoftonline.com',
    formerHosts: ['https://login.windows.net', 'https://login.microsoft.com', 'https://sts.windows.net'],
    wellKnown: true,
  },
  AzureChinaCloud: {
    tokenExchange: 'api://AzureADTokenExchangeChina',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authorityHost: 'https://login.chinacloudapi.cn',
    formerHosts: ['https://login.partner.microsoftonline.cn'],
    wellKnown: true,
  },
  AzureGermanCloud: {
    ...publicResources,
    graph: 'https://graph.microsoft.de',
    authorityHost: 'https://login.microsoftonline.de',
    wellKnown: true,
  },
  AzurePPE: {
    ...publicResources,
    graph: 'https://graph.microsoft-ppe.com',
    authorityHost: 'https://login.windows-ppe.net',
    wellKnown: false,
  },
  AzureUSGovernment: {
    tokenExchange: 'api://AzureADTokenExchangeUSGov',
    graph: 'https://graph.microsoft.us',
    authorityHost: 'https://login.microsoftonline.us',
    wellKnown: true,
  },
};
const knownClouds: readonly KnownCloud[] = Object.values(clouds);

/** What the cloud calls its resources; those of the public cloud for a host that is nobody's that we know. */
export function resourcesOf({ authorityHost }: Cloud): CloudResources {
  return knownCloud(authorityHost) ?? publicResources;
}

/** Whether a token's audience is some cloud's Microsoft Graph, by its address. */
export function isGraph(audience: string): boolean {
  return knownClouds.some(({ graph }) => graph === audience.toLowerCase().replace(/\/+$/, ''));
}

function knownCloud(host: string): KnownCloud | undefined {
  return knownClouds.find(({ authorityHost, formerHosts = [] }) => [authorityHost, ...formerHosts].includes(host));
}

/**
 * The cloud that is named, else the one that the session's environment chooses: AZURE_AUTHORITY_HOST as in the Azure
 * SDKs, else the public cloud.
 * @param name as `-Environment` has it
 * @throws TokenError InvalidParameter when AZURE_AUTHORITY_HOST is needed and is no https address
 */
export function chosenCloud(environment: Environment, name?: CloudName): Cloud {
  return cloudOf(name ? clouds[name].authorityHost : originIn(environment));
}

/**
 * The cloud whose sign-in service has this address.
 * @throws TokenError InvalidParameter when it is no https address
 */
export function cloudAt(authority: string): Cloud {
  return cloudOf(httpsOrigin(authority, 'The authority'));
}

function cloudOf(authorityHost: string): Cloud {
  return { authorityHost, wellKnown: knownCloud(authorityHost)?.wellKnown === true };
}

function originIn(environment: Environment): string {
  const value = environment['AZURE_AUTHORITY_HOST']?.trim();
  return value ? httpsOrigin(value, 'AZURE_AUTHORITY_HOST') : clouds.AzureCloud.authorityHost;
}

/** @param name what the value is called where it was given: a variable, or a phrase */
function httpsOrigin(value: string, name: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:') {
    throw new TokenError(
      'InvalidParameter',
      `${name} is ${quoted(withoutUserInfo(value))}, which is no https address. ` +
        `Set it to one such as ${clouds.AzureUSGovernment.authorityHost}, or clear it for the public cloud.`,
      { parameter: /\s/.test(name) ? 'authority' : name },
    );
  }
  return url.origin;
}
