import type { DirectoryInput } from './directory.ts';
import { workloadSubjects } from './workload-runners.ts';

const contoso = '11111111-1111-4111-8111-111111111111';
const fabrikam = '22222222-2222-4222-8222-222222222222';
const blueprint = 'b1ee9000-0000-4000-8000-000000000007';
const invoiceAgent = 'a9e47000-0000-4000-8000-000000000008';

/** What the emulator serves when nobody gives it another directory; docs/emulator.md has it as tables. */
export const defaultDirectory: DirectoryInput = {
  tenants: [
    { id: contoso, name: 'Contoso', domains: ['contoso.onmicrosoft.com', 'contoso.com'] },
    { id: fabrikam, name: 'Fabrikam', domains: ['fabrikam.onmicrosoft.com'] },
  ],
  users: [
    {
      id: 'a11ce000-0000-4000-8000-000000000001',
      userPrincipalName: 'alice@contoso.onmicrosoft.com',
      password: 'Alice-Passw0rd!',
      displayName: 'Alice Adams',
      givenName: 'Alice',
      surname: 'Adams',
      mail: 'alice@contoso.com',
    },
    {
      id: 'ade1e000-0000-4000-8000-000000000002',
      userPrincipalName: 'adele@contoso.onmicrosoft.com',
      password: 'Adele-Passw0rd!',
      displayName: 'Adele Vance',
      givenName: 'Adele',
      surname: 'Vance',
    },
    {
      id: 'd15ab1ed-0000-4000-8000-000000000003',
      userPrincipalName: 'disabled@contoso.onmicrosoft.com',
      password: 'Disabled-Passw0rd!',
      displayName: 'Diane Disabled',
      disabled: true,
    },
    {
      id: 'f0000000-0000-4000-8000-000000000004',
      userPrincipalName: 'frank@fabrikam.onmicrosoft.com',
      password: 'Frank-Passw0rd!',
      displayName: 'Frank Fisher',
      givenName: 'Frank',
      surname: 'Fisher',
    },
    {
      id: 'a9e47000-0000-4000-8000-0000000000f1',
      userPrincipalName: 'invoice.agent@contoso.onmicrosoft.com',
      displayName: 'Invoice Agent',
      agentIdentities: [invoiceAgent],
    },
  ],
  applications: [
    {
      id: 'c0f1de00-0000-4000-8000-000000000001',
      name: 'Contoso Confidential',
      tenants: [contoso],
      redirectUris: ['http://localhost', 'https://confidential.contoso.com/signin'],
      secrets: [{ value: 'Confidential-Secret~1' }, { value: 'Expired-Secret~1', expires: '2024-01-01T00:00:00Z' }],
      delegatedPermissions: ['https://graph.microsoft.com/User.Read', 'https://graph.microsoft.com/Mail.Read'],
      applicationPermissions: [
        'https://graph.microsoft.com/User.Read.All',
        'https://graph.microsoft.com/Directory.Read.All',
        'api://contoso-orders/Orders.Read.All',
      ],
      adminConsent: true,
    },
    {
      id: 'ce470000-0000-4000-8000-000000000002',
      name: 'Contoso Certificate',
      tenants: [contoso],
      certificates: [],
      redirectUris: ['http://localhost'],
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All'],
    },
    {
      id: '9ab11c00-0000-4000-8000-000000000003',
      name: 'Contoso Desktop',
      tenants: [contoso],
      publicClient: true,
      redirectUris: ['http://localhost'],
      delegatedPermissions: [
        'https://graph.microsoft.com/User.Read',
        'https://graph.microsoft.com/LearningContent.Read.All',
        'https://management.azure.com/user_impersonation',
        'api://contoso-orders/Orders.Read',
      ],
      adminConsent: true,
    },
    {
      id: 'c0115e17-0000-4000-8000-000000000004',
      name: 'Contoso Unconsented',
      tenants: [contoso],
      publicClient: true,
      redirectUris: ['http://localhost'],
      delegatedPermissions: ['https://graph.microsoft.com/User.Read', 'https://graph.microsoft.com/Mail.Read'],
    },
    {
      id: 'b00c0000-0000-4000-8000-000000000005',
      name: 'Contoso Orders',
      tenants: [contoso],
      identifierUris: ['api://contoso-orders'],
      accessTokenVersion: 2,
      scopes: ['Orders.Read', 'Orders.Write'],
      roles: ['Orders.Read.All', 'Orders.Write.All'],
    },
    {
      id: 'ab1e0000-0000-4000-8000-000000000006',
      name: 'Multitenant Tool',
      tenants: [contoso, fabrikam],
      secrets: [{ value: 'Multitenant-Secret~1' }],
      redirectUris: ['http://localhost'],
      delegatedPermissions: ['https://graph.microsoft.com/User.Read', 'https://api.partnercenter.microsoft.com/*'],
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All'],
      adminConsent: true,
    },
    {
      id: blueprint,
      name: 'Contoso Agents',
      tenants: [contoso],
      isBlueprint: true,
      secrets: [{ value: 'Blueprint-Secret~1' }],
      certificates: [],
      federatedCredentials: [
        // The managed identity contoso-shared
        { issuer: `{authority}/${contoso}/v2.0`, subject: 'a5516000-0000-4000-8000-0000000000f2' },
      ],
      identifierUris: [`api://${blueprint}`],
      accessTokenVersion: 2,
      scopes: ['access_agent'],
    },
    {
      id: invoiceAgent,
      name: 'Contoso Invoice Agent',
      tenants: [contoso],
      blueprint,
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All', 'api://contoso-orders/Orders.Read.All'],
    },
    {
      id: 'a9e47000-0000-4000-8000-000000000009',
      name: 'Contoso Mail Agent',
      tenants: [contoso],
      blueprint,
      applicationPermissions: ['https://graph.microsoft.com/Mail.Send'],
    },
    {
      id: 'a9e47000-0000-4000-8000-00000000000a',
      name: 'Contoso Retired Agent',
      tenants: [contoso],
      blueprint,
      disabled: true,
    },
    {
      id: 'c1ae0700-0000-4000-8000-00000000000b',
      name: 'Contoso Agent Portal',
      tenants: [contoso],
      publicClient: true,
      redirectUris: ['http://localhost'],
      delegatedPermissions: [`api://${blueprint}/access_agent`],
      adminConsent: true,
    },
    {
      id: 'c1d0ad00-0000-4000-8000-00000000000c',
      name: 'Contoso Workload',
      tenants: [contoso],
      federatedCredentials: [
        { issuer: '{authority}/emulator/issuer', subject: workloadSubjects.gitHubActions },
        { issuer: '{authority}/emulator/issuer', subject: workloadSubjects.azurePipelines },
      ],
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All'],
    },
  ],
  consents: [
    {
      client: invoiceAgent,
      user: 'alice@contoso.onmicrosoft.com',
      scopes: ['https://graph.microsoft.com/User.Read', 'https://graph.microsoft.com/Mail.Read'],
    },
    {
      client: invoiceAgent,
      user: 'invoice.agent@contoso.onmicrosoft.com',
      scopes: ['https://graph.microsoft.com/User.Read', 'https://graph.microsoft.com/Mail.Send'],
    },
  ],
  managedIdentities: [
    {
      clientId: '5e1f0000-0000-4000-8000-000000000001',
      objectId: '5e1f0000-0000-4000-8000-0000000000f1',
      name: 'contoso-runbooks',
      tenant: contoso,
      type: 'system-assigned',
      resourceId:
        '/subscriptions/33333333-3333-4333-8333-333333333333/resourcegroups/contoso/providers/Microsoft.Web/sites/contoso-runbooks',
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All'],
    },
    {
      clientId: 'a5516000-0000-4000-8000-000000000002',
      objectId: 'a5516000-0000-4000-8000-0000000000f2',
      name: 'contoso-shared',
      tenant: contoso,
      type: 'user-assigned',
      resourceId:
        '/subscriptions/33333333-3333-4333-8333-333333333333/resourcegroups/contoso/providers/Microsoft.ManagedIdentity/userAssignedIdentities/contoso-shared',
      applicationPermissions: ['https://graph.microsoft.com/Directory.Read.All'],
    },
  ],
};
