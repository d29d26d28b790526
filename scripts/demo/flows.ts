import {
  getAgentIdentityToken,
  type AgentIdentityTokenMode,
  type AgentIdentityTokenParameters,
} from '../../src/protocol/agent-identity-token.ts';
import { getAzToken, type AzTokenParameters, type AzTokenParameterSet } from '../../src/protocol/az-token.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import {
  newPartnerAccessToken,
  newSecMgmtAccessToken,
  type PartnerTokenParameters,
  type PartnerTokenParameterSet,
} from '../../src/protocol/partner-token.ts';

/** The commands that hand out tokens, and their methods. */
export const methods = {
  'Get-AzToken': getAzToken.method,
  'New-PartnerAccessToken': newPartnerAccessToken.method,
  'New-SecMgmtAccessToken': newSecMgmtAccessToken.method,
  'Get-EntraBetaAgentIdentityToken': getAgentIdentityToken.method,
} as const;

/** One way to a token, shown through PowerShell and through the engine alike. */
export type Flow = Shown &
  (
    | {
        readonly command: 'Get-AzToken';
        readonly parameterSet: AzTokenParameterSet;
        readonly parameters: AzTokenParameters;
      }
    | {
        readonly command: 'New-PartnerAccessToken' | 'New-SecMgmtAccessToken';
        readonly parameterSet: PartnerTokenParameterSet;
        readonly parameters: PartnerTokenParameters;
      }
    | {
        readonly command: 'Get-EntraBetaAgentIdentityToken';
        readonly parameterSet: AgentIdentityTokenMode;
        readonly parameters: AgentIdentityTokenParameters;
      }
  );

interface Shown {
  readonly title: string;
  /** What the session's environment holds for it, beside what leads to the emulator. */
  readonly environment: Environment;
  /** What a person should know of it. */
  readonly note?: string;
  /** Whose token it is to be; null where an error is to be shown. */
  readonly identity: string | null;
}

/** As a refresh token: the one that the latest sign-in before brought. */
const keptRefreshToken = '(kept)';

/** As a user token: the token of the flow before. */
const userTokenBefore = '(call)';

/** Ids and secrets of the emulator's built-in directory. */
const contoso = '11111111-1111-4111-8111-111111111111';
const confidential = 'c0f1de00-0000-4000-8000-000000000001';
export const certificateClient = 'ce470000-0000-4000-8000-000000000002';
/** What `entra-auth-cli config create --from-file` reads. */
export const secretProfile = { tenantId: contoso, clientId: confidential, clientSecret: 'Confidential-Secret~1' };
export const person = { username: 'alice@contoso.onmicrosoft.com', password: 'Alice-Passw0rd!' } as const;

/**
 * Every flow that exists, in the order in which they are shown: an account that has signed in comes first in every
 * request of Get-AzToken after it, so the sign-in is the last but one of those.
 */
export function flows(given: {
  readonly appService: Environment;
  /** PEM of a certificate that the directory knows, and its key. */
  readonly certificateFile: string;
  /** A program that stands in for the browser. */
  readonly browser: string;
}): readonly Flow[] {
  const application = { AZURE_TENANT_ID: contoso, AZURE_CLIENT_ID: confidential };
  const credential = { userName: confidential, password: 'Confidential-Secret~1' };
  const partner = { applicationId: confidential, credential, servicePrincipal: true, tenant: contoso };
  const agent = {
    blueprintAppId: 'b1ee9000-0000-4000-8000-000000000007',
    agentIdentityAppId: 'a9e47000-0000-4000-8000-000000000008',
    blueprintSecret: 'Blueprint-Secret~1',
    tenantId: contoso,
  };
  const agentUser = 'invoice.agent@contoso.onmicrosoft.com';
  const partnerCenter = ['https://api.partnercenter.microsoft.com/user_impersonation'];
  return [
    {
      title: 'An application with its secret, from environment variables',
      command: 'Get-AzToken',
      parameterSet: 'NonInteractive',
      parameters: {},
      environment: { ...application, AZURE_CLIENT_SECRET: 'Confidential-Secret~1' },
      identity: 'Contoso Confidential',
    },
    {
      title: 'An application with its certificate, from environment variables',
      command: 'Get-AzToken',
      parameterSet: 'NonInteractive',
      parameters: {},
      environment: {
        AZURE_TENANT_ID: contoso,
        AZURE_CLIENT_ID: certificateClient,
        AZURE_CLIENT_CERTIFICATE_PATH: given.certificateFile,
      },
      identity: 'Contoso Certificate',
    },
    {
      title: 'The managed identity of an App Service, a function or a runbook',
      command: 'Get-AzToken',
      parameterSet: 'ManagedIdentity',
      parameters: {},
      environment: given.appService,
      identity: 'contoso-runbooks',
    },
    {
      title: 'The managed identity of a virtual machine',
      command: 'Get-AzToken',
      parameterSet: 'ManagedIdentity',
      parameters: { resource: 'https://vault.azure.net' },
      environment: {},
      identity: 'contoso-runbooks',
    },
    {
      title: 'An application with a wrong secret: what an error looks like',
      command: 'Get-AzToken',
      parameterSet: 'NonInteractive',
      parameters: {},
      environment: { ...application, AZURE_CLIENT_SECRET: 'not-its-secret' },
      identity: null,
    },
    {
      title: 'A person in the browser',
      command: 'Get-AzToken',
      parameterSet: 'Interactive',
      parameters: { scope: ['User.Read'] },
      environment: { BROWSER: given.browser },
      identity: person.username,
      note: `No browser was opened: the emulator's scripted user, ${person.username}, signed in at its login page.`,
    },
    {
      title: 'The same person again, without asking',
      command: 'Get-AzToken',
      parameterSet: 'NonInteractive',
      parameters: { scope: ['User.Read'] },
      environment: {},
      identity: person.username,
    },
    {
      title: "A partner's application with its secret",
      command: 'New-PartnerAccessToken',
      parameterSet: 'ServicePrincipal',
      parameters: { ...partner, scopes: ['https://graph.microsoft.com/.default'] },
      environment: {},
      identity: 'Contoso Confidential',
    },
    {
      title: "A person's first consent to a partner's application, in the browser",
      command: 'New-PartnerAccessToken',
      parameterSet: 'ServicePrincipal',
      parameters: { ...partner, scopes: partnerCenter, useAuthorizationCode: true },
      environment: { BROWSER: given.browser },
      identity: person.username,
      note: `The emulator's scripted user, ${person.username}, signed in and consented. The refresh token is kept.`,
    },
    {
      title: 'The same person again, with the refresh token: what a runbook does every night',
      command: 'New-PartnerAccessToken',
      parameterSet: 'RefreshToken',
      parameters: { credential, refreshToken: keptRefreshToken, tenant: contoso, scopes: partnerCenter },
      environment: {},
      identity: person.username,
    },
    {
      title: 'Security management, with the refresh token of the same application',
      command: 'New-SecMgmtAccessToken',
      parameterSet: 'RefreshToken',
      parameters: {
        credential,
        refreshToken: keptRefreshToken,
        tenant: contoso,
        scopes: ['https://graph.microsoft.com/User.Read'],
      },
      environment: {},
      identity: person.username,
      note: 'One refresh token serves all resources that somebody has consented to.',
    },
    {
      title: 'A person with a device code, for Exchange Online',
      command: 'New-PartnerAccessToken',
      parameterSet: 'ByModule',
      parameters: { module: 'ExchangeOnline', tenant: contoso },
      environment: {},
      identity: person.username,
      note: `The emulator's scripted user, ${person.username}, entered the code that the warning shows.`,
    },
    {
      title: 'An agent identity, for which its blueprint vouches',
      command: 'Get-EntraBetaAgentIdentityToken',
      parameterSet: 'AutonomousApp',
      parameters: agent,
      environment: {},
      identity: 'Contoso Invoice Agent',
    },
    {
      title: 'A person signs in to a program that calls the agent',
      command: 'New-PartnerAccessToken',
      parameterSet: 'User',
      parameters: {
        applicationId: 'c1ae0700-0000-4000-8000-00000000000b',
        scopes: [`api://${agent.blueprintAppId}/access_agent`],
        tenant: contoso,
      },
      environment: { BROWSER: given.browser },
      identity: person.username,
    },
    {
      title: 'The agent identity on behalf of that person',
      command: 'Get-EntraBetaAgentIdentityToken',
      parameterSet: 'OBO',
      parameters: { ...agent, userToken: userTokenBefore },
      environment: {},
      identity: person.username,
    },
    {
      title: "The agent identity's own user account",
      command: 'Get-EntraBetaAgentIdentityToken',
      parameterSet: 'AutonomousUser',
      parameters: { ...agent, userUpn: agentUser },
      environment: {},
      identity: agentUser,
      note: 'Nobody can sign in to that account: the agent identity alone gets its tokens.',
    },
  ];
}

/** The command as a person types it. */
export function commandLine({ command, parameterSet, parameters }: Flow): string {
  const isSwitch = command === 'Get-AzToken' && parameterSet !== 'NonInteractive';
  const isMode = command === 'Get-EntraBetaAgentIdentityToken' && parameterSet !== 'AutonomousApp';
  const given = Object.entries(parameters).map(([name, value]) => {
    const parameter = `-${name[0]?.toUpperCase()}${name.slice(1)}`;
    if (value === true) return parameter;
    const variable = {
      credential: '$credential',
      refreshToken: '$kept',
      blueprintSecret: '$secret',
      userToken: '$call',
    }[name];
    return `${parameter} ${variable ?? String(value)}`;
  });
  const set = isSwitch ? [`-${parameterSet}`] : isMode ? [`-Mode ${parameterSet}`] : [];
  return [command, ...set, ...given].join(' ');
}
