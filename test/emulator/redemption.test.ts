import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { graph } from '../../src/emulator/scopes.ts';
import { approveDeviceCode, signInAs } from '../../src/emulator/scripted-person.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  alice,
  authorizeAddress,
  azureCli,
  call,
  changeApplication,
  confidential,
  contoso,
  desktop,
  fabrikam,
  newPkce,
  postToken,
  refusalIn,
} from './client.ts';

const emulator = await emulatorOfFile();

type Form = Readonly<Record<string, string>>;

/** What redeems a code that somebody has just signed in for. */
async function authorizationCodeForm(changes?: Readonly<Record<string, string | undefined>>): Promise<Form> {
  const pkce = newPkce();
  const address = authorizeAddress(emulator, pkce, changes);
  const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
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
    () => authorizationCodeForm(),
    [
      badClaims,
      withSecret,
      [{ client_id: azureCli }, 400, 'invalid_grant', 70000],
      [{ redirect_uri: 'http://localhost:8401' }, 401, 'invalid_client', 500112],
      [{ code_verifier: 'x'.repeat(43) }, 400, 'invalid_grant', 501481],
      [{ scope: 'https://graph.microsoft.com/No.Such' }, 400, 'invalid_scope', 70011],
      [{ scope: '  ' }, 400, 'invalid_scope', 70011],
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
    const { subtle } = globalThis.crypto;
    const sign = subtle.sign.bind(subtle);
    // So long that the last request has come before the first token is there.
    const slowly = vi.spyOn(subtle, 'sign').mockImplementation(async (...given) => {
      await setTimeout(300);
      return sign(...given);
    });
    onTestFinished(() => slowly.mockRestore());
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

describe('a code is refused for what has become of the directory since:', () => {
  test('an application that was confidential is public, and its code has no challenge', async () => {
    const { code_verifier: _, ...form } = await authorizationCodeForm({
      client_id: confidential.id,
      code_challenge: undefined,
      code_challenge_method: undefined,
    });
    changeApplication(emulator, confidential.id, { publicClient: true });
    const answer = await postToken(emulator, { ...form, client_id: confidential.id });

    expect(refusalIn(answer)).toEqual([400, 'invalid_request', 9002325]);
    expect(answer.body['error_description']).toMatch(
      /^AADSTS9002325: Proof Key for Code Exchange is required for cross-origin authorization code redemption\. /,
    );
  });

  test('Microsoft Graph, which OpenID scopes alone are for, is in another tenant only', async () => {
    const form = await authorizationCodeForm({ scope: 'openid' });
    changeApplication(emulator, graph, { tenants: [fabrikam] });
    const answer = await postToken(emulator, form);

    expect(refusalIn(answer)).toEqual([400, 'invalid_resource', 500011]);
    expect(answer.body['error_description']).toContain(
      `AADSTS500011: The resource principal named ${graph} was not found in the tenant named Contoso. `,
    );
  });
});
