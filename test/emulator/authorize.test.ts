import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  alice,
  answered,
  authorizeAddress,
  azureCli,
  call,
  contoso,
  fabrikam,
  frank,
  newPkce,
  unconsented,
} from './client.ts';
import type { Answer } from './client.ts';

const emulator = await emulatorOfFile();

const pkce = newPkce();
type Changes = Readonly<Record<string, string | undefined>>;
const address = (changes?: Changes, tenant?: string): string => authorizeAddress(emulator, pkce, changes, tenant);
const open = (changes?: Changes, tenant?: string): Promise<Answer> => call(emulator, address(changes, tenant));

async function signIn(
  changes?: Changes,
  tenant?: string,
  person = alice as { username: string; password: string },
): Promise<URL> {
  const { location } = await signInAs(address(changes, tenant), person, emulator.ca, { follow: false });
  return new URL(location ?? '');
}

const hiddenField = ({ text }: Answer): string => /name="flow_token" value="([^"]+)"/.exec(text)?.[1] ?? '';

async function submit(page: Answer, fields: Readonly<Record<string, string>>, path = 'login'): Promise<Answer> {
  const form = { flow_token: hiddenField(page), ...fields };
  return call(emulator, `${emulator.authority}/common/${path}`, { form });
}

describe('the login page', () => {
  test('says for which application it is and has labelled fields', async () => {
    const { status, headers, text } = await open();

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('Contoso Desktop');
    expect(text).toMatch(/<label for="username">Username<\/label>\s*<input id="username"/);
    expect(text).toMatch(/<label for="password">Password<\/label>\s*<input id="password"/);
  });

  test('has the login hint filled in', async () => {
    expect((await open({ login_hint: 'a"b@contoso.com' })).text).toContain('value="a&quot;b@contoso.com"');
  });

  test.each([
    ['a wrong password', alice.username, 'wrong', 'AADSTS50126'],
    ['an unknown user', 'nobody@contoso.onmicrosoft.com', 'x', 'AADSTS50034'],
    ['a disabled user', 'disabled@contoso.onmicrosoft.com', 'Disabled-Passw0rd!', 'AADSTS50057'],
    ['a user of another tenant', frank.username, frank.password, 'AADSTS50020'],
  ])('refuses %s and lets the person try again', async (_, username, password, code) => {
    const refused = await submit(await open(), { username, password });

    expect(refused.text).toMatch(new RegExp(`<p class="error" role="alert" id="error">${code}: `));
    expect(refused.text).toContain(`value="${username}"`);
    const accepted = await submit(refused, { ...alice });
    expect(answered(accepted)).toMatchObject({ code: expect.any(String), state: 'state-1' });
  });

  test('sends access_denied to the application when the person cancels', async () => {
    const cancelled = await submit(await open(), { action: 'cancel' });

    expect(cancelled.status).toBe(302);
    expect(answered(cancelled)).toMatchObject({
      error: 'access_denied',
      error_subcode: 'cancel',
      error_description: expect.stringMatching(/^AADSTS65004: /),
      state: 'state-1',
    });
  });

  test('is good for one answer', async () => {
    const page = await open();
    await submit(page, { ...alice });
    const again = await submit(page, { ...alice });

    expect(again.text).toContain('AADSTS90013');
    expect(again.headers.location).toBeUndefined();
  });
});

describe('the answer', () => {
  test('goes to the redirect address with code and state, which any port on localhost may be', async () => {
    const location = await signIn({ redirect_uri: 'http://localhost:8999/' });

    expect(location.origin).toBe('http://localhost:8999');
    expect(location.searchParams.get('state')).toBe('state-1');
    expect(location.searchParams.get('code')).toMatch(/^1\./);
    expect(location.searchParams.has('client_info')).toBe(false);
  });

  test('has client_info when it is asked for, and no state when none was sent', async () => {
    const location = await signIn({ client_info: '1', state: undefined });
    const info = JSON.parse(
      Buffer.from(location.searchParams.get('client_info') ?? '', 'base64url').toString(),
    ) as object;

    expect(info).toEqual({ uid: alice.id, utid: contoso });
    expect(location.searchParams.has('state')).toBe(false);
  });

  test('stands in the fragment for response_mode=fragment', async () => {
    const location = await signIn({ response_mode: 'fragment' });

    expect(location.search).toBe('');
    expect(new URLSearchParams(location.hash.slice(1)).get('state')).toBe('state-1');
  });

  test('is a form that the browser posts for response_mode=form_post', async () => {
    const page = await submit(await open({ response_mode: 'form_post', state: '<"&\'>' }), { ...alice });

    expect(page.status).toBe(200);
    expect(page.text).toContain('<form method="post" action="http://localhost:8400">');
    expect(page.text).toContain('name="state" value="&lt;&quot;&amp;&#39;&gt;"');
    expect(page.text).toMatch(/name="code" value="1\./);
  });

  test('of a sign-in at organizations is for the home tenant of the user', async () => {
    const location = await signIn({ client_id: azureCli, client_info: '1' }, 'organizations', frank);
    const info = Buffer.from(location.searchParams.get('client_info') ?? '', 'base64url').toString();

    expect(info).toContain(fabrikam);
  });
});

describe('a browser that has signed in', () => {
  async function session(): Promise<string> {
    const { headers } = await submit(await open(), { ...alice });
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  test('need not sign in again', async () => {
    const cookie = await session();

    for (const prompt of [undefined, 'none']) {
      const answer = await call(emulator, address({ prompt }), { headers: { cookie } });
      expect(answered(answer)).toMatchObject({ code: expect.any(String) });
    }
  });

  test('is refused with prompt=none what nobody has consented to', async () => {
    const headers = { cookie: await session() };
    const answer = await call(emulator, address({ client_id: unconsented, prompt: 'none' }), { headers });

    expect(answer.status).toBe(302);
    expect(answered(answer)).toMatchObject({
      error: 'consent_required',
      error_description: expect.stringMatching(
        `^AADSTS65001: The user or administrator has not consented to use the application with ID '${unconsented}' named 'Contoso Unconsented'\\.`,
      ),
      state: 'state-1',
    });
  });

  test.each(['login', 'select_account'])('sees the login page for prompt=%s', async (prompt) => {
    const answer = await call(emulator, address({ prompt }), { headers: { cookie: await session() } });

    expect(answer.text).toContain('<h1>Sign in</h1>');
  });

  test('sees the login page for the hint of another user', async () => {
    const answer = await call(emulator, address({ login_hint: frank.username }), {
      headers: { cookie: await session() },
    });

    expect(answer.text).toContain('<h1>Sign in</h1>');
  });
});

describe('consent', () => {
  test('is asked for what nobody has consented to, and remembered', async () => {
    const own = await startEmulator();
    try {
      const changes = { client_id: unconsented };
      const consentPage = await (async () => {
        const page = await call(own, authorizeAddress(own, pkce, changes));
        return call(own, `${own.authority}/common/login`, { form: { flow_token: hiddenField(page), ...alice } });
      })();
      expect(consentPage.text).toContain('<li>Microsoft Graph: User.Read</li>');

      const accepted = await call(own, `${own.authority}/common/consent`, {
        form: { flow_token: hiddenField(consentPage), action: 'accept' },
      });
      expect(answered(accepted)).toMatchObject({ code: expect.any(String) });

      const page = await call(own, authorizeAddress(own, pkce, changes));
      const second = await call(own, `${own.authority}/common/login`, {
        form: { flow_token: hiddenField(page), ...alice },
      });
      expect(answered(second)).toMatchObject({ code: expect.any(String) });
    } finally {
      await own.close();
    }
  });

  test('that is declined is access_denied with AADSTS65004', async () => {
    const consentPage = await submit(await open({ client_id: unconsented }), { ...alice });
    const declined = await submit(consentPage, { action: 'cancel' }, 'consent');

    expect(answered(declined)).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringMatching(/^AADSTS65004: /),
    });
  });

  test('is not given by who has not signed in', async () => {
    const refused = await submit(await open({ client_id: unconsented }), { action: 'accept' }, 'consent');

    expect(refused.status).toBe(400);
    expect(refused.text).toContain('>AADSTS90013: Invalid input received from the user. Sign in first. ');
    expect(emulator.requests.at(-1)).toMatchObject({ error: 'invalid_request', errorCode: 90013 });
  });

  test('is asked again for prompt=consent', async () => {
    expect((await submit(await open({ prompt: 'consent' }), { ...alice })).text).toContain('Permissions requested');
  });
});

describe('without a browser', () => {
  test('the scripted user is signed in at once', async () => {
    const own = await startEmulator();
    own.directory.scriptedUser = alice.username;
    try {
      const answer = await call(own, authorizeAddress(own, pkce, { client_id: unconsented, prompt: 'login' }));

      expect(answered(answer)).toMatchObject({ code: expect.any(String), state: 'state-1' });
      expect(own.requests.at(-1)?.notes).toEqual([`Signed in the scripted user ${alice.username}.`]);
    } finally {
      await own.close();
    }
  });

  test.each<[string, string, string, string]>([
    [
      'is not in the directory',
      'nobody@contoso.onmicrosoft.com',
      'invalid_grant',
      'AADSTS50034: The user account nobody@contoso.onmicrosoft.com does not exist in the emulator directory.',
    ],
    [
      'has no home tenant, at organizations',
      'lost@nowhere.example',
      'invalid_request',
      "AADSTS90002: Tenant 'lost@nowhere.example' not found.",
    ],
  ])('a scripted user is refused who %s', async (_, scriptedUser, error, description) => {
    const lost = { id: randomUUID(), userPrincipalName: 'lost@nowhere.example', displayName: 'Lost' };
    const own = await startEmulator({ directory: { ...defaultDirectory, users: [lost], scriptedUser } });
    try {
      const answer = await call(own, authorizeAddress(own, pkce, { client_id: azureCli }, 'organizations'));

      expect(answer.status).toBe(302);
      expect(answered(answer)).toMatchObject({ error, error_description: expect.stringContaining(description) });
    } finally {
      await own.close();
    }
  });

  test("a scripted person is told the page's refusal", async () => {
    const wrong = { ...alice, password: 'wrong' };

    await expect(signInAs(address(), wrong, emulator.ca)).rejects.toThrow(/^AADSTS50126: /);
    await expect(
      approveDeviceCode(`${emulator.authority}/devicelogin`, 'NOSUCHCODE', alice, emulator.ca),
    ).rejects.toThrow("That code didn't work.");
  });
});

test('the request may be posted as well', async () => {
  const { search, origin, pathname } = new URL(address());
  const form = Object.fromEntries(new URLSearchParams(search));

  expect((await call(emulator, `${origin}${pathname}`, { form })).text).toContain('Contoso Desktop');
  expect((await call(emulator, address(), { method: 'DELETE' })).text).toContain('AADSTS900561');
});

test('no page may be framed or run a script that is not its own', async () => {
  const policy = (await open()).headers['content-security-policy'];

  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toMatch(/script-src 'nonce-/);
});

test('a page that another application would forge has no effect', async () => {
  const forged = await call(emulator, `${emulator.authority}/common/consent`, {
    form: { flow_token: 'x', action: 'accept' },
  });

  expect(forged.text).toContain('AADSTS90013');
});
