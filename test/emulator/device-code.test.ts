import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveDeviceCode } from '../../src/emulator/scripted-person.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import {
  alice,
  azureCli,
  call,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  desktop,
  fabrikam,
  postToken,
  refusalIn,
  startWithClock,
} from './client.ts';
import type { Answer, Clock } from './client.ts';

let emulator: Emulator;
let clock: Clock;
beforeEach(async () => void ({ emulator, clock } = await startWithClock()));
afterEach(() => emulator.close());

const ask = (form: Record<string, string> = {}, tenant = contoso): Promise<Answer> =>
  call(emulator, `${emulator.authority}/${tenant}/oauth2/v2.0/devicecode`, {
    form: { client_id: desktop, scope: 'https://graph.microsoft.com/User.Read openid offline_access', ...form },
  });

const poll = ({ body }: Answer, client = desktop): Promise<Answer> =>
  postToken(emulator, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: client,
    device_code: String(body['device_code']),
  });

const approve = ({ body }: Answer) =>
  approveDeviceCode(String(body['verification_uri']), String(body['user_code']), alice, emulator.ca);

/** The pages as a browser sees them. */
async function typeCode(userCode: string): Promise<Answer> {
  return call(emulator, `${emulator.authority}/devicelogin`, { form: { otc: userCode } });
}
const submitLogin = (page: Answer, fields: Record<string, string>): Promise<Answer> =>
  call(emulator, `${emulator.authority}/common/login`, {
    form: { flow_token: /name="flow_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '', ...fields },
  });

test('a device is given a code, an address and a message for the person', async () => {
  const { status, body } = await ask();

  expect(status).toBe(200);
  expect(body).toEqual({
    user_code: expect.stringMatching(/^[A-Z0-9]{9}$/),
    device_code: expect.any(String),
    verification_uri: `${emulator.authority}/devicelogin`,
    expires_in: 900,
    interval: 5,
    message: `To sign in, use a web browser to open the page ${emulator.authority}/devicelogin and enter the code ${String(body['user_code'])} to authenticate.`,
  });
});

test('the device waits with authorization_pending until the person has signed in, then has the tokens', async () => {
  const device = await ask();
  const waiting = await poll(device);
  const page = await approve(device);
  const answer = await poll(device);

  expect([waiting.status, waiting.body['error'], codeOf(waiting)]).toEqual([400, 'authorization_pending', 70016]);
  expect(page.page).toContain('You have signed in to the Contoso Desktop application on your device.');
  expect(answer.body).toMatchObject({ refresh_token: expect.any(String), id_token: expect.any(String) });
  expect(claimsOf(answer)).toMatchObject({ upn: alice.username, appid: desktop, tid: contoso });
});

test('polling faster than the interval is slow_down, which makes the interval longer by 5 s', async () => {
  const device = await ask();
  await poll(device);
  clock.forward(1);
  const fast = await poll(device);
  clock.forward(5);
  const stillFast = await poll(device);
  clock.forward(15);

  expect(fast.body['error']).toBe('slow_down');
  expect(stillFast.body['error']).toBe('slow_down');
  expect((await poll(device)).body['error']).toBe('authorization_pending');
});

test('polling in the interval is never slow_down', async () => {
  const device = await ask();
  const errors: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    errors.push((await poll(device)).body['error']);
    clock.forward(5);
  }

  expect(errors).toEqual(Array(3).fill('authorization_pending'));
});

test('a code that has expired is expired_token, and the page says so', async () => {
  const device = await ask();
  clock.forward(901);
  const answer = await poll(device);

  expect([answer.body['error'], codeOf(answer)]).toEqual(['expired_token', 70020]);
  expect((await typeCode(String(device.body['user_code']))).text).toContain('That code has expired.');
});

test.each([
  ['signs in', { ...alice }],
  ['cancels', { action: 'cancel' }],
])('a code that expires while its page is open is told of on the page when the person %s', async (_what, fields) => {
  const device = await ask();
  const page = await typeCode(String(device.body['user_code']));
  clock.forward(901);
  const late = await submitLogin(page, fields);

  expect(late.text).toContain('That code has expired. Start again on your device.');
  expect(refusalIn(await poll(device))).toEqual([400, 'expired_token', 70020]);
});

test('a person who cancels declines the device', async () => {
  const device = await ask();
  const page = await submitLogin(await typeCode(String(device.body['user_code'])), { action: 'cancel' });
  const answer = await poll(device);

  expect(page.text).toContain('You have not signed in on your device.');
  expect([answer.body['error'], codeOf(answer)]).toEqual(['authorization_declined', 65004]);
});

test('a code is good once, for the device and for the person', async () => {
  const device = await ask();
  await approve(device);
  await poll(device);

  expect(codeOf(await poll(device))).toBe(54005);
  expect((await typeCode(String(device.body['user_code']))).text).toContain('That code didn&#39;t work.');
});

describe('of two pages with one code, what is done on the second has no effect:', () => {
  const pagesFor = async (): Promise<{ device: Answer; first: Answer; second: Answer }> => {
    const device = await ask();
    const page = (): Promise<Answer> => typeCode(String(device.body['user_code']));
    return { device, first: await page(), second: await page() };
  };

  test('a sign-in once the device has its tokens', async () => {
    const { device, first, second } = await pagesFor();
    await submitLogin(first, { ...alice });
    const redeemed = await poll(device);
    const late = await submitLogin(second, { ...alice });

    expect(redeemed.status).toBe(200);
    expect(late.text).toContain('That code didn&#39;t work.');
    expect(refusalIn(await poll(device))).toEqual([400, 'invalid_grant', 54005]);
  });

  test('a cancellation after a sign-in', async () => {
    const { device, first, second } = await pagesFor();
    await submitLogin(first, { ...alice });
    const late = await submitLogin(second, { action: 'cancel' });

    expect(late.text).toContain('That code didn&#39;t work.');
    expect((await poll(device)).status).toBe(200);
  });

  test('a sign-in after a cancellation', async () => {
    const { device, first, second } = await pagesFor();
    await submitLogin(first, { action: 'cancel' });
    const late = await submitLogin(second, { ...alice });

    expect(late.text).toContain('That code didn&#39;t work.');
    expect(refusalIn(await poll(device))).toEqual([400, 'authorization_declined', 65004]);
  });
});

test('the page takes the code in any case and with spaces around it, and from the address', async () => {
  const { body } = await ask();
  const userCode = String(body['user_code']);

  expect((await typeCode(` ${userCode.toLowerCase()} `)).text).toContain('Contoso Desktop');
  const page = await call(emulator, `${emulator.authority}/devicelogin?otc=${userCode}`);
  expect(page.text).toContain(`value="${userCode}"`);
});

test('the page refuses a wrong password and lets the person try again', async () => {
  const device = await ask();
  const refused = await submitLogin(await typeCode(String(device.body['user_code'])), { ...alice, password: 'wrong' });
  expect(refused.text).toContain('AADSTS50126');
  await submitLogin(refused, { ...alice });

  expect((await poll(device)).status).toBe(200);
});

describe('what Entra refuses, the emulator refuses:', () => {
  test.each<[string, Record<string, string>, string, number]>([
    ['an unknown application', { client_id: fabrikam }, contoso, 700016],
    ['no application', { client_id: '' }, contoso, 900144],
    ['no scope', { scope: '' }, contoso, 900144],
    ['a scope of spaces', { scope: '  ' }, contoso, 70011],
    ['an unknown scope', { scope: 'https://graph.microsoft.com/No.Such' }, contoso, 70011],
    ['an unknown tenant', {}, 'nobody.example', 90002],
    ['an application of one tenant at common', {}, 'common', 50194],
  ])('%s', async (_, form, tenant, code) => {
    expect(codeOf(await ask(form, tenant))).toBe(code);
  });

  test('a scope that is there twice', async () => {
    const answer = await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/devicecode`, {
      text: `client_id=${desktop}&scope=openid&scope=openid`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    expect(refusalIn(answer)).toEqual([400, 'invalid_request', 9000411]);
  });

  test('a GET', async () => {
    expect(codeOf(await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/devicecode`))).toBe(900561);
  });

  test('a device code that it did not give, or gave to another client', async () => {
    const device = await ask();
    const foreign = await poll(device, azureCli);
    const unknown = await poll({ ...device, body: { device_code: 'unknown' } });
    const missing = await poll({ ...device, body: { device_code: '' } });

    for (const answer of [foreign, unknown]) {
      expect(refusalIn(answer)).toEqual([400, 'bad_verification_code', 70018]);
      expect(answer.body['error_description']).toMatch(
        /^AADSTS70018: Invalid verification code\. The device code or user code was not recognized\. /,
      );
    }
    expect(refusalIn(missing)).toEqual([400, 'invalid_request', 900144]);
    expect(missing.body['error_description']).toContain("the following parameter: 'device_code'.");
  });

  test('a confidential client that does not show its secret', async () => {
    const device = await ask({ client_id: confidential.id });

    expect(codeOf(await poll(device, confidential.id))).toBe(7000218);
  });
});

test('lifetime and interval are settable', async () => {
  const own = await startWithClock({ deviceCodeLifetimeSeconds: 2, deviceCodeIntervalSeconds: 1 });
  try {
    const { body } = await call(own.emulator, `${own.emulator.authority}/${contoso}/oauth2/v2.0/devicecode`, {
      form: { client_id: desktop, scope: 'openid' },
    });

    expect(body).toMatchObject({ expires_in: 2, interval: 1 });
  } finally {
    await own.emulator.close();
  }
});
