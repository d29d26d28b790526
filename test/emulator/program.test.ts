import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  alice,
  authorizeAddress,
  call,
  confidential,
  contoso,
  fabrikam,
  graphDefault,
  newPkce,
  postToken,
} from './client.ts';
import type { Emulator } from '../../src/emulator/server.ts';

const program = fileURLToPath(new URL('../../src/emulator.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emulator-program-'));
const children = new Map<ChildProcessWithoutNullStreams, Promise<number | null>>();

afterEach(async () => {
  for (const [child, exited] of children) {
    child.kill('SIGTERM');
    await exited;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  readonly errors: () => string;
  readonly output: () => string;
}

function run(...options: readonly string[]): Run {
  const child = spawn(process.execPath, [program, ...options]);
  const exited = Promise.withResolvers<number | null>();
  children.set(child, exited.promise);
  child.once('close', (code) => {
    children.delete(child);
    exited.resolve(code);
  });
  let [errors, output] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, exited: exited.promise, errors: () => errors, output: () => output };
}

interface Ready {
  readonly authority: string;
  readonly managedIdentity: string;
  readonly caFile: string;
  readonly processId: number;
}

/** The program's first line, and what a client needs of it. */
async function ready({ child }: Run): Promise<Ready & { client: Emulator }> {
  const line = Promise.withResolvers<string>();
  createInterface(child.stdout).once('line', line.resolve);
  const told = JSON.parse(await line.promise) as Ready;
  return { ...told, client: { ...told, ca: readFileSync(told.caFile, 'utf8') } as unknown as Emulator };
}

const form = {
  grant_type: 'client_credentials',
  client_id: confidential.id,
  client_secret: confidential.secret,
  scope: graphDefault,
};

test('the program says in one line where it is, and serves tokens', async () => {
  const running = run();
  const { authority, managedIdentity, caFile, processId, client } = await ready(running);

  expect(authority).toMatch(/^https:\/\/localhost:\d+$/);
  expect(managedIdentity).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(caFile).toMatch(/ca\.pem$/);
  expect(processId).toBe(running.child.pid);
  expect((await postToken(client, form)).status).toBe(200);
  expect(running.output().trim().split('\n')).toHaveLength(1);
  expect(running.errors()).toBe('');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it and takes its temporary folder away', async (signal) => {
  const running = run();
  const { caFile } = await ready(running);
  running.child.kill(signal);

  expect(await running.exited).toBe(0);
  expect(existsSync(caFile)).toBe(false);
});

test('with --until-stdin-ends the end of standard input ends it, even while a request hangs', async () => {
  const running = run('--until-stdin-ends');
  const { client, authority } = await ready(running);
  await call(client, `${authority}/emulator/scenarios`, {
    text: '{"kind":"hang"}',
    headers: { 'content-type': 'application/json' },
  });
  const hanging = postToken(client, form).catch((error: Error) => error.message);
  await call(client, `${authority}/common/v2.0/.well-known/openid-configuration`);
  running.child.stdin.end();

  expect(await running.exited).toBe(0);
  expect(await hanging).toMatch(/ECONNRESET|socket hang up|ECONNREFUSED/);
});

test('without it the end of standard input changes nothing', async () => {
  const running = run();
  const { client } = await ready(running);
  running.child.stdin.end();

  expect((await postToken(client, form)).status).toBe(200);
});

test('--log writes a line per request to standard error, with the secrets masked', async () => {
  const running = run('--log');
  const { client } = await ready(running);
  const line = Promise.withResolvers<string>();
  createInterface(running.child.stderr).once('line', line.resolve);
  await postToken(client, form);

  expect(await line.promise).toContain(
    `POST /${contoso}/oauth2/v2.0/token 200 client_credentials client ${confidential.id}`,
  );
  expect(running.errors()).not.toContain(confidential.secret);
});

test('--ca-file is where the CA is written, and it stays there', async () => {
  const caFile = join(folder, 'my-ca.pem');
  const running = run('--ca-file', caFile);

  expect((await ready(running)).caFile).toBe(caFile);
  running.child.kill('SIGTERM');
  await running.exited;
  expect(readFileSync(caFile, 'utf8')).toContain('BEGIN CERTIFICATE');
});

test('--directory serves the file instead of the built-in directory', async () => {
  const path = join(folder, 'directory.json');
  const tenant = { id: fabrikam, name: 'Own', domains: ['own.example'] };
  const application = { id: confidential.id, name: 'Own', secrets: [{ value: 'Own-Secret~1' }] };
  writeFileSync(path, JSON.stringify({ tenants: [tenant], applications: [application] }));
  const { client } = await ready(run('--directory', path));

  expect((await postToken(client, { ...form, client_secret: 'Own-Secret~1' }, { tenant: 'own.example' })).status).toBe(
    200,
  );
  expect((await postToken(client, form)).body['error_description']).toContain('AADSTS90002');
});

test('--scripted-user signs in without a page, --token-lifetime sets the lifetime', async () => {
  const { client } = await ready(run('--scripted-user', alice.username, '--token-lifetime', '5'));

  expect((await call(client, authorizeAddress(client, newPkce()))).headers.location).toContain('code=');
  expect((await postToken(client, form)).body['expires_in']).toBe(4);
});

describe('what it is not told rightly ends it with a sentence and code 1:', () => {
  test.each([
    [
      'a directory file that is not there',
      ['--directory', 'nowhere.json'],
      /^entra-token-emulator: The directory file nowhere\.json can't be used: ENOENT/,
    ],
    [
      'a port that is no number',
      ['--port', 'http'],
      /^entra-token-emulator: --port takes a whole number, not 'http'\./,
    ],
    [
      'a scripted user whom the directory does not have',
      ['--scripted-user', 'alise@contoso.onmicrosoft.com'],
      /^entra-token-emulator: The directory has no user 'alise@contoso\.onmicrosoft\.com' for --scripted-user\. It has: alice@contoso\.onmicrosoft\.com, /,
    ],
    [
      'a place for the CA that is not there',
      ['--ca-file', join(folder, 'nowhere', 'ca.pem')],
      /^entra-token-emulator: The CA's certificate can't be written: ENOENT/,
    ],
    ['an unknown option', ['--magic'], /^entra-token-emulator: Unknown option '--magic'/],
  ])('%s', async (_, options, message) => {
    const running = run(...options);

    expect(await running.exited).toBe(1);
    expect(running.errors()).toMatch(message);
    expect(running.output()).toBe('');
  });

  test('a port that is taken', async () => {
    const { authority } = await ready(run());
    const second = run('--port', new URL(authority).port);

    expect(await second.exited).toBe(1);
    expect(second.errors()).toMatch(/^entra-token-emulator: listen EADDRINUSE/);
  });
});

test('--help lists the options', async () => {
  const running = run('--help');

  expect(await running.exited).toBe(0);
  expect(running.output()).toContain('--until-stdin-ends');
});
