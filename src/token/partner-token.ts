import { isGuid, isTenantGroup } from '../protocol/formats.ts';
import type { AuthResult, ModuleName } from '../protocol/partner-token.ts';
import { TokenError } from '../protocol/token-error.ts';
import { chosenCloud } from '../cloud/environments.ts';
import { authorizationCode } from '../grants/authorization-code.ts';
import { clientCredentials } from '../grants/client-credentials.ts';
import { deviceCode } from '../grants/device-code.ts';
import { refreshToken } from '../grants/refresh-token.ts';
import type { SignInAnswer } from '../grants/signed-in-account.ts';
import type { EntraAnswer } from '../grants/token-answer.ts';
import type { ClientCredential, ClientIdentity } from '../msal/applications.ts';
import { requestUnderWay, type RequestContext, type Wording } from '../platform/request-context.ts';
import { acquireToken } from './acquire-token.ts';
import { authResult, resultOfGivenToken } from './auth-result.ts';
import { InFlight } from './in-flight.ts';
import { rememberSignIn, tokenOfKnownAccount } from './known-accounts.ts';
import { invalid } from './parameters.ts';
import { partnerCommands, partnerTokenDemand, type PartnerTokenDemand } from './partner-parameters.ts';

/** Modules whose application and scope upstream knows. */
const modules: Readonly<Record<ModuleName, { readonly clientId: string; readonly scopes: readonly string[] }>> = {
  ExchangeOnline: {
    clientId: 'a0c73c16-a7e3-4564-9a95-2bdf47383716',
    scopes: ['https://outlook.office365.com/.default'],
  },
};

/** Where partners' applications have their redirect addresses registered: upstream takes the first free one. */
const redirectPorts = { first: 8400, last: 8999 } as const;

const wordings: Readonly<Record<'refreshToken' | 'other', Wording>> = {
  refreshToken: {
    scope: '-Scopes',
    resource: '-Scopes',
    signInAgain: 'Sign in again with -UseAuthorizationCode, and keep the RefreshToken of that result.',
    answerChallenge: 'Sign in again with -UseAuthorizationCode, and keep the RefreshToken of that result.',
  },
  other: {
    scope: '-Scopes',
    resource: '-Scopes',
    signInAgain: 'Sign in again.',
    answerChallenge: 'Sign in again in the browser, with -UseAuthorizationCode.',
  },
};

const applicationsInFlight = new InFlight<AuthResult>();
const peopleInFlight = new InFlight<EntraAnswer | undefined>();

/**
 * New-PartnerAccessToken and New-SecMgmtAccessToken: parameters are checked, a grant is chosen, its answer becomes the
 * result.
 * @throws TokenError with the code that docs/errors.md explains
 */
export async function acquirePartnerToken(
  commandName: keyof typeof partnerCommands,
  parameterSet: string,
  parameters: Record<string, unknown>,
  context: RequestContext,
): Promise<AuthResult> {
  const demand = partnerTokenDemand(partnerCommands[commandName], parameterSet, parameters);
  const unattended = isServicePrincipal(demand) && !demand.useAuthorizationCode;
  return acquireToken(
    {
      timeout: demand.timeout,
      attended: demand.attended,
      shared: unattended ? { inFlight: applicationsInFlight, demand: { ...demand, command: null } } : undefined,
      work: () => resultOf(demand),
    },
    { ...context, wording: wordings[demand.refreshToken === undefined ? 'other' : 'refreshToken'] },
  );
}

function isServicePrincipal({ parameterSet }: PartnerTokenDemand): boolean {
  return parameterSet === 'ServicePrincipal' || parameterSet === 'ServicePrincipalCertificate';
}

async function resultOf(demand: PartnerTokenDemand): Promise<AuthResult> {
  switch (demand.parameterSet) {
    case 'AccessToken':
      return resultOfGivenToken(demand.accessToken ?? '', demand.scopes, cloudOf(demand));
    case 'RefreshToken':
      return authResult(await redeem(demand, clientIdOf(demand), demand.scopes));
    case 'ServicePrincipal':
    case 'ServicePrincipalCertificate':
      return authResult(await servicePrincipal(demand));
    case 'User':
      return authResult(await user(demand));
    case 'ByModule':
      return authResult(await byModule(demand));
  }
}

function redeem(demand: PartnerTokenDemand, clientId: string, scopes: readonly string[]): Promise<EntraAnswer> {
  return refreshToken({
    identity: identityOf(demand, clientId),
    credential: credentialOf(demand),
    refreshToken: demand.refreshToken ?? '',
    scopes,
  });
}

/**
 * Whose refresh token it is. Upstream takes a credential's user name whatever -ApplicationId says; a user name that can
 * be no client id never worked there, so ours is the application id then.
 */
function clientIdOf({ applicationId, credential, certificate }: PartnerTokenDemand): string {
  if (credential && certificate) {
    throw new TokenError(
      'InvalidParameterCombination',
      'Parameters Credential and CertificateThumbprint: an application proves itself with one of them, leave the other out.',
      { parameter: 'CertificateThumbprint' },
    );
  }
  const userName = credential?.userName;
  if (userName !== undefined && isGuid(userName)) {
    if (applicationId !== undefined && applicationId.toLowerCase() !== userName.toLowerCase()) {
      requestUnderWay().log('verbose', `The client is -Credential's user name, ${userName}, not -ApplicationId.`);
    }
    return userName;
  }
  if (applicationId !== undefined) return applicationId;
  if (credential) {
    throw invalid('Credential', 'the user name is no client id (a GUID). Correct it, or give -ApplicationId as well.');
  }
  throw new TokenError(
    'MissingParameter',
    'The parameter set RefreshToken needs the parameter ApplicationId, or Credential with the client id as its user name.',
    { parameter: 'ApplicationId' },
  );
}

function servicePrincipal(demand: PartnerTokenDemand): Promise<EntraAnswer> {
  const { applicationId = '', scopes, tenant } = demand;
  const credential = credentialOf(demand);
  if (!credential) throw new TokenError('EngineError', 'A service principal came without its credential.');
  const identity = identityOf(demand, applicationId);
  if (demand.useAuthorizationCode) return inBrowser(demand, { identity, credential, scopes });
  if (isTenantGroup(tenant)) {
    throw invalid(
      'Tenant',
      `'${tenant}' is no tenant of its own. An application signs in to one: give its id or domain.`,
    );
  }
  return clientCredentials({ identity, credential, scopes, force: false });
}

/** Silent where somebody has signed in before and nobody asks for another way. */
async function user(demand: PartnerTokenDemand): Promise<EntraAnswer> {
  const { applicationId = '', scopes, useAuthorizationCode, useDeviceAuthentication } = demand;
  const identity = identityOf(demand, applicationId);
  if (!useAuthorizationCode && !useDeviceAuthentication) {
    const key = JSON.stringify([identity, scopes]);
    // MSAL itself sends the same silent request once, but with one caller's Ctrl+C it would end everybody's.
    const known = await peopleInFlight.join(key, requestUnderWay(), () => {
      return tokenOfKnownAccount({ identity, scopes, force: false });
    });
    // Somebody else may sign in before the next call.
    if (known) return { ...known, reusable: false };
  }
  // With both switches upstream opens the browser.
  const { signedIn, ...answer } =
    useDeviceAuthentication && !useAuthorizationCode
      ? await deviceCode({ identity, scopes, until: Date.now() + demand.timeout })
      : await inBrowser(demand, { identity, scopes, otherwise: 'or sign in with -UseDeviceAuthentication' });
  if (signedIn) rememberSignIn(signedIn);
  return { ...answer, reusable: false };
}

async function byModule(demand: PartnerTokenDemand): Promise<EntraAnswer> {
  const { clientId, scopes } = modules[demand.module ?? 'ExchangeOnline'];
  if (demand.refreshToken !== undefined) return redeem(demand, clientId, scopes);
  const identity = identityOf(demand, clientId);
  const answer = demand.useAuthorizationCode
    ? await inBrowser(demand, { identity, scopes, otherwise: 'or leave -UseAuthorizationCode out' })
    : await deviceCode({ identity, scopes, until: Date.now() + demand.timeout });
  return { ...answer, reusable: false };
}

async function inBrowser(
  demand: PartnerTokenDemand,
  request: {
    readonly identity: ClientIdentity;
    readonly credential?: ClientCredential;
    readonly scopes: readonly string[];
    readonly otherwise?: string;
  },
): Promise<SignInAnswer> {
  const answer = await authorizationCode({
    ...request,
    redirect: redirectPorts,
    // As upstream: who signs in to a public client is always asked for a password.
    prompt: request.credential ? undefined : 'login',
    until: Date.now() + demand.timeout,
  });
  return { ...answer, reusable: false };
}

function credentialOf({ credential, certificate }: PartnerTokenDemand): ClientCredential | undefined {
  if (certificate) return { kind: 'hostCertificate', certificate };
  return credential ? { kind: 'secret', secret: credential.password } : undefined;
}

function identityOf(demand: PartnerTokenDemand, clientId: string): ClientIdentity {
  return { cloud: cloudOf(demand), tenant: demand.tenant, clientId };
}

function cloudOf({ cloudName }: PartnerTokenDemand): ReturnType<typeof chosenCloud> {
  return chosenCloud(requestUnderWay().environment, cloudName);
}
