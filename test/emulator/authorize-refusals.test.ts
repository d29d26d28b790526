import { describe, expect, test } from 'vitest';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  alice,
  answered,
  authorizeAddress,
  call,
  confidential,
  contoso,
  desktop,
  fabrikam,
  newPkce,
} from './client.ts';
import type { Answer } from './client.ts';

const emulator = await emulatorOfFile();

const pkce = newPkce();
type Changes = Readonly<Record<string, string | undefined>>;
const address = (changes?: Changes, tenant?: string): string => authorizeAddress(emulator, pkce, changes, tenant);
const open = (changes?: Changes, tenant?: string): Promise<Answer> => call(emulator, address(changes, tenant));

describe('what can only be shown to the person:', () => {
  test.each<[string, Changes, string | undefined, string]>([
    ['an unknown tenant', {}, 'nobody.example', 'AADSTS90002'],
    ['an unknown application', { client_id: fabrikam }, contoso, 'AADSTS700016'],
    ['an application that the tenant has not got', {}, fabrikam, 'AADSTS700016'],
    ['an application of one tenant at common', {}, 'common', 'AADSTS50194'],
    ['no client_id', { client_id: undefined }, contoso, 'AADSTS900144'],
    ['no redirect address', { redirect_uri: undefined }, contoso, 'AADSTS900971'],
    ['another redirect address', { redirect_uri: 'https://evil.example/' }, contoso, 'AADSTS50011'],
    ['another path on localhost', { redirect_uri: 'http://localhost:8400/other' }, contoso, 'AADSTS50011'],
    ['https instead of http', { redirect_uri: 'https://localhost:8400' }, contoso, 'AADSTS50011'],
    ['127.0.0.1 instead of localhost', { redirect_uri: 'http://127.0.0.1:8400' }, contoso, 'AADSTS50011'],
    [
      'a port on a host other than localhost',
      { client_id: confidential.id, redirect_uri: 'https://confidential.contoso.com:8443/signin' },
      contoso,
      'AADSTS50011',
    ],
    ['a name before the host', { redirect_uri: 'http://localhost@evil.example/' }, contoso, 'AADSTS50011'],
    ['a name before localhost', { redirect_uri: 'http://me@localhost:8400' }, contoso, 'AADSTS50011'],
    ['a fragment', { redirect_uri: 'http://localhost:8400#part' }, contoso, 'AADSTS50011'],
  ])('%s', async (_, changes, tenant, code) => {
    const answer = await open(changes, tenant);

    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.text).toMatch(new RegExp(`role="alert"[^>]*>${code}: `));
  });
});

test.each([
  ['https://localhost/signed-in', 'https://localhost:8443/signed-in'],
  ['http://app.example/signed-in', 'http://app.example:8080/signed-in'],
])('another port than that of %s is refused, for it is not plain localhost', async (registered, redirectUri) => {
  const own = await startEmulator();
  try {
    own.directory.applications.find(({ id }) => id === confidential.id)?.redirectUris?.push(registered);
    const ask = (redirect_uri: string) =>
      call(own, authorizeAddress(own, pkce, { client_id: confidential.id, redirect_uri }));

    expect((await ask(redirectUri)).text).toContain('AADSTS50011');
    expect((await ask(registered)).text).toContain('<h1>Sign in</h1>');
  } finally {
    await own.close();
  }
});

test('a parameter that is there twice is shown to the person, with AADSTS9000411', async () => {
  const answer = await call(emulator, `${address()}&prompt=login&prompt=consent`);

  expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
  expect(answer.text).toMatch(/role="alert"[^>]*>AADSTS9000411: .*prompt/);
});

test('127.0.0.1 may have any port where it is registered, as localhost may', async () => {
  const own = await startEmulator();
  try {
    own.directory.applications.find(({ id }) => id === desktop)?.redirectUris?.push('http://127.0.0.1/signed-in');
    const ask = (redirect_uri: string) => call(own, authorizeAddress(own, pkce, { redirect_uri }));

    expect((await ask('http://127.0.0.1:8400/signed-in')).text).toContain('<h1>Sign in</h1>');
    expect((await ask('http://127.0.0.1:8400/elsewhere')).text).toContain('AADSTS50011');
  } finally {
    await own.close();
  }
});

describe('what the application is told:', () => {
  test.each<[string, Changes, string, string]>([
    ['no response_type', { response_type: undefined }, 'invalid_request', 'AADSTS900144'],
    ['an implicit response_type', { response_type: 'id_token' }, 'unsupported_response_type', 'AADSTS700054'],
    ['an unknown response_type', { response_type: 'magic' }, 'unsupported_response_type', 'AADSTS70005'],
    ['an unknown response_mode', { response_mode: 'magic' }, 'unsupported_response_mode', 'AADSTS70007'],
    ['no scope', { scope: undefined }, 'invalid_request', 'AADSTS900144'],
    [
      'a scope that the resource has not got',
      { scope: 'https://graph.microsoft.com/No.Such' },
      'invalid_client',
      'AADSTS650053',
    ],
    ['an unknown resource', { scope: 'https://nowhere.example/.default' }, 'invalid_resource', 'AADSTS500011'],
    [
      '.default beside another scope',
      { scope: 'https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read' },
      'invalid_scope',
      'AADSTS70011',
    ],
    ['a scope of spaces', { scope: ' ' }, 'invalid_scope', 'AADSTS70011'],
    ['a resource without a scope', { scope: 'https://graph.microsoft.com' }, 'invalid_scope', 'AADSTS70011'],
    [
      'a public client without PKCE',
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
      'AADSTS9002325',
    ],
    ['a challenge that is too short', { code_challenge: 'x'.repeat(42) }, 'invalid_request', 'AADSTS501491'],
    ['a challenge that is too long', { code_challenge: 'x'.repeat(129) }, 'invalid_request', 'AADSTS501491'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request', 'AADSTS90023'],
    [
      'a challenge without its method, which is plain',
      { code_challenge_method: undefined },
      'invalid_request',
      'AADSTS90023',
    ],
    ['an unknown prompt', { prompt: 'magic' }, 'invalid_request', 'AADSTS90023'],
    ['prompt=none with nobody signed in', { prompt: 'none' }, 'login_required', 'AADSTS50058'],
    ['claims that are no JSON', { claims: '{' }, 'invalid_request', 'AADSTS90023'],
  ])('%s', async (_, changes, error, code) => {
    const answer = await open(changes);

    expect(answer.status).toBe(302);
    expect(answered(answer)).toMatchObject({
      error,
      state: 'state-1',
      error_description: expect.stringMatching(`^${code}: `),
    });
  });

  test('a confidential client may do without PKCE', async () => {
    const changes = { client_id: confidential.id, code_challenge: undefined, code_challenge_method: undefined };
    const { location } = await signInAs(address(changes), alice, emulator.ca, { follow: false });

    expect(new URL(location ?? '').searchParams.get('code')).toMatch(/^1\./);
  });
});
