import type { Application } from './directory.ts';

/** What Microsoft's own command-line clients may ask for: every scope of these resources. */
const everyMicrosoftScope = [
  'https://graph.microsoft.com/*',
  'https://management.azure.com/*',
  'https://vault.azure.net/*',
  'https://api.partnercenter.microsoft.com/*',
  'https://outlook.office365.com/*',
];

/**
 * What parent tokens and federated tokens are for, in each cloud. The ids of the other clouds than the public one are
 * made up.
 */
const tokenExchanges: readonly Application[] = [
  {
    id: 'fb60f99c-7a34-4190-8149-302f77469936',
    name: 'AAD Token Exchange Endpoint',
    identifierUris: ['api://AzureADTokenExchange'],
    accessTokenVersion: 2,
  },
  {
    id: 'fb60f99c-0000-4000-8000-0000000000a1',
    name: 'AAD Token Exchange Endpoint (US Government)',
    identifierUris: ['api://AzureADTokenExchangeUSGov'],
    accessTokenVersion: 2,
  },
  {
    id: 'fb60f99c-0000-4000-8000-0000000000a2',
    name: 'AAD Token Exchange Endpoint (China)',
    identifierUris: ['api://AzureADTokenExchangeChina'],
    accessTokenVersion: 2,
  },
];

/** The resources of Microsoft and its public clients that scripts use without registering anything. */
export const wellKnownApplications: readonly Application[] = [
  {
    id: '00000003-0000-0000-c000-000000000000',
    name: 'Microsoft Graph',
    identifierUris: ['https://graph.microsoft.com'],
    scopes: [
      'Application.Read.All',
      'AuditLog.Read.All',
      'Calendars.Read',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
      'Files.Read',
      'Group.Read.All',
      'LearningContent.Read.All',
      'Mail.Read',
      'Mail.Send',
      'SecurityEvents.Read.All',
      'User.Read',
      'User.Read.All',
      'User.ReadBasic.All',
    ],
    roles: [
      'Application.Read.All',
      'AuditLog.Read.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
      'Group.Read.All',
      'Mail.Read',
      'Mail.Send',
      'SecurityEvents.Read.All',
      'User.Read.All',
    ],
  },
  {
    id: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    name: 'Windows Azure Service Management API',
    identifierUris: ['https://management.azure.com', 'https://management.core.windows.net'],
    scopes: ['user_impersonation'],
  },
  {
    id: 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093',
    name: 'Azure Key Vault',
    identifierUris: ['https://vault.azure.net'],
    scopes: ['user_impersonation'],
  },
  {
    id: 'fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd',
    name: 'Microsoft Partner Center',
    identifierUris: ['https://api.partnercenter.microsoft.com'],
    scopes: ['user_impersonation'],
  },
  {
    id: '00000002-0000-0ff1-ce00-000000000000',
    name: 'Office 365 Exchange Online',
    identifierUris: ['https://outlook.office365.com'],
    scopes: ['Exchange.Manage', 'Mail.Read', 'Mail.Send'],
    roles: ['Exchange.ManageAsApp', 'Mail.Read', 'Mail.Send'],
  },
  ...tokenExchanges,
  {
    id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    name: 'Microsoft Azure CLI',
    publicClient: true,
    redirectUris: ['http://localhost', 'urn:ietf:wg:oauth:2.0:oob'],
    delegatedPermissions: everyMicrosoftScope,
    adminConsent: true,
  },
  {
    id: '1950a258-227b-4e31-a9cf-717495945fc2',
    name: 'Microsoft Azure PowerShell',
    publicClient: true,
    redirectUris: ['http://localhost', 'urn:ietf:wg:oauth:2.0:oob'],
    delegatedPermissions: everyMicrosoftScope,
    adminConsent: true,
  },
  {
    id: 'a0c73c16-a7e3-4564-9a95-2bdf47383716',
    name: 'Microsoft Exchange Online Remote PowerShell',
    publicClient: true,
    redirectUris: ['http://localhost', 'urn:ietf:wg:oauth:2.0:oob'],
    delegatedPermissions: ['https://outlook.office365.com/*'],
    adminConsent: true,
  },
];

/** Whether tokens for this application are credentials themselves. */
export const isTokenExchange = (application: Application): boolean =>
  tokenExchanges.some(({ id }) => id === application.id);
