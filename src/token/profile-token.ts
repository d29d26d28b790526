import { isTenantGroup } from '../protocol/formats.ts';
import { TokenError } from '../protocol/token-error.ts';
import { chosenCloud, cloudAt, resourcesOf, type Cloud } from '../cloud/environments.ts';
import { authorizationCode } from '../grants/authorization-code.ts';
import { certificateCredential } from '../grants/certificate-credential.ts';
import { clientCredentials } from '../grants/client-credentials.ts';
import { deviceCode } from '../grants/device-code.ts';
import { asTokenError } from '../grants/foreign-errors.ts';
import { managedIdentity } from '../grants/managed-identity.ts';
import { refreshToken } from '../grants/refresh-token.ts';
import type { EntraAnswer } from '../grants/token-answer.ts';
import { federatedToken, type FederatedTokenSource } from '../grants/workload-identity.ts';
import type { ClientCredential, ClientIdentity } from '../msal/applications.ts';
import { remoteSession } from '../platform/browser.ts';
import { requestUnderWay, withRequestContext, type RequestContext } from '../platform/request-context.ts';
import { acquireToken } from './acquire-token.ts';
import { claimOf, claimsOf } from './claims.ts';
import { profileWording } from './profile-wording.ts';
import { expiryOf } from './token-result.ts';

/** How a token is got; as `--flow` names it. */
export type FlowName = 'client-credentials' | 'interactive' | 'device-code' | 'authorization-code';

/** The other flows are public clients', which prove nothing: Entra refuses those of their requests that do. */
export function provesItself(flow: FlowName): boolean {
  return flow === 'client-credentials' || flow === 'authorization-code';
}

/** What the profile's application proves itself with. */
export type ProfileCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificateFile'; readonly path: string; readonly password?: string | undefined }
  /** The application is the identity of the machine. */
  | { readonly kind: 'managedIdentity' }
  | {
      readonly kind: 'workloadIdentity';
      readonly source: FederatedTokenSource['source'];
      /** Of source File; default AZURE_FEDERATED_TOKEN_FILE. */
      readonly file?: string | undefined;
      /** Of source AzurePipelines: a GUID. */
      readonly serviceConnectionId?: string | undefined;
    }
  /** A public client. */
  | { readonly kind: 'none' };

/** A request for a profile's token. */
export interface ProfileTokenDemand {
  /** The profile's name, for messages. */
  readonly profile: string;
  /** https address of the sign-in service; default AZURE_AUTHORITY_HOST, else the public cloud. */
  readonly authority?: string | undefined;
  /** GUID, domain, `organizations` or `common`; only managed identities need none. */
  readonly tenant?: string | undefined;
  /** GUID; of a managed identity: the user-assigned one. */
  readonly clientId?: string | undefined;
  readonly credential: ProfileCredential;
  readonly flow: FlowName;
  /** Sent as given; none: the cloud's Microsoft Graph `/.default`. */
  readonly scopes: readonly string[];
  /** Where the browser comes back to, e.g. `http://localhost:8400/signin`; default any port of localhost. */
  readonly redirectUri?: string | undefined;
  /** Of an earlier sign-in: tried before anybody is asked to sign in. */
  readonly refreshToken?: string | undefined;
  /** Whether a person may be asked to sign in; false: the refresh token or nothing. */
  readonly signIn: boolean;
  /** Go past what is cached. */
  readonly force: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What came of a {@link ProfileTokenDemand}. */
export interface ProfileToken {
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresOn: number;
  /** What was granted; the requested ones where Entra didn't say. */
  readonly scopes: readonly string[];
  /** The one to keep from now on. */
  readonly refreshToken?: string | undefined;
  /** Who signed in, by the name they sign in with. */
  readonly username?: string | undefined;
}

/** Codes by which Entra says that the refresh token is of no use for this request, and the person is needed. */
const personNeeded: ReadonlySet<string> = new Set(['InteractionRequired', 'InvalidGrant', 'ConsentRequired']);

/**
 * entra-auth-cli: a token for what a profile says.
 * @throws TokenError with the code that docs/errors.md explains
 */
export function acquireProfileToken(demand: ProfileTokenDemand, context: RequestContext): Promise<ProfileToken> {
  const noBrowser = context.noBrowser ?? remoteSession(context.environment);
  let attended = false;
  return acquireToken(
    {
      timeout: demand.timeout,
      // Until the person is asked, it is the service that is waited for.
      get attended() {
        return attended;
      },
      work: () => profileToken(demand, () => void (attended = true)),
    },
    { ...context, noBrowser, wording: profileWording(demand) },
  );
}

/** @param begin called before a person is asked to sign in */
async function profileToken(demand: ProfileTokenDemand, begin: () => void): Promise<ProfileToken> {
  const cloud = demand.authority ? cloudAt(demand.authority) : chosenCloud(requestUnderWay().environment);
  const scopes = demand.scopes.length > 0 ? demand.scopes : [`${resourcesOf(cloud).graph}/.default`];
  if (demand.credential.kind === 'managedIdentity') return ofManagedIdentity(demand, scopes, cloud);
  const identity = identityOf(demand, cloud);
  const proof = await proofOf(demand, cloud);
  const request = { identity, credential: proof, scopes };
  if (demand.flow === 'client-credentials') return ofApplication(demand, request);
  const refreshed = demand.refreshToken && (await redeemed({ ...request, refreshToken: demand.refreshToken }, demand));
  if (refreshed) return { ...resultOf(refreshed), refreshToken: refreshed.refreshToken ?? demand.refreshToken };
  begin();
  return resultOf(await signedIn(demand, request));
}

interface Request {
  readonly identity: ClientIdentity;
  readonly credential: ClientCredential | undefined;
  readonly scopes: readonly string[];
}

async function ofApplication(
  { profile, force }: ProfileTokenDemand,
  { credential, ...request }: Request,
): Promise<ProfileToken> {
  if (!credential) {
    throw new TokenError(
      'CredentialUnavailable',
      `The profile '${profile}' has no credential, which the flow client-credentials needs. ` +
        'Use --flow interactive or --flow device-code.',
    );
  }
  const { tenant } = request.identity;
  if (isTenantGroup(tenant)) {
    throw new TokenError(
      'InvalidTenant',
      `'${tenant}' is no tenant of its own, and an application signs in to one. ` +
        `Give the profile its id or domain with: entra-auth-cli config edit ${profile} --tenant-id ID`,
    );
  }
  return resultOf(await clientCredentials({ ...request, credential, force }));
}

/** @returns undefined when the person is needed, and may be asked */
async function redeemed(
  request: Request & { readonly refreshToken: string },
  { profile, signIn }: ProfileTokenDemand,
): Promise<EntraAnswer | undefined> {
  const context = requestUnderWay();
  // A context of its own, so that how this fails isn't taken for how the sign-in that follows fails.
  return withRequestContext({ ...context }, async () => {
    try {
      return await refreshToken(request);
    } catch (cause) {
      context.signal.throwIfAborted();
      const error = asTokenError(cause);
      if (!signIn || !personNeeded.has(error.code)) throw error;
      context.log('warning', `The sign-in of profile ${profile} can't be renewed: ${error.message}`);
      return undefined;
    }
  });
}

function signedIn(demand: ProfileTokenDemand, request: Request): Promise<EntraAnswer> {
  const { profile, flow } = demand;
  if (!demand.signIn) {
    throw new TokenError(
      'InteractionRequired',
      `Nobody has signed in with the profile '${profile}'. Sign in with: entra-auth-cli get-token --profile ${profile}`,
    );
  }
  const until = Date.now() + demand.timeout;
  if (flow === 'device-code') return deviceCode({ ...request, until });
  return authorizationCode({
    ...request,
    redirect: demand.redirectUri,
    // A profile is one of several accounts of a person's; the browser would take whichever it knows.
    prompt: 'select_account',
    until,
    otherwise: flow === 'interactive' ? 'or use --flow device-code' : undefined,
  });
}

async function proofOf({ credential, flow }: ProfileTokenDemand, cloud: Cloud): Promise<ClientCredential | undefined> {
  if (!provesItself(flow)) return undefined;
  switch (credential.kind) {
    case 'secret':
      return { kind: 'secret', secret: credential.secret };
    case 'certificateFile':
      return certificateCredential(credential.path, credential.password);
    case 'workloadIdentity':
      return { kind: 'assertion', assertion: await federatedToken(credential, resourcesOf(cloud).tokenExchange) };
    case 'managedIdentity':
    case 'none':
      return undefined;
  }
}

async function ofManagedIdentity(
  { flow, clientId, force }: ProfileTokenDemand,
  scopes: readonly string[],
  cloud: Cloud,
): Promise<ProfileToken> {
  if (flow !== 'client-credentials') {
    throw new TokenError('InvalidParameter', `A managed identity signs in by itself: leave --flow ${flow} out.`, {
      parameter: 'flow',
    });
  }
  const answer = await managedIdentity({ resource: wholeResource(scopes, cloud), clientId, force });
  return { accessToken: answer.accessToken, expiresOn: answer.expiresOn, scopes };
}

/** Managed identities' endpoints know resources, not scopes. */
function wholeResource(scopes: readonly string[], cloud: Cloud): string {
  const { graph } = resourcesOf(cloud);
  const [scope = '', ...others] = scopes;
  if (scope === '.default' && others.length === 0) return graph;
  if (others.length === 0 && scope.endsWith('/.default')) return scope.slice(0, -'/.default'.length);
  throw new TokenError(
    'InvalidScope',
    `A managed identity's token is for one whole resource: give --scope one scope that ends in /.default, such as ${graph}/.default.`,
    { parameter: 'scope' },
  );
}

function identityOf({ profile, tenant, clientId }: ProfileTokenDemand, cloud: Cloud): ClientIdentity {
  if (tenant && clientId) return { cloud, tenant, clientId };
  const [what, parameter, option] = tenant
    ? ['client id', 'clientId', '--client-id']
    : ['tenant', 'tenantId', '--tenant-id'];
  throw new TokenError(
    'MissingParameter',
    `The profile '${profile}' has no ${what}. Give it one with: entra-auth-cli config edit ${profile} ${option} ID`,
    { parameter },
  );
}

function resultOf(answer: EntraAnswer): ProfileToken {
  const { accessToken, scopes, refreshToken: renewal, account } = answer;
  const expiresOn = expiryOf(answer, claimOf(claimsOf(accessToken), 'exp'));
  return { accessToken, expiresOn, scopes, refreshToken: renewal, username: account?.username };
}
