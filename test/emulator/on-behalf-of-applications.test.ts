import { describe, expect, test } from 'vitest';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { addMiddleTier, agentPortal, blueprint, formOf, onBehalfOf, tokenForMiddleTier, userToken } from './agents.ts';
import {
  alice,
  claimsOf,
  confidential,
  contoso,
  desktop,
  fabrikam,
  graphDefault,
  postToken,
  refusalIn,
} from './client.ts';
import type { Answer } from './client.ts';

const emulator = await emulatorOfFile();
addMiddleTier(emulator);

describe('an ordinary application on behalf of a user', () => {
  const askMiddle = async (
    changes: Readonly<Record<string, string | undefined>> = {},
    tenant = contoso,
  ): Promise<Answer> =>
    postToken(
      emulator,
      formOf(
        {
          grant_type: onBehalfOf,
          requested_token_use: 'on_behalf_of',
          client_id: confidential.id,
          client_secret: confidential.secret,
          scope: graphDefault,
          assertion: 'assertion' in changes ? undefined : await tokenForMiddleTier(emulator),
        },
        changes,
      ),
      { tenant },
    );

  test('gets what an administrator has consented to', async () => {
    const answer = await askMiddle();

    expect(claimsOf(answer)).toMatchObject({
      appid: confidential.id,
      appidacr: '1',
      oid: alice.id,
      scp: 'Mail.Read User.Read',
    });
    expect(claimsOf(answer)).not.toHaveProperty('xms_act_fct');
  });

  test.each([
    [
      'for a token that was meant for somebody else',
      async () => askMiddle({ assertion: await userToken(emulator) }),
      [400, 'invalid_grant', 500131],
    ],
    [
      'for what nobody has consented to',
      () => askMiddle({ scope: 'https://graph.microsoft.com/Mail.Send' }),
      [400, 'invalid_grant', 65001],
    ],
    ['with a wrong secret', () => askMiddle({ client_secret: 'wrong' }), [401, 'invalid_client', 7000215]],
    ['at a tenant that has not got it', () => askMiddle({}, fabrikam), [400, 'unauthorized_client', 700016]],
    [
      'when it is a public client',
      () => askMiddle({ client_id: desktop, client_secret: undefined }),
      [401, 'invalid_client', 7000218],
    ],
    [
      'when it is a blueprint, which has agent identities for that',
      async () =>
        askMiddle({ client_id: blueprint.id, client_secret: blueprint.secret, assertion: await userToken(emulator) }),
      [400, 'unauthorized_client', 82002],
    ],
  ] satisfies [string, () => Promise<Answer>, readonly [number, string, number]][])(
    'is refused %s',
    async (_, request, expected) => {
      expect(refusalIn(await request())).toEqual(expected);
    },
  );

  test('is told whose token it should have been', async () => {
    const answer = await askMiddle({ assertion: await userToken(emulator) });

    expect(answer.body['error_description']).toContain(
      `The audience in the assertion was '${blueprint.id}' and the expected audience is '${confidential.id}' or one of the Application Uris of this application with App ID '${confidential.id}'(Contoso Confidential).`,
    );
  });
});

test('a token of a user of one tenant is refused at another tenant', async () => {
  const multitenant = emulator.directory.applications.find(({ name }) => name === 'Multitenant Tool');
  Object.assign(multitenant ?? {}, { identifierUris: ['api://multitenant'], scopes: ['access_as_user'] });
  const portal = emulator.directory.applications.find(({ id }) => id === agentPortal);
  portal?.delegatedPermissions?.push('api://multitenant/access_as_user');
  const form = {
    grant_type: onBehalfOf,
    requested_token_use: 'on_behalf_of',
    client_id: multitenant?.id ?? '',
    client_secret: 'Multitenant-Secret~1',
    scope: graphDefault,
    assertion: await userToken(emulator, { scope: 'api://multitenant/access_as_user' }),
  };

  expect((await postToken(emulator, form)).status).toBe(200);
  expect((await postToken(emulator, form, { tenant: 'organizations' })).status).toBe(200);
  expect(refusalIn(await postToken(emulator, form, { tenant: fabrikam }))).toEqual([400, 'invalid_grant', 50020]);
});
