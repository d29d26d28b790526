import { describe, expect, test } from 'vitest';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { alice, authorizeAddress, azureCli, call, contoso, desktop, newPkce, postToken, refusalIn } from './client.ts';

const emulator = await emulatorOfFile();

type Form = Readonly<Record<string, string>>;

/** What redeems a code that somebody has just signed in for. */
async function authorizationCodeForm(): Promise<Form> {
  const pkce = newPkce();
  const { location } = await signInAs(authorizeAddress(emulator, pkce), alice, emulator.ca, { follow: false });
  return {
    grant_type: 'authorization_code',
    client_id: desktop,
    code: new URL(location ?? '').searchParams.get('code') ?? '',
    redirect_uri: 'http://localhost:8400',
    code_verifier: pkce.verifier,
  };
}

/** What redeems a device code that somebody has just approved. */
async function deviceCodeForm(): Promise<Form> {
  const { body } = await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/devicecode`, {
    form: { client_id: desktop, scope: 'https://graph.microsoft.com/User.Read openid offline_access' },
  });
  await approveDeviceCode(String(body['verification_uri']), String(body['user_code']), alice, emulator.ca);
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: desktop,
    device_code: String(body['device_code']),
  };
}

type Refusal = readonly [changes: Form, status: number, error: string, code: number];

const badClaims: Refusal = [{ claims: '{' }, 400, 'invalid_request', 90023];
const withSecret: Refusal = [{ client_secret: 'x' }, 401, 'invalid_client', 700025];

describe.each<[string, () => Promise<Form>, readonly Refusal[]]>([
  [
    'an authorization code',
    authorizationCodeForm,
    [
      badClaims,
      withSecret,
      [{ client_id: azureCli }, 400, 'invalid_grant', 70000],
      [{ redirect_uri: 'http://localhost:8401' }, 401, 'invalid_client', 500112],
      [{ code_verifier: 'x'.repeat(43) }, 400, 'invalid_grant', 501481],
      [{ scope: 'https://graph.microsoft.com/No.Such' }, 400, 'invalid_scope', 70011],
      [{ scope: 'https://graph.microsoft.com/Mail.Read' }, 400, 'invalid_grant', 65001],
    ],
  ],
  [
    'a device code',
    deviceCodeForm,
    [badClaims, withSecret, [{ client_id: azureCli }, 400, 'bad_verification_code', 70018]],
  ],
])('%s', (_, newForm, refusals) => {
  test('that is redeemed ten times at once gives its tokens once', async () => {
    const form = await newForm();
    const answers = await Promise.all(Array.from({ length: 10 }, () => postToken(emulator, form)));
    const refused = answers.filter(({ status }) => status !== 200);

    expect(refused).toHaveLength(9);
    for (const answer of refused) {
      expect(refusalIn(answer)).toEqual([400, 'invalid_grant', 54005]);
      expect(answer.body['error_description']).toMatch(
        /^AADSTS54005: OAuth2 Authorization code was already redeemed, /,
      );
    }
  });

  test('is not used up by what is refused, before it or at once with it', async () => {
    const form = await newForm();
    const ask = (changes: Form = {}) => postToken(emulator, { ...form, ...changes });
    const askWrongly = () => Promise.all(refusals.map(async ([changes]) => refusalIn(await ask(changes))));
    const expected = refusals.map(([, ...refusal]) => refusal);

    expect(await askWrongly()).toEqual(expected);
    const [, redeemed] = await Promise.all([askWrongly(), ask()]);
    expect(redeemed.status).toBe(200);
  });
});
