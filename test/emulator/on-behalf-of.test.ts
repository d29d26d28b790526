import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  addMiddleTier,
  addOtherBlueprint,
  askAsAgent,
  askParentToken,
  blueprint,
  forged,
  formOf,
  invoiceAgent,
  mailAgent,
  onBehalfOf,
  otherAgent,
  parentToken,
  retiredAgent,
  tampered,
  tokenForMiddleTier,
  tokenIn,
  userToken,
} from './agents.ts';
import { alice, claimsOf, codeOf, graphDefault, postToken, refusalIn, startWithClock } from './client.ts';
import type { Answer } from './client.ts';

const adele = { username: 'adele@contoso.onmicrosoft.com', password: 'Adele-Passw0rd!' };
const mailRead = 'https://graph.microsoft.com/Mail.Read';

const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);
addMiddleTier(emulator);

/** An agent identity asks with a user's token. */
const ask = async (changes: Readonly<Record<string, string | undefined>> = {}, agent = invoiceAgent): Promise<Answer> =>
  askAsAgent(
    emulator,
    formOf(
      {
        grant_type: onBehalfOf,
        requested_token_use: 'on_behalf_of',
        scope: graphDefault,
        assertion: 'assertion' in changes ? undefined : await userToken(emulator),
      },
      changes,
    ),
    agent,
  );

/** The same with parameters taken out, which a form of the helper above can't say. */
const askWithout = async (name: string): Promise<Answer> => {
  const form = formOf({
    grant_type: onBehalfOf,
    requested_token_use: 'on_behalf_of',
    scope: graphDefault,
    assertion: await userToken(emulator),
    client_id: invoiceAgent,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await parentToken(emulator),
    [name]: undefined,
  });
  return postToken(emulator, form);
};

describe('an agent identity on behalf of a user', () => {
  test('gets what the user has consented to', async () => {
    const answer = await ask();

    expect(answer.status).toBe(200);
    expect(answer.body['scope']).toBe(
      'https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read https://graph.microsoft.com/.default',
    );
    expect(claimsOf(answer)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: invoiceAgent,
      appidacr: '2',
      idtyp: 'user',
      oid: alice.id,
      upn: alice.username,
      scp: 'Mail.Read User.Read',
      xms_par_app_azp: blueprint.id,
      xms_act_fct: '9 3 11',
    });
    expect(claimsOf(answer)).not.toHaveProperty('xms_sub_fct');
    expect(answer.body).not.toHaveProperty('refresh_token');
  });

  test('gets a single scope that was consented to', async () => {
    expect((await ask({ scope: mailRead })).status).toBe(200);
  });

  test('gets a refresh token with offline_access, and refreshes with a parent token', async () => {
    const first = await ask({ scope: `${graphDefault} offline_access openid profile`, client_info: '1' });
    expect(first.body).toMatchObject({ refresh_token: expect.any(String), id_token: expect.any(String) });
    const answer = await askAsAgent(emulator, {
      grant_type: 'refresh_token',
      refresh_token: first.body['refresh_token'] as string,
      scope: graphDefault,
    });

    expect(claimsOf(answer)).toMatchObject({ appid: invoiceAgent, oid: alice.id, scp: 'Mail.Read User.Read' });
  });

  test('has the consent that was given to its blueprint, where the blueprint hands it down', async () => {
    const consent = { client: blueprint.id, scopes: [mailRead] };
    const application = emulator.directory.applications.find(({ id }) => id === blueprint.id);
    emulator.directory.consents.push(consent);
    const before = await ask({}, mailAgent);
    if (application) application.inheritDelegatedPermissions = true;
    const after = await ask({}, mailAgent);
    if (application) delete application.inheritDelegatedPermissions;
    emulator.directory.consents.pop();

    expect(codeOf(before)).toBe(65001);
    expect(claimsOf(after)).toMatchObject({ scp: 'Mail.Read', appid: mailAgent });
  });

  const refusals: [string, () => Promise<Answer>, readonly [number, string, number]][] = [
    ['for an agent that the user has not consented to', () => ask({}, mailAgent), [400, 'invalid_grant', 65001]],
    [
      'for a scope that the user has not consented to',
      () => ask({ scope: 'https://graph.microsoft.com/Mail.Send' }),
      [400, 'invalid_grant', 65001],
    ],
    [
      'for a user who has not consented',
      async () => ask({ assertion: await userToken(emulator, { person: adele }) }),
      [400, 'invalid_grant', 65001],
    ],
    [
      'for a token that was meant for Microsoft Graph',
      async () => ask({ assertion: await userToken(emulator, { scope: 'https://graph.microsoft.com/User.Read' }) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      'for a token that was meant for another application',
      async () => ask({ assertion: await tokenForMiddleTier(emulator) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      "by an agent of another blueprint than the token's",
      async () => {
        const assertion = await userToken(emulator);
        const theirs = await askParentToken(emulator, otherAgent, {
          client_id: '07be9000-0000-4000-8000-000000000001',
          client_secret: 'Other-Secret~1',
        });
        return ask({ assertion, client_assertion: tokenIn(theirs) }, otherAgent);
      },
      [400, 'invalid_grant', 50013],
    ],
    [
      'for an id token',
      async () => ask({ assertion: await userToken(emulator, { name: 'id_token' }) }),
      [400, 'invalid_request', 240002],
    ],
    [
      'for a token about an application',
      async () => ask({ assertion: await parentToken(emulator) }),
      [400, 'unauthorized_client', 7000114],
    ],
    [
      'for a token that was changed',
      async () => ask({ assertion: tampered(await userToken(emulator)) }),
      [400, 'invalid_grant', 50013],
    ],
    [
      'for a token that somebody else signed',
      async () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return ask({ assertion: await forged(await userToken(emulator), privateKey) });
      },
      [400, 'invalid_grant', 50013],
    ],
    ['for text that is no JWT', () => ask({ assertion: 'no.jwt' }), [400, 'invalid_request', 50027]],
    ['for an empty text', () => ask({ assertion: '' }), [400, 'invalid_request', 900144]],
    ['without assertion', () => askWithout('assertion'), [400, 'invalid_request', 900144]],
    ['without requested_token_use', () => askWithout('requested_token_use'), [400, 'invalid_request', 900144]],
    [
      'with another requested_token_use',
      () => ask({ requested_token_use: 'impersonation' }),
      [400, 'invalid_request', 90023],
    ],
    ['without scope', () => askWithout('scope'), [400, 'invalid_request', 90014]],
    ['for a scope of spaces', () => ask({ scope: ' ' }), [400, 'invalid_scope', 70011]],
    ['without parent token', () => askWithout('client_assertion'), [401, 'invalid_client', 7000218]],
    [
      "with another agent's parent token",
      async () => ask({ client_assertion: await parentToken(emulator, mailAgent) }),
      [401, 'invalid_client', 700213],
    ],
    ['for a disabled agent', () => ask({}, retiredAgent), [400, 'unauthorized_client', 7000112]],
  ];
  test.each(refusals)('is refused %s', async (_, request, expected) => {
    expect(refusalIn(await request())).toEqual(expected);
  });

  test('is told which audience was expected', async () => {
    const answer = await ask({ assertion: await tokenForMiddleTier(emulator) });

    expect(answer.body['error_description']).toContain(
      `AADSTS50013: Assertion audience claim does not match the required value. The audience in the assertion was 'api://contoso-middle' and the expected audience is '${blueprint.id}'.`,
    );
  });

  test('is refused for a user who is disabled or gone', async () => {
    const assertion = await userToken(emulator, { person: adele });
    const { users } = emulator.directory;
    const user = users.find(({ userPrincipalName }) => userPrincipalName === adele.username);
    if (!user) throw new Error('There is no Adele.');
    user.disabled = true;
    const disabled = await ask({ assertion });
    delete user.disabled;
    users.splice(users.indexOf(user), 1);
    const gone = await ask({ assertion });
    users.push(user);

    expect([codeOf(disabled), codeOf(gone)]).toEqual([50057, 50034]);
  });

  test('is refused for a token that has expired, five minutes of tolerance aside', async () => {
    const { emulator: timed, clock } = await startWithClock();
    try {
      const assertion = await userToken(timed);
      const request = (): Promise<Answer> =>
        askAsAgent(timed, {
          grant_type: onBehalfOf,
          requested_token_use: 'on_behalf_of',
          scope: graphDefault,
          assertion,
        });
      clock.forward(3600 + 290);
      expect((await request()).status).toBe(200);
      clock.forward(20);
      const answer = await request();
      expect(refusalIn(answer)).toEqual([400, 'invalid_grant', 500133]);
      expect(answer.body['error_description']).toContain('Assertion is not within its valid time range.');
    } finally {
      await timed.close();
    }
  });
});
