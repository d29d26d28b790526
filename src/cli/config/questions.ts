import {
  authMethods,
  federatedTokenSources,
  type AuthMethod,
  type FederatedTokenSource,
  type ProfileFlow,
} from '../../profile/profile.ts';
import { scopesIn } from '../scopes.ts';
import type { Shell } from '../shell.ts';
import { certificateProblem } from './certificate.ts';
import { belongs, missingFrom, withoutForeign, type Draft } from './draft.ts';
import { wholePathOf } from './given.ts';
import type { Prompts } from './prompts.ts';
import { flowsOf, problemWith, refuseInvalid } from './validity.ts';

/** What a person is asked about a profile. */
export interface Interview {
  readonly prompts: Prompts;
  readonly shell: Shell;
  /** What options or a file have said: it isn't asked. */
  readonly given: Draft;
  /** The profile as it is, from which the answers start. */
  readonly present: Draft;
  /** Whether a secret is stored, which may stay where the kind stays. */
  readonly stored: boolean;
}

/** Asks for all of a profile but its name. @throws TokenError Cancelled */
export async function askForFields(interview: Interview): Promise<Draft> {
  let draft = await askForKind(interview);
  refuseInvalid({ ...interview.given, authMethod: draft.authMethod });
  for (const ask of [askForIdentity, askForSecret, askForCertificate, askForPassword, askForFederation, askForFlow]) {
    draft = await ask(draft, interview);
  }
  return askForRest(draft, interview);
}

type Ask = (draft: Draft, interview: Interview) => Promise<Draft>;

const kinds: Readonly<Record<AuthMethod, { readonly name: string; readonly description: string }>> = {
  ClientSecret: { name: 'A client secret', description: 'An application with a secret, which is stored encrypted.' },
  Certificate: { name: 'A certificate with a password', description: 'A PEM or PFX file that a password opens.' },
  PasswordlessCertificate: { name: 'A certificate without a password', description: 'A PEM or PFX file.' },
  ManagedIdentity: {
    name: 'A managed identity',
    description: 'The identity of the Azure machine on which this runs. Nothing is stored.',
  },
  WorkloadIdentity: {
    name: 'Workload identity federation',
    description: 'A token of GitHub Actions, Azure Pipelines or Kubernetes. Nothing is stored.',
  },
  PublicClient: {
    name: 'Nothing: a person signs in',
    description: 'In the browser, or with a code on another device.',
  },
};

async function askForKind({ prompts, given, present }: Interview): Promise<Draft> {
  const choices = authMethods.map((value) => ({ value, ...kinds[value] }));
  const authMethod =
    given.authMethod ?? (await prompts.choice('What does it prove itself with?', choices, present.authMethod));
  return withoutForeign({ ...present, ...given, authMethod }, given);
}

const askForIdentity: Ask = async (draft, interview) => {
  const isPublic = draft.authMethod === 'PublicClient';
  const ofMachine = draft.authMethod === 'ManagedIdentity';
  const tenant = 'Tenant (its id or a domain):';
  const client = ofMachine ? "Client id (empty: the machine's own identity):" : 'Application (client) id:';
  const withTenant = await askForText('tenantId', tenant, draft, interview, isPublic ? 'organizations' : undefined);
  return askForText('clientId', client, withTenant, interview);
};

const askForSecret: Ask = async (draft, { prompts, given, present, stored }) => {
  if (given.clientSecret || !belongs('clientSecret', draft)) return draft;
  const stays = stored && present.authMethod === draft.authMethod;
  const message = stays ? 'Client secret (empty: the stored one stays):' : 'Client secret:';
  const answer = await prompts.secret(message, (typed) => (typed || stays ? undefined : 'A value is needed.'));
  return { ...draft, clientSecret: answer };
};

const askForCertificate: Ask = async (draft, { prompts, shell, given }) => {
  if (given.certificatePath || !belongs('certificatePath', draft)) return draft;
  const at = (path: string): Draft => ({ ...draft, certificatePath: wholePathOf(path, shell) });
  const answer = await prompts.text('Certificate file (PEM or PFX):', draft.certificatePath, async (typed) =>
    typed === '' ? 'A value is needed.' : (await certificateProblem(at(typed)))?.message,
  );
  return at(answer);
};

const askForPassword: Ask = async (draft, { prompts, given, present, stored }) => {
  if (given.certificatePassword || !belongs('certificatePassword', draft)) return draft;
  const cacheCertificatePassword =
    given.cacheCertificatePassword ??
    (await prompts.yes(
      'Store its password, encrypted? (No: it is asked for each time)',
      draft.cacheCertificatePassword ?? true,
    ));
  if (!cacheCertificatePassword) return { ...draft, cacheCertificatePassword };
  const same = present.authMethod === draft.authMethod && present.certificatePath === draft.certificatePath;
  const stays = stored && same;
  const message = stays ? 'Its password (empty: the stored one stays):' : 'Its password:';
  const certificatePassword = await prompts.secret(message, async (typed) => {
    if (typed === '') return stays ? undefined : 'A value is needed.';
    return (await certificateProblem({ ...draft, certificatePassword: typed }))?.message;
  });
  return { ...draft, cacheCertificatePassword, certificatePassword };
};

const sources: Readonly<Record<FederatedTokenSource, string>> = {
  GitHubActions: 'GitHub Actions',
  AzurePipelines: 'Azure Pipelines',
  File: 'A file, as Kubernetes has it',
};

const askForFederation: Ask = async (draft, interview) => {
  if (!belongs('federatedTokenSource', draft)) return draft;
  const { prompts, shell, given } = interview;
  const choices = federatedTokenSources.map((value) => ({ value, name: sources[value] }));
  const federatedTokenSource =
    given.federatedTokenSource ??
    (await prompts.choice('Where does its token come from?', choices, draft.federatedTokenSource));
  const asked = withoutForeign({ ...draft, federatedTokenSource }, given);
  if (federatedTokenSource === 'File' && !given.federatedTokenFile) {
    const message = 'File with the token (empty: AZURE_FEDERATED_TOKEN_FILE names it):';
    const answer = await prompts.text(message, asked.federatedTokenFile, () => undefined);
    return { ...asked, federatedTokenFile: answer && wholePathOf(answer, shell) };
  }
  return askForText('serviceConnectionId', 'Service connection id:', asked, interview);
};

const flows: Readonly<Record<ProfileFlow, string>> = {
  ClientCredentials: 'The application itself',
  InteractiveBrowser: 'A person, in the browser',
  DeviceCode: 'A person, with a code on another device',
  AuthorizationCode: 'A person in the browser, and the application proves itself too',
};

const askForFlow: Ask = async (draft, { prompts, given }) => {
  const { authMethod, defaultFlow } = draft;
  if (given.defaultFlow || !authMethod) return draft;
  const possible = flowsOf(authMethod);
  if (possible.length === 1) return { ...draft, defaultFlow: undefined };
  const choices = possible.map((value) => ({ value, name: flows[value] }));
  const initial = possible.find((flow) => flow === defaultFlow);
  return { ...draft, defaultFlow: await prompts.choice('Who signs in?', choices, initial) };
};

const askForRest: Ask = async (draft, interview) => {
  const { prompts, given } = interview;
  const { authMethod = 'PublicClient', defaultFlow } = draft;
  let rest = draft;
  if (defaultFlow === 'AuthorizationCode' || defaultFlow === 'InteractiveBrowser') {
    const message = 'Redirect address that is registered (empty: http://localhost):';
    rest = await askForText('redirectUri', message, rest, interview);
  }
  if (!given.scopes) {
    const answer = await prompts.text(
      'Scopes, separated by spaces (empty: Microsoft Graph):',
      draft.scopes?.join(' '),
      (typed) => problemWith('scopes', scopesIn(typed), authMethod),
    );
    rest = { ...rest, scopes: scopesIn(answer) };
  }
  // Few profiles have an authority, so nobody is asked for one who hasn't.
  return draft.authority ? askForText('authority', 'Sign-in service:', rest, interview) : rest;
};

/** A field whose value is a text; what it is now is proposed. */
async function askForText(
  name: 'tenantId' | 'clientId' | 'serviceConnectionId' | 'redirectUri' | 'authority',
  message: string,
  draft: Draft,
  { prompts, given }: Interview,
  proposal?: string,
): Promise<Draft> {
  const { authMethod } = draft;
  if (given[name] || !authMethod || !belongs(name, draft)) return draft;
  const needed = missingFrom({ ...draft, [name]: undefined }).includes(name);
  const answer = await prompts.text(message, draft[name] ?? proposal, (typed) =>
    typed === '' && needed ? 'A value is needed.' : problemWith(name, typed, authMethod),
  );
  return { ...draft, [name]: answer };
}
