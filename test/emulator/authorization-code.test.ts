import { describe, expect, test } from 'vitest';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  alice,
  authorizeAddress,
  azureCli,
  claimsOf,
  Clock,
  codeOf,
  confidential,
  contoso,
  desktop,
  fabrikam,
  frank,
  newPkce,
  orders,
  postToken,
  unconsented,
} from './client.ts';
import type { Answer } from './client.ts';

const clock = new Clock();
const emulator = await emulatorOfFile({ now: clock.read });

type Changes = Readonly<Record<string, string | undefined>>;
interface Flow {
  readonly authorize?: Changes;
  readonly redeem?: Changes;
  readonly tenant?: string;
  readonly redeemTenant?: string;
  readonly person?: { readonly username: string; readonly password: string };
  /** What happens between the two requests. */
  readonly between?: () => void;
}

/** Signs in and redeems the code. */
async function codeFlow({
  authorize,
  redeem,
  tenant = contoso,
  redeemTenant = tenant,
  person = alice,
  between,
}: Flow = {}): Promise<Answer & { form: Record<string, string> }> {
  const pkce = newPkce();
  const address = authorizeAddress(emulator, pkce, authorize, tenant);
  const { location } = await signInAs(address, person, emulator.ca, { follow: false });
  between?.();
  const form = withChanges(
    {
      grant_type: 'authorization_code',
      client_id: desktop,
      code: new URL(location ?? '').searchParams.get('code') ?? '',
      redirect_uri: 'http://localhost:8400',
      code_verifier: pkce.verifier,
      client_info: '1',
    },
    redeem,
  );
  return { form, ...(await postToken(emulator, form, { tenant: redeemTenant })) };
}

function withChanges(form: Record<string, string>, changes: Changes = {}): Record<string, string> {
  const entries: [string, string | undefined][] = Object.entries({ ...form, ...changes });
  return Object.fromEntries(entries.filter((each): each is [string, string] => each[1] !== undefined));
}

async function refresh(answer: Answer, changes?: Changes, tenant = contoso): Promise<Answer> {
  const form = { grant_type: 'refresh_token', client_id: desktop, refresh_token: String(answer.body['refresh_token']) };
  return postToken(emulator, withChanges(form, changes), { tenant });
}

describe('a code is redeemed', () => {
  test('for the tokens of the user who signed in', async () => {
    const answer = await codeFlow();

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3599,
      scope: expect.stringContaining('https://graph.microsoft.com/User.Read'),
      refresh_token: expect.stringMatching(/^1\./),
      client_info: Buffer.from(JSON.stringify({ uid: alice.id, utid: contoso })).toString('base64url'),
    });
    expect(claimsOf(answer)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: desktop,
      appidacr: '0',
      idtyp: 'user',
      oid: alice.id,
      tid: contoso,
      upn: alice.username,
      name: 'Alice Adams',
      ver: '1.0',
    });
    expect(String(claimsOf(answer)['scp']).split(' ')).toEqual(
      expect.arrayContaining(['openid', 'profile', 'User.Read']),
    );
  });

  test('for an id token with the nonce of the request', async () => {
    expect(claimsOf(await codeFlow({ authorize: { scope: 'openid profile email' } }), 'id_token')).toMatchObject({
      aud: desktop,
      iss: `${emulator.authority}/${contoso}/v2.0`,
      nonce: 'nonce-1',
      oid: alice.id,
      preferred_username: alice.username,
      email: 'alice@contoso.com',
      tid: contoso,
      ver: '2.0',
    });
  });

  test('for what was asked for: no refresh token without offline_access, no id token without openid', async () => {
    const { body } = await codeFlow({
      authorize: { scope: 'https://graph.microsoft.com/User.Read' },
      redeem: { client_info: undefined },
    });

    expect(Object.keys(body).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'ext_expires_in',
      'scope',
      'token_type',
    ]);
  });

  test('for all that is granted when .default is asked for', async () => {
    const answer = await codeFlow({ authorize: { scope: 'https://graph.microsoft.com/.default' } });

    expect(claimsOf(answer)['scp']).toBe('LearningContent.Read.All User.Read');
    expect(String(answer.body['scope']).split(' ')).toContain('https://graph.microsoft.com/.default');
  });

  test('for a version 2.0 token where the resource wants it', async () => {
    const claims = claimsOf(await codeFlow({ authorize: { scope: 'api://contoso-orders/Orders.Read' } }));

    expect(claims).toMatchObject({
      aud: orders,
      azp: desktop,
      scp: 'Orders.Read',
      preferred_username: alice.username,
      ver: '2.0',
    });
    expect(claims).not.toHaveProperty('upn');
  });

  test('for one of several resources, when the request names it', async () => {
    const scope = 'https://graph.microsoft.com/User.Read https://management.azure.com/user_impersonation';
    const answer = await codeFlow({ authorize: { scope }, redeem: { scope: 'https://management.azure.com/.default' } });

    expect(claimsOf(answer)).toMatchObject({ aud: 'https://management.azure.com', scp: 'user_impersonation' });
  });

  test('for the scopes of the sign-in where the scope is empty, which is as good as none', async () => {
    const answer = await codeFlow({
      authorize: { scope: 'api://contoso-orders/Orders.Read offline_access' },
      redeem: { scope: '' },
    });

    for (const { body } of [answer, await refresh(answer, { scope: '' })]) {
      expect(body['scope']).toBe('api://contoso-orders/Orders.Read');
    }
  });

  test('at organizations for the home tenant of the user', async () => {
    const flow = { authorize: { client_id: azureCli }, redeem: { client_id: azureCli }, person: frank };

    expect(claimsOf(await codeFlow({ ...flow, tenant: 'organizations' }))['tid']).toBe(fabrikam);
  });

  test('by a confidential client with its secret', async () => {
    const answer = await codeFlow({
      authorize: { client_id: confidential.id, code_challenge: undefined, code_challenge_method: undefined },
      redeem: { client_id: confidential.id, client_secret: confidential.secret, code_verifier: undefined },
    });

    expect(claimsOf(answer)).toMatchObject({ appid: confidential.id, appidacr: '1', upn: alice.username });
  });
});

describe('what Entra refuses at the redemption, the emulator refuses:', () => {
  const asConfidential = { client_id: confidential.id, client_secret: confidential.secret };

  test.each<[string, Flow, string, number]>([
    ['another code verifier', { redeem: { code_verifier: 'x'.repeat(43) } }, 'invalid_grant', 501481],
    ['no code verifier', { redeem: { code_verifier: undefined } }, 'invalid_grant', 501481],
    [
      'a verifier without a challenge before',
      {
        authorize: { client_id: confidential.id, code_challenge: undefined, code_challenge_method: undefined },
        redeem: asConfidential,
      },
      'invalid_grant',
      501481,
    ],
    ['another redirect address', { redeem: { redirect_uri: 'http://localhost:8401' } }, 'invalid_client', 500112],
    ['no redirect address', { redeem: { redirect_uri: undefined } }, 'invalid_request', 900144],
    ['no code', { redeem: { code: undefined } }, 'invalid_request', 900144],
    ['an unknown code', { redeem: { code: '1.unknown' } }, 'invalid_grant', 70000],
    ['the code of another client', { redeem: { client_id: azureCli } }, 'invalid_grant', 70000],
    [
      'a code of another tenant',
      { authorize: { client_id: azureCli }, redeem: { client_id: azureCli }, redeemTenant: fabrikam },
      'invalid_grant',
      700005,
    ],
    ['a secret of a public client', { redeem: { client_secret: 'x' } }, 'invalid_client', 700025],
    [
      'a confidential client without its secret',
      { authorize: { client_id: confidential.id }, redeem: { client_id: confidential.id } },
      'invalid_client',
      7000218,
    ],
    ['a code that has expired', { between: () => clock.forward(601) }, 'invalid_grant', 70008],
    [
      'a scope that the resource has not got',
      { redeem: { scope: 'https://graph.microsoft.com/No.Such' } },
      'invalid_scope',
      70011,
    ],
    [
      'a scope that nobody has consented to',
      { redeem: { scope: 'https://graph.microsoft.com/Mail.Read' } },
      'invalid_grant',
      65001,
    ],
    [
      'two resources at once',
      { redeem: { scope: 'https://graph.microsoft.com/User.Read https://management.azure.com/.default' } },
      'invalid_scope',
      28000,
    ],
  ])('%s', async (_, flow, error, code) => {
    const answer = await codeFlow(flow);

    expect([answer.body['error'], codeOf(answer)]).toEqual([error, code]);
  });

  test('a code that was redeemed', async () => {
    const { form } = await codeFlow();
    const again = await postToken(emulator, form);

    expect([again.body['error'], codeOf(again)]).toEqual(['invalid_grant', 54005]);
  });

  test('missing consent with the suberror that clients look for', async () => {
    const { body } = await codeFlow({ redeem: { scope: 'https://graph.microsoft.com/Mail.Read' } });

    expect(body['suberror']).toBe('consent_required');
  });
});

describe('a refresh token', () => {
  test('is rotated, and the old one stays good until it expires', async () => {
    const first = await codeFlow();
    const second = await refresh(first);

    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).not.toBe(first.body['refresh_token']);
    expect((await refresh(first)).status).toBe(200);
    expect((await refresh(second)).status).toBe(200);
  });

  test('is good for another resource that was consented to', async () => {
    const answer = await refresh(await codeFlow(), {
      scope: 'https://management.azure.com/.default openid offline_access',
    });

    expect(claimsOf(answer)).toMatchObject({ aud: 'https://management.azure.com', upn: alice.username });
  });

  test('brings the answer to a claims challenge', async () => {
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } });

    expect(claimsOf(await refresh(await codeFlow(), { claims }))['acrs']).toEqual(['c1']);
  });

  test.each<[string, Changes, string, number]>([
    ['that is unknown', { refresh_token: '1.unknown' }, 'invalid_grant', 70000],
    ['that is missing', { refresh_token: undefined }, 'invalid_request', 900144],
    ['of another client', { client_id: azureCli }, 'invalid_grant', 70000],
    [
      'for a scope that nobody has consented to',
      { scope: 'https://graph.microsoft.com/Mail.Read' },
      'invalid_grant',
      65001,
    ],
    ['for an unknown resource', { scope: 'https://nowhere.example/.default' }, 'invalid_resource', 500011],
    ['for a scope of spaces', { scope: ' ' }, 'invalid_scope', 70011],
  ])('%s is refused', async (_, changes, error, code) => {
    const answer = await refresh(await codeFlow(), changes);

    expect([answer.status, answer.body['error'], codeOf(answer)]).toEqual([400, error, code]);
  });

  test('is refused at a tenant where the user is nobody, with AADSTS50020', async () => {
    const flow = { authorize: { client_id: azureCli }, redeem: { client_id: azureCli } };

    expect(codeOf(await refresh(await codeFlow(flow), { client_id: azureCli }, fabrikam))).toBe(50020);
  });

  test('that has expired is refused with AADSTS700082', async () => {
    const answer = await codeFlow();
    clock.forward(90 * 86_400 + 1);
    const { body } = await refresh(answer);

    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [700082], suberror: 'token_expired' });
  });

  test('is refused with AADSTS50173 once the password was reset', async () => {
    const answer = await codeFlow({
      person: { username: 'adele@contoso.onmicrosoft.com', password: 'Adele-Passw0rd!' },
    });
    const adele = emulator.directory.users.find(({ displayName }) => displayName === 'Adele Vance');
    const before = adele?.password ?? '';
    Object.assign(adele ?? {}, { password: 'Another-Passw0rd!' });
    const refused = await refresh(answer);
    Object.assign(adele ?? {}, { password: before });

    expect([refused.body['error'], codeOf(refused)]).toEqual(['invalid_grant', 50173]);
  });

  test('of a user who was disabled is refused with AADSTS50057', async () => {
    const answer = await codeFlow();
    const user = emulator.directory.users.find(({ id }) => id === alice.id);
    Object.assign(user ?? {}, { disabled: true });
    const refused = await refresh(answer);
    Object.assign(user ?? {}, { disabled: false });

    expect(codeOf(refused)).toBe(50057);
  });
});

test('a user may consent for themselves, and .default then means just that', async () => {
  const answer = await codeFlow({
    authorize: { client_id: unconsented, scope: 'https://graph.microsoft.com/.default offline_access' },
    redeem: { client_id: unconsented },
  });

  expect(claimsOf(answer)['scp']).toBe('Mail.Read User.Read');
});
