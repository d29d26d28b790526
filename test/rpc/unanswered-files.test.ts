import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../src/protocol/az-token.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { ask, confidentialClient, contoso, refusalOf } from '../helpers/flows.ts';

let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipes-'));
  engine = await startEngine();
});
afterEach(async () => {
  engine.process.kill('SIGKILL');
  await engine.exited;
  rmSync(folder, { recursive: true });
});

/** What opens it to read waits for somebody who writes to it. */
function pipe(...path: readonly string[]): string {
  const file = join(folder, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  execFileSync('mkfifo', [file]);
  return file;
}

const certificate = (): Record<string, string> => ({
  AZURE_TENANT_ID: contoso,
  AZURE_CLIENT_ID: confidentialClient.id,
  AZURE_CLIENT_CERTIFICATE_PATH: pipe('certificate.pem'),
});
function visualStudio(): Record<string, string> {
  pipe('.IdentityService', 'AzureServiceAuth', 'tokenprovider.json');
  return { LOCALAPPDATA: folder };
}

describe.skipIf(process.platform === 'win32')('A file that the system does not read to its end', () => {
  it.each([
    ["with the application's certificate", 'Environment', certificate],
    ["with Visual Studio's token providers", 'VisualStudio', visualStudio],
  ] as const)('%s holds neither the request nor the end of the engine', async (_what, source, environment) => {
    const precedence: CredentialSource[] = [source];
    const parameters = { credentialPrecedence: precedence, timeoutSeconds: 1 };
    const refusal = await refusalOf(ask(engine, 'NonInteractive', parameters, { environment: environment() }));
    expect(refusal.data).toEqual({ code: 'Timeout', retryable: true });
    const start = performance.now();
    engine.process.stdin.end();
    expect(await engine.exited).toBe(0);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(engine.lastWords()).toBe('');
  });
});
