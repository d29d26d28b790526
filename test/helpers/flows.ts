import type { startEmulator } from '../../src/emulator/server.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import type { AzTokenParameters, AzTokenParameterSet, AzTokenResult } from '../../src/protocol/az-token.ts';
import { getAzToken } from '../../src/protocol/az-token.ts';
import type { TokenErrorData } from '../../src/protocol/errors.ts';
import type { Engine } from './engine.ts';

export type Emulator = Awaited<ReturnType<typeof startEmulator>>;

/** Ids of the emulator's default directory. */
export const contoso = '11111111-1111-4111-8111-111111111111';
export const confidentialClient = {
  id: 'c0f1de00-0000-4000-8000-000000000001',
  secret: 'Confidential-Secret~1',
  expiredSecret: 'Expired-Secret~1',
} as const;
export const alice = { username: 'alice@contoso.onmicrosoft.com', password: 'Alice-Passw0rd!' } as const;

/** What a session's environment needs so that its requests go to the emulator. */
export function towards(emulator: Emulator): Environment {
  return {
    AZURE_AUTHORITY_HOST: emulator.authority,
    NODE_EXTRA_CA_CERTS: emulator.caFile,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: emulator.managedIdentity,
  };
}

/** The environment of a session that has an application's secret. */
export function withSecret(emulator: Emulator, secret: string = confidentialClient.secret): Environment {
  return {
    ...towards(emulator),
    AZURE_TENANT_ID: contoso,
    AZURE_CLIENT_ID: confidentialClient.id,
    AZURE_CLIENT_SECRET: secret,
  };
}

export interface Asked {
  readonly environment?: Environment;
  readonly logLevel?: 'warning' | 'verbose' | 'debug';
  readonly noBrowser?: string;
}

export function ask(
  engine: Engine,
  parameterSet: AzTokenParameterSet,
  parameters: AzTokenParameters = {},
  { environment, logLevel, noBrowser }: Asked = {},
): Promise<AzTokenResult> {
  return engine.connection.sendRequest(getAzToken, {
    parameterSet,
    parameters,
    ...(environment ? { environment: { PATH: process.env['PATH'] ?? '', ...environment } } : {}),
    ...(logLevel ? { logLevel } : {}),
    ...(noBrowser ? { noBrowser } : {}),
  });
}

/** A refusal as the client sees it. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data: TokenErrorData;
}

/** The error of a request that must fail. */
export async function refusalOf(request: Promise<unknown>): Promise<Refusal> {
  return request.then(
    (result) => {
      throw new Error(`The request succeeded: ${JSON.stringify(result).slice(0, 80)}`);
    },
    ({ code, message, data }: Refusal) => ({ code, message, data }),
  );
}

/** How many token requests the emulator has served since its log was cleared. */
export function tokenRequests(emulator: Emulator): number {
  return emulator.requests.filter((request) => request.method === 'POST' && request.path.endsWith('/token')).length;
}
