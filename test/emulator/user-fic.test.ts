import { describe, expect, test } from 'vitest';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  agentUser,
  assertionType,
  askAsAgent,
  askParentToken,
  blueprint,
  exchangeScope,
  exchangeToken,
  formOf,
  invoiceAgent,
  mailAgent,
  parentToken,
  retiredAgent,
  tampered,
  tokenIn,
  userToken,
} from './agents.ts';
import {
  alice,
  authorizeAddress,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  desktop,
  fabrikam,
  frank,
  graphDefault,
  newPkce,
  postToken,
  refusalIn,
  startWithClock,
} from './client.ts';
import type { Answer } from './client.ts';
import { signInAs } from '../../src/emulator/scripted-person.ts';

const emulator = await emulatorOfFile();

type Changes = Readonly<Record<string, string | undefined>>;

/** An agent identity asks for a token for its user account. */
const ask = async (changes: Changes = {}, agent = invoiceAgent): Promise<Answer> => {
  const form = formOf(
    {
      client_id: agent,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await parentToken(emulator, agent),
      grant_type: 'user_fic',
      username: agentUser.username,
      user_federated_identity_credential:
        'user_federated_identity_credential' in changes ? undefined : await exchangeToken(emulator, agent),
      scope: graphDefault,
    },
    changes,
  );
  return postToken(emulator, form);
};

describe("an agent identity's user account", () => {
  test('gets its tokens without anybody signing in', async () => {
    const answer = await ask();

    expect(answer.status).toBe(200);
    const claims = claimsOf(answer);
    expect(claims).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: invoiceAgent,
      appidacr: '2',
      idtyp: 'user',
      oid: agentUser.id,
      upn: agentUser.username,
      scp: 'Mail.Send User.Read',
      xms_par_app_azp: blueprint.id,
      xms_act_fct: '9 3 11',
      xms_sub_fct: '3 13',
    });
    for (const name of ['amr', 'acr', 'auth_time']) expect(claims).not.toHaveProperty(name);
  });

  test.each([
    ['its object id', { username: undefined, user_id: agentUser.id }],
    ['its object id in capitals', { username: undefined, user_id: agentUser.id.toUpperCase() }],
    ['its name in capitals', { username: agentUser.username.toUpperCase() }],
  ])('may be named by %s', async (_, changes) => {
    expect(claimsOf(await ask(changes)).sub).toBe(claimsOf(await ask()).sub);
  });

  test('gets id and refresh tokens where they are asked for', async () => {
    const scope = `${graphDefault} openid profile offline_access`;
    const first = await ask({ scope, client_info: '1', requested_token_use: 'on_behalf_of' });
    expect(claimsOf(first, 'id_token')).toMatchObject({
      aud: invoiceAgent,
      oid: agentUser.id,
      preferred_username: agentUser.username,
    });
    const refreshed = await askAsAgent(emulator, {
      grant_type: 'refresh_token',
      refresh_token: first.body['refresh_token'] as string,
      scope,
    });

    expect(claimsOf(refreshed)).toMatchObject({ oid: agentUser.id, scp: 'Mail.Send openid profile User.Read' });
    expect(claimsOf(refreshed)).not.toHaveProperty('amr');
  });

  test('signs in with no password, not even an empty one', async () => {
    const address = authorizeAddress(emulator, newPkce(), { client_id: desktop });
    for (const password of ['', 'undefined', 'wrong']) {
      await expect(
        signInAs(address, { username: agentUser.username, password }, emulator.ca, { follow: false }),
      ).rejects.toThrow(/AADSTS50126/);
    }
  });
});

test('an ordinary user is served too, once the directory lets the agent identity in', async () => {
  const user = emulator.directory.users.find(({ id }) => id === alice.id);
  const before = await ask({ username: alice.username });
  if (user) user.agentIdentities = [invoiceAgent];
  const after = await ask({ username: alice.username });
  if (user) delete user.agentIdentities;

  expect(refusalIn(before)).toEqual([400, 'invalid_grant', 700213]);
  expect(claimsOf(after)).toMatchObject({ oid: alice.id, scp: 'Mail.Read User.Read' });
  expect(claimsOf(after)).not.toHaveProperty('xms_sub_fct');
});

describe('what Entra refuses, the emulator refuses:', () => {
  const refusals: [string, () => Promise<Answer>, readonly [number, string, number]][] = [
    ['an unknown user', () => ask({ username: 'nobody@contoso.onmicrosoft.com' }), [400, 'invalid_grant', 50034]],
    [
      'an unknown object id',
      () => ask({ username: undefined, user_id: '99999999-0000-4000-8000-000000000000' }),
      [400, 'invalid_grant', 50034],
    ],
    ['a user of another tenant', () => ask({ username: frank.username }), [400, 'invalid_grant', 50034]],
    [
      'a user principal name as user_id',
      () => ask({ username: undefined, user_id: agentUser.username }),
      [400, 'server_error', 50000],
    ],
    ['no user', () => ask({ username: undefined }), [400, 'invalid_request', 900144]],
    ['the user account of another agent identity', () => ask({}, mailAgent), [400, 'invalid_grant', 700213]],
    [
      'no user_federated_identity_credential',
      () => ask({ user_federated_identity_credential: undefined }),
      [400, 'invalid_request', 900144],
    ],
    ['text that is no JWT', () => ask({ user_federated_identity_credential: 'no.jwt' }), [400, 'invalid_grant', 50013]],
    [
      'a credential that was changed',
      async () => ask({ user_federated_identity_credential: tampered(await exchangeToken(emulator)) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      'a credential for another audience',
      async () =>
        ask({
          user_federated_identity_credential: tokenIn(
            await askAsAgent(emulator, { scope: 'api://contoso-orders/.default' }),
          ),
        }),
      [400, 'invalid_grant', 50013],
    ],
    [
      'the credential of another agent identity',
      async () => ask({ user_federated_identity_credential: await exchangeToken(emulator, mailAgent) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      'the parent token as credential: its actor is the blueprint',
      async () => ask({ user_federated_identity_credential: await parentToken(emulator) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      "a user's token as credential",
      async () => ask({ user_federated_identity_credential: await userToken(emulator) }),
      [400, 'invalid_grant', 700229],
    ],
    [
      "another agent identity's parent token",
      async () => ask({ client_assertion: await parentToken(emulator, mailAgent) }),
      [401, 'invalid_client', 700213],
    ],
    ['no parent token', () => ask({ client_assertion: undefined }), [401, 'invalid_client', 7000218]],
    [
      'a scope without consent',
      () => ask({ scope: 'https://graph.microsoft.com/Calendars.Read' }),
      [400, 'invalid_grant', 65001],
    ],
    [
      'a resource without consent',
      () => ask({ scope: 'https://vault.azure.net/.default' }),
      [400, 'invalid_grant', 65001],
    ],
    ['no scope', () => ask({ scope: undefined }), [400, 'invalid_request', 90014]],
    ['a scope of spaces', () => ask({ scope: ' ' }), [400, 'invalid_scope', 70011]],
    [
      'an agent identity that is disabled',
      async () => ask({ user_federated_identity_credential: await exchangeToken(emulator) }, retiredAgent),
      [400, 'unauthorized_client', 7000112],
    ],
    [
      'an application that is no agent identity',
      async () =>
        ask({
          client_id: confidential.id,
          client_secret: confidential.secret,
          client_assertion: undefined,
          user_federated_identity_credential: tokenIn(
            await askParentToken(emulator, '', {
              client_id: confidential.id,
              client_secret: confidential.secret,
              fmi_path: undefined,
            }),
          ),
        }),
      [400, 'invalid_grant', 700213],
    ],
    [
      'a public client',
      () => ask({ client_id: desktop, client_assertion: undefined }),
      [401, 'invalid_client', 7000218],
    ],
  ];
  test.each(refusals)('%s', async (_, request, expected) => {
    expect(refusalIn(await request())).toEqual(expected);
  });

  test('a credential of another tenant', async () => {
    const applications = emulator.directory.applications.filter(({ id }) => [blueprint.id, invoiceAgent].includes(id));
    for (const { tenants } of applications) tenants?.push(fabrikam);
    const ofFabrikam = { tenant: fabrikam };
    const parent = await postToken(
      emulator,
      {
        grant_type: 'client_credentials',
        client_id: blueprint.id,
        client_secret: blueprint.secret,
        scope: exchangeScope,
        fmi_path: invoiceAgent,
      },
      ofFabrikam,
    );
    const credential = await postToken(
      emulator,
      {
        grant_type: 'client_credentials',
        client_id: invoiceAgent,
        client_assertion_type: assertionType,
        client_assertion: tokenIn(parent),
        scope: exchangeScope,
      },
      ofFabrikam,
    );
    const answer = await ask({ user_federated_identity_credential: tokenIn(credential) });
    for (const { tenants } of applications) tenants?.pop();

    expect(refusalIn(answer)).toEqual([400, 'invalid_grant', 50013]);
  });

  test('a disabled user account', async () => {
    const user = emulator.directory.users.find(({ id }) => id === agentUser.id);
    if (user) user.disabled = true;
    const answer = await ask();
    if (user) delete user.disabled;

    expect(refusalIn(answer)).toEqual([400, 'invalid_grant', 50057]);
  });

  test('user_fic without a tenant', async () => {
    const answer = await postToken(
      emulator,
      {
        grant_type: 'user_fic',
        client_id: 'ab1e0000-0000-4000-8000-000000000006',
        client_secret: 'Multitenant-Secret~1',
        username: agentUser.username,
        user_federated_identity_credential: await exchangeToken(emulator),
        scope: graphDefault,
      },
      { tenant: 'organizations' },
    );

    expect(codeOf(answer)).toBe(50059);
  });

  test('a credential that has expired', async () => {
    const { emulator: timed, clock } = await startWithClock();
    try {
      const credential = await exchangeToken(timed);
      clock.forward(3600 + 310);
      const answer = await askAsAgent(timed, {
        grant_type: 'user_fic',
        username: agentUser.username,
        user_federated_identity_credential: credential,
        scope: graphDefault,
      });

      expect(refusalIn(answer)).toEqual([400, 'invalid_grant', 500133]);
    } finally {
      await timed.close();
    }
  });
});

test('the log says what is wrong with a user principal name as user_id, where Entra says nothing', async () => {
  emulator.clearRequests();
  await ask({ username: undefined, user_id: agentUser.username });

  expect(emulator.requests.at(-1)).toMatchObject({
    tenant: contoso,
    errorCode: 50000,
    notes: ['user_id must be an object id; a user principal name goes into username.'],
  });
});
