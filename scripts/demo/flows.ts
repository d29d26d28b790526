import type { AzTokenParameters, AzTokenParameterSet } from '../../src/protocol/az-token.ts';
import type { Environment } from '../../src/protocol/environment.ts';

/** One way to a token, shown through PowerShell and through the engine alike. */
export interface Flow {
  readonly title: string;
  readonly parameterSet: AzTokenParameterSet;
  readonly parameters: AzTokenParameters;
  /** What the session's environment holds for it, beside what leads to the emulator. */
  readonly environment: Environment;
  /** What a person should know of it. */
  readonly note?: string;
  /** Whose token it is to be; null where an error is to be shown. */
  readonly identity: string | null;
}

/** Ids and secrets of the emulator's built-in directory. */
const contoso = '11111111-1111-4111-8111-111111111111';
const confidential = 'c0f1de00-0000-4000-8000-000000000001';
export const certificateClient = 'ce470000-0000-4000-8000-000000000002';
export const person = { username: 'alice@contoso.onmicrosoft.com', password: 'Alice-Passw0rd!' } as const;

/**
 * Every flow that exists, in the order in which they are shown: an account that has signed in comes first in every
 * request after it, so the sign-in is the last but one.
 */
export function flows(given: {
  readonly appService: Environment;
  /** PEM of a certificate that the directory knows, and its key. */
  readonly certificateFile: string;
  /** A program that stands in for the browser. */
  readonly browser: string;
}): readonly Flow[] {
  const application = { AZURE_TENANT_ID: contoso, AZURE_CLIENT_ID: confidential };
  return [
    {
      title: 'An application with its secret, from environment variables',
      parameterSet: 'NonInteractive',
      parameters: {},
      environment: { ...application, AZURE_CLIENT_SECRET: 'Confidential-Secret~1' },
      identity: 'Contoso Confidential',
    },
    {
      title: 'An application with its certificate, from environment variables',
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
      parameterSet: 'ManagedIdentity',
      parameters: {},
      environment: given.appService,
      identity: 'contoso-runbooks',
    },
    {
      title: 'The managed identity of a virtual machine',
      parameterSet: 'ManagedIdentity',
      parameters: { resource: 'https://vault.azure.net' },
      environment: {},
      identity: 'contoso-runbooks',
    },
    {
      title: 'An application with a wrong secret: what an error looks like',
      parameterSet: 'NonInteractive',
      parameters: {},
      environment: { ...application, AZURE_CLIENT_SECRET: 'not-its-secret' },
      identity: null,
    },
    {
      title: 'A person in the browser',
      parameterSet: 'Interactive',
      parameters: { scope: ['User.Read'] },
      environment: { BROWSER: given.browser },
      identity: person.username,
      note: `No browser was opened: the emulator's scripted user, ${person.username}, signed in at its login page.`,
    },
    {
      title: 'The same person again, without asking',
      parameterSet: 'NonInteractive',
      parameters: { scope: ['User.Read'] },
      environment: {},
      identity: person.username,
    },
  ];
}

/** The command as a person types it. */
export function commandLine({ parameterSet, parameters }: Flow): string {
  const given = Object.entries(parameters).map(
    ([name, value]) => `-${name[0]?.toUpperCase()}${name.slice(1)} ${String(value)}`,
  );
  return ['Get-AzToken', ...(parameterSet === 'NonInteractive' ? [] : [`-${parameterSet}`]), ...given].join(' ');
}
