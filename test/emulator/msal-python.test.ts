import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSelfSignedCertificate } from '../../src/emulator/certificates.ts';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { alice, certificateApp, confidential, contoso, desktop, graphDefault } from './client.ts';

const python = '/usr/bin/python3';
const probe = spawnSync(python, ['-c', 'import msal; print(msal.__version__)'], { encoding: 'utf8' });
const reason = probe.status === 0 ? '' : ` (skipped: ${python} can't import msal, Debian's package python3-msal)`;

type Outcome = Record<string, unknown>;
type Results = Record<string, Outcome> & { username: string };

/** The script's conversation: sign-in, device code, results. */
async function converse(emulator: Emulator, question: object): Promise<Results> {
  const script = fileURLToPath(new URL('msal_python.py', import.meta.url));
  // What the script says about itself goes to the test's own standard error
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // It wins over MSAL's own `verify`, so a developer's setting must not
    env: { ...process.env, REQUESTS_CA_BUNDLE: emulator.caFile },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const say = (line: object): void => void child.stdin.write(`${JSON.stringify(line)}\n`);
  const hear = async (): Promise<Record<string, string>> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The script ended without a result.');
    return JSON.parse(value) as Record<string, string>;
  };
  try {
    say(question);
    const { authorizeUrl = '' } = await hear();
    const { location } = await signInAs(authorizeUrl, alice, emulator.ca, { follow: false });
    say(Object.fromEntries(new URL(location ?? '').searchParams));
    const { verificationUri = '', userCode = '' } = await hear();
    await approveDeviceCode(verificationUri, userCode, alice, emulator.ca);
    say({});
    return (await hear()) as unknown as Results;
  } finally {
    child.kill();
  }
}

describe.skipIf(reason !== '')(`MSAL for Python${reason}`, () => {
  let emulator: Emulator;
  let results: Results;

  beforeAll(async () => {
    emulator = await startEmulator({ deviceCodeIntervalSeconds: 1 });
    const { certificate, privateKey } = createSelfSignedCertificate('python');
    emulator.directory.applications.find(({ id }) => id === certificateApp)?.certificates?.push(certificate);
    results = await converse(emulator, {
      authority: `${emulator.authority}/${contoso}`,
      caFile: emulator.caFile,
      scope: graphDefault,
      confidential,
      certificate: {
        id: certificateApp,
        privateKey,
        publicCertificate: certificate,
        thumbprint: new X509Certificate(certificate).fingerprint.replaceAll(':', ''),
      },
      public: desktop,
    });
  });
  afterAll(() => emulator.close());

  const claims = (name: string) => decodeJwt(String(results[name]?.['access_token']));

  test('gets an application token with a secret', () => {
    expect(results['secret']).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    expect(claims('secret')).toMatchObject({ appid: confidential.id });
  });

  test('reads the refusal of a wrong secret', () => {
    expect(results['wrongSecret']).toMatchObject({ error: 'invalid_client', error_codes: [7000215] });
  });

  test('gets an application token with a certificate, by its SHA-1 thumbprint', () => {
    expect(results['certificate']).toMatchObject({ token_type: 'Bearer' });
    expect(claims('certificate')).toMatchObject({ appid: certificateApp, appidacr: '2' });
  });

  test('signs a user in by code with PKCE, state and nonce', () => {
    expect(results['code']).toMatchObject({ id_token_claims: { preferred_username: alice.username, tid: contoso } });
    expect(results.username).toBe(alice.username);
  });

  test('refreshes, for the same and for another resource', () => {
    expect(claims('refreshed')).toMatchObject({ upn: alice.username });
    expect(results['refreshed']?.['access_token']).not.toBe(results['code']?.['access_token']);
    expect(claims('otherResource')).toMatchObject({ aud: 'https://management.azure.com' });
  });

  test('is told that consent is missing', () => {
    expect(results['noConsent']).toMatchObject({ error: 'invalid_grant', suberror: 'consent_required' });
  });

  test('waits for a device code', () => {
    expect(results['pending']).toMatchObject({ error: 'authorization_pending' });
    expect(claims('device')).toMatchObject({ upn: alice.username });
  });
});
