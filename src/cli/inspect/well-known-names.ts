/** What Microsoft's resources, applications and clouds are called; for people, nothing is decided by it. */

/** By application id. Resources have the name that people use, not always the registered one. */
const resourceIds: Readonly<Record<string, string>> = {
  '00000002-0000-0000-c000-000000000000': 'Azure AD Graph (retired)',
  '00000003-0000-0000-c000-000000000000': 'Microsoft Graph',
  '00000007-0000-0000-c000-000000000000': 'Dataverse',
  '00000009-0000-0000-c000-000000000000': 'Power BI',
  '00000002-0000-0ff1-ce00-000000000000': 'Exchange Online',
  '00000003-0000-0ff1-ce00-000000000000': 'SharePoint Online',
  '022907d3-0f1b-48f7-badc-1ba6abab6d66': 'Azure SQL Database',
  '2746ea77-4702-4b45-80ca-3c97e680e8b7': 'Azure Data Explorer',
  '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d': 'Azure Databricks',
  '48ac35b8-9aa8-4d74-927d-1f4a14a0b239': 'Teams administration',
  '499b84ac-1321-427f-aa17-267ca6975798': 'Azure DevOps',
  '6dae42f8-4368-4678-94ff-3960e28e3630': 'Azure Kubernetes Service',
  '797f4846-ba00-4fd7-ba43-dac1f8f63013': 'Azure Resource Manager',
  '80369ed6-5f11-4dd9-bef3-692475845e77': 'Azure Event Hubs',
  '80a10ef9-8168-493d-abf9-3297c4ef6e3c': 'Azure Service Bus',
  'c5393580-f805-4401-95e8-94b7a6ef2fc2': 'Office 365 Management APIs',
  'ca7f3f0b-7d91-482c-8e09-c5d840d0eac5': 'Log Analytics',
  'cfa8b339-82a2-471a-a3c9-0fc0be7a4093': 'Azure Key Vault',
  'e406a681-f3d4-42a8-90b6-c2b029497af1': 'Azure Storage',
  'fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd': 'Partner Center',
  'fb60f99c-7a34-4190-8149-302f77469936': 'Entra token exchange',
  'fc780465-2017-40d4-a0c5-307022471b92': 'Microsoft Defender for Endpoint',
};

/** By host; one that begins with a dot stands for all the hosts below it. */
const resourceHosts: Readonly<Record<string, string>> = {
  'graph.windows.net': 'Azure AD Graph (retired)',
  'graph.microsoft.com': 'Microsoft Graph',
  'graph.microsoft.us': 'Microsoft Graph',
  'dod-graph.microsoft.us': 'Microsoft Graph',
  'graph.microsoft.de': 'Microsoft Graph',
  'microsoftgraph.chinacloudapi.cn': 'Microsoft Graph',
  'management.azure.com': 'Azure Resource Manager',
  'management.core.windows.net': 'Azure Resource Manager',
  'management.usgovcloudapi.net': 'Azure Resource Manager',
  'management.core.usgovcloudapi.net': 'Azure Resource Manager',
  'management.chinacloudapi.cn': 'Azure Resource Manager',
  'management.core.chinacloudapi.cn': 'Azure Resource Manager',
  'vault.azure.net': 'Azure Key Vault',
  'vault.usgovcloudapi.net': 'Azure Key Vault',
  'vault.azure.cn': 'Azure Key Vault',
  'managedhsm.azure.net': 'Azure Key Vault Managed HSM',
  'storage.azure.com': 'Azure Storage',
  '.core.windows.net': 'Azure Storage',
  '.core.usgovcloudapi.net': 'Azure Storage',
  '.core.chinacloudapi.cn': 'Azure Storage',
  'database.windows.net': 'Azure SQL Database',
  'database.usgovcloudapi.net': 'Azure SQL Database',
  'database.chinacloudapi.cn': 'Azure SQL Database',
  'ossrdbms-aad.database.windows.net': 'Azure Database for PostgreSQL and MySQL',
  'outlook.office365.com': 'Exchange Online',
  'outlook.office.com': 'Exchange Online',
  'outlook.office365.us': 'Exchange Online',
  '.sharepoint.com': 'SharePoint Online',
  '.sharepoint.us': 'SharePoint Online',
  'analysis.windows.net': 'Power BI',
  'api.fabric.microsoft.com': 'Microsoft Fabric',
  '.dynamics.com': 'Dataverse',
  'api.loganalytics.io': 'Log Analytics',
  'monitor.azure.com': 'Azure Monitor',
  'servicebus.azure.net': 'Azure Service Bus',
  'eventhubs.azure.net': 'Azure Event Hubs',
  'azconfig.io': 'Azure App Configuration',
  'cosmos.azure.com': 'Azure Cosmos DB',
  'cognitiveservices.azure.com': 'Azure AI services',
  'search.azure.com': 'Azure AI Search',
  'dev.azuresynapse.net': 'Azure Synapse',
  'batch.core.windows.net': 'Azure Batch',
  'api.partnercenter.microsoft.com': 'Partner Center',
  'api.securitycenter.microsoft.com': 'Microsoft Defender for Endpoint',
  'manage.office.com': 'Office 365 Management APIs',
};

/** Resources whose identifier is no web address. */
const resourceUris: Readonly<Record<string, string>> = {
  'api://azureadtokenexchange': 'Entra token exchange',
  'api://azureadtokenexchangeusgov': 'Entra token exchange',
  'api://azureadtokenexchangechina': 'Entra token exchange',
};

/** Public clients of Microsoft that people sign in with. */
const applicationIds: Readonly<Record<string, string>> = {
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'Azure CLI',
  '04f0c124-f2bc-4f59-8241-bf6df9866bbd': 'Visual Studio',
  '14d82eec-204b-4c2f-b7e8-296a70dab67e': 'Microsoft Graph PowerShell',
  '1950a258-227b-4e31-a9cf-717495945fc2': 'Azure PowerShell',
  'a0c73c16-a7e3-4564-9a95-2bdf47383716': 'Exchange Online PowerShell',
  'aebc6443-996d-45c2-90f0-388ff96faa56': 'Visual Studio Code',
};

const publicCloud = 'Azure public cloud';
const usGovernment = 'Azure US Government';
const china = 'Azure China (21Vianet)';
const germany = 'Azure Germany (closed)';
const testCloud = 'Azure PPE (test)';

const issuerHosts: Readonly<Record<string, string>> = {
  'login.microsoftonline.com': publicCloud,
  'login.microsoft.com': publicCloud,
  'login.windows.net': publicCloud,
  'login.microsoftonline.us': usGovernment,
  'login.partner.microsoftonline.cn': china,
  'login.chinacloudapi.cn': china,
  'sts.chinacloudapi.cn': china,
  'login.microsoftonline.de': germany,
  'sts.microsoftonline.de': germany,
  'login.windows-ppe.net': testCloud,
  'sts.windows-ppe.net': testCloud,
  '.ciamlogin.com': publicCloud,
  '.b2clogin.com': publicCloud,
};

/** What people call a token's audience: an address, an identifier or an application id. */
export function audienceName(audience: string): string | undefined {
  const plain = audience.toLowerCase().replace(/\/+$/, '');
  return lookUp(resourceIds, plain.replace(/^spn:/, '')) ?? lookUp(resourceUris, plain) ?? byHost(resourceHosts, plain);
}

/** The name of an application of Microsoft's own. */
export function applicationName(id: string): string | undefined {
  return lookUp(applicationIds, id.toLowerCase());
}

/**
 * The cloud that a token's issuer belongs to. v1 tokens of the public cloud and of US Government have the same issuer:
 * there the audience tells, where it is an address.
 */
export function cloudOf(issuer: string | undefined, audience: string | undefined): string | undefined {
  const host = hostOf(issuer ?? '');
  if (host !== 'sts.windows.net') return byHost(issuerHosts, issuer ?? '');
  const audienceHost = hostOf(audience ?? '');
  if (audienceHost === undefined) return `${publicCloud} or ${usGovernment}`;
  return /\.us$|\.usgovcloudapi\.net$/.test(audienceHost) ? usGovernment : publicCloud;
}

function byHost(names: Readonly<Record<string, string>>, address: string): string | undefined {
  const host = hostOf(address);
  if (host === undefined) return undefined;
  const parents = host.split('.').map((_label, index, labels) => `.${labels.slice(index).join('.')}`);
  return [host, ...parents].map((name) => lookUp(names, name)).find((name) => name !== undefined);
}

function hostOf(address: string): string | undefined {
  return address.startsWith('https://') && URL.canParse(address) ? new URL(address).hostname : undefined;
}

function lookUp(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
