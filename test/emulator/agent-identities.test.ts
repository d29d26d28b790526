import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { agentClaims, parentTokenSubject } from '../../src/emulator/agent-identities.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { emulatorOfFile } from '../helpers/surroundings.ts';
import {
  addOtherBlueprint,
  agentPortal,
  askAsAgent,
  askParentToken,
  assertionType,
  blueprint,
  exchangeId,
  exchangeScope,
  exchangeToken,
  forged,
  formOf,
  invoiceAgent,
  mailAgent,
  otherAgent,
  otherBlueprint,
  parentToken,
  retiredAgent,
  tampered,
  tokenIn,
  userToken,
} from './agents.ts';
import {
  authorizeAddress,
  call,
  claimsOf,
  codeOf,
  confidential,
  contoso,
  fabrikam,
  graphDefault,
  newPkce,
  postToken,
  startWithClock,
} from './client.ts';
import type { Answer } from './client.ts';

const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);

const refusal = ({ status, body }: Answer): unknown => [status, body['error'], (body['error_codes'] as number[])?.[0]];

describe('a blueprint', () => {
  test('gets a parent token for one of its agent identities', async () => {
    const answer = await askParentToken(emulator);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: expect.any(String),
    });
    expect(claimsOf(answer)).toMatchObject({
      aud: exchangeId,
      iss: `${emulator.authority}/${contoso}/v2.0`,
      azp: blueprint.id,
      azpacr: '1',
      idtyp: 'app',
      tid: contoso,
      ver: '2.0',
      sub: `/eid1/c/pub/t/EREREREREUGBEREREREREQ/a/AJDusQAAAECAAAAAAAAABw/${invoiceAgent}`,
    });
  });

  test('may write the id of the agent identity in capitals', async () => {
    const answer = await askParentToken(emulator, invoiceAgent.toUpperCase());

    expect(claimsOf(answer).sub).toMatch(new RegExp(`/${invoiceAgent}$`));
  });

  test('gets a token for itself for Microsoft Graph, where agent identities are made', async () => {
    const answer = await askParentToken(emulator, invoiceAgent, { fmi_path: undefined, scope: graphDefault });

    expect(claimsOf(answer)).toMatchObject({ aud: 'https://graph.microsoft.com', appid: blueprint.id });
  });

  test('gets a token for a path that is no agent identity of it, and the log says that it is no use', async () => {
    emulator.clearRequests();
    expect((await askParentToken(emulator, otherAgent)).status).toBe(200);

    expect(emulator.requests.at(-1)?.notes).toEqual([
      `Contoso Agents has no agent identity '${otherAgent}': nobody can use this token.`,
    ]);
  });

  test.each([
    ['a wrong secret', { client_secret: 'wrong' }, [401, 'invalid_client', 7000215]],
    ['no secret', { client_secret: undefined }, [401, 'invalid_client', 7000218]],
    ['no scope', { scope: undefined }, [400, 'invalid_request', 90014]],
    ['a scope without .default', { scope: 'api://AzureADTokenExchange' }, [400, 'invalid_scope', 1002012]],
    ['a token exchange that is none', { scope: 'api://TokenExchange/.default' }, [400, 'invalid_resource', 500011]],
    ['an empty fmi_path', { fmi_path: '' }, [400, 'invalid_request', 90023]],
    ['a parent token for Microsoft Graph', { scope: graphDefault }, [400, 'unauthorized_client', 82001]],
    [
      'a token of its own for another resource',
      { fmi_path: undefined, scope: 'https://vault.azure.net/.default' },
      [400, 'unauthorized_client', 82001],
    ],
    ['an unknown client', { client_id: fabrikam }, [400, 'unauthorized_client', 700016]],
    [
      'fmi_path by an application that is no blueprint',
      { client_id: confidential.id, client_secret: confidential.secret },
      [400, 'invalid_request', 90023],
    ],
  ])('is refused %s', async (_, changes, expected) => {
    expect(refusal(await askParentToken(emulator, invoiceAgent, changes))).toEqual(expected);
  });

  test('says which resource it may not ask for', async () => {
    const answer = await askParentToken(emulator, invoiceAgent, { scope: graphDefault });

    expect(answer.body['error_description']).toContain(
      `AADSTS82001: Agentic application '${blueprint.id}' is not permitted to request app-only tokens for resource '00000003-0000-0000-c000-000000000000'.`,
    );
  });

  test.each([
    ['a blueprint', blueprint.id],
    ['an agent identity', invoiceAgent],
  ])('%s signs nobody in', async (_, id) => {
    const application = emulator.directory.applications.find((each) => each.id === id);
    if (application) application.redirectUris = ['http://localhost'];
    const answer = await call(emulator, authorizeAddress(emulator, newPkce(), { client_id: id }));
    if (application) delete application.redirectUris;

    const { searchParams } = new URL(answer.headers.location ?? '');
    expect(searchParams.get('error')).toBe('unauthorized_client');
    expect(searchParams.get('error_description')).toContain('AADSTS82018');
    const form = { client_id: id, scope: 'openid' };
    const device = await call(emulator, `${emulator.authority}/${contoso}/oauth2/v2.0/devicecode`, { form });
    expect(refusal(device)).toEqual([400, 'unauthorized_client', 82018]);
  });
});

describe('an agent identity', () => {
  test('gets tokens for itself with its parent token', async () => {
    const answer = await askAsAgent(emulator, { scope: graphDefault });

    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(claimsOf(answer)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: invoiceAgent,
      appidacr: '2',
      idtyp: 'app',
      oid: invoiceAgent,
      sub: invoiceAgent,
      roles: ['User.Read.All'],
      xms_par_app_azp: blueprint.id,
      xms_act_fct: '9 3 11',
      xms_sub_fct: '9 3 11',
    });
  });

  test('gets its token for the token exchange, about itself', async () => {
    const answer = await askAsAgent(emulator, { scope: exchangeScope });

    expect(claimsOf(answer)).toMatchObject({ aud: exchangeId, azp: invoiceAgent, sub: invoiceAgent, azpacr: '2' });
  });

  test('uses one parent token as often as it likes', async () => {
    const assertion = await parentToken(emulator);
    for (const scope of [graphDefault, exchangeScope, graphDefault]) {
      expect((await askAsAgent(emulator, { scope, client_assertion: assertion })).status).toBe(200);
    }
  });

  test('leaves neither its parent token nor other tokens in the log', async () => {
    const assertion = await parentToken(emulator);
    emulator.clearRequests();
    await askAsAgent(emulator, {
      scope: graphDefault,
      client_assertion: assertion,
      assertion,
      user_federated_identity_credential: assertion,
    });

    expect(emulator.requests[0]?.body).toMatchObject({
      client_assertion: '***',
      assertion: '***',
      user_federated_identity_credential: '***',
    });
    expect(JSON.stringify(emulator.requests)).not.toContain(assertion);
  });

  const refusals: [string, () => Promise<Answer>, readonly [number, string, number]][] = [
    [
      'the parent token of another agent identity',
      async () =>
        askAsAgent(emulator, { client_assertion: await parentToken(emulator, mailAgent), scope: graphDefault }),
      [401, 'invalid_client', 700213],
    ],
    [
      'a parent token of another blueprint, though it names the agent identity',
      async () => {
        const theirs = await askParentToken(emulator, invoiceAgent, {
          client_id: otherBlueprint.id,
          client_secret: otherBlueprint.secret,
        });
        return askAsAgent(emulator, { client_assertion: tokenIn(theirs), scope: graphDefault });
      },
      [401, 'invalid_client', 700213],
    ],
    [
      'a parent token of a blueprint that is not its own',
      async () =>
        askAsAgent(
          emulator,
          { client_assertion: await parentToken(emulator, otherAgent), scope: graphDefault },
          otherAgent,
        ),
      [401, 'invalid_client', 700213],
    ],
    [
      "the blueprint's token for the token exchange without fmi_path",
      async () => {
        const bare = await askParentToken(emulator, invoiceAgent, { fmi_path: undefined });
        return askAsAgent(emulator, { client_assertion: tokenIn(bare), scope: graphDefault });
      },
      [401, 'invalid_client', 700213],
    ],
    [
      'its own token as parent token',
      async () => askAsAgent(emulator, { client_assertion: await exchangeToken(emulator), scope: graphDefault }),
      [401, 'invalid_client', 700213],
    ],
    [
      'an id that is no application',
      async () =>
        askAsAgent(
          emulator,
          { client_assertion: await parentToken(emulator, fabrikam), scope: graphDefault },
          fabrikam,
        ),
      [400, 'unauthorized_client', 700016],
    ],
    [
      'everything when it is disabled',
      () => askAsAgent(emulator, { scope: graphDefault }, retiredAgent),
      [400, 'unauthorized_client', 7000112],
    ],
    [
      'a token for the token exchange of another cloud',
      async () => {
        const other = await askParentToken(emulator, invoiceAgent, {
          scope: 'api://AzureADTokenExchangeUSGov/.default',
        });
        return askAsAgent(emulator, { client_assertion: tokenIn(other), scope: graphDefault });
      },
      [401, 'invalid_client', 700212],
    ],
    [
      'a token for Microsoft Graph as parent token',
      async () => {
        const token = tokenIn(await askAsAgent(emulator, { scope: graphDefault }));
        return askAsAgent(emulator, { client_assertion: token, scope: graphDefault });
      },
      [401, 'invalid_client', 700211],
    ],
    [
      "a user's token as parent token",
      async () => askAsAgent(emulator, { client_assertion: await userToken(emulator), scope: graphDefault }),
      [401, 'invalid_client', 700229],
    ],
    [
      'a parent token that was changed',
      async () =>
        askAsAgent(emulator, { client_assertion: tampered(await parentToken(emulator)), scope: graphDefault }),
      [401, 'invalid_client', 50013],
    ],
    [
      'a parent token that somebody else signed',
      async () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return askAsAgent(emulator, {
          client_assertion: await forged(await parentToken(emulator), privateKey),
          scope: graphDefault,
        });
      },
      [401, 'invalid_client', 50013],
    ],
    [
      'text that is no JWT',
      () => askAsAgent(emulator, { client_assertion: 'no.jwt', scope: graphDefault }),
      [401, 'invalid_client', 50027],
    ],
    [
      'a secret, for it has none',
      () => askAsAgent(emulator, { client_assertion: undefined, client_secret: blueprint.secret, scope: graphDefault }),
      [401, 'invalid_client', 7000215],
    ],
    [
      'no credential',
      () => askAsAgent(emulator, { client_assertion: undefined, scope: graphDefault }),
      [401, 'invalid_client', 7000218],
    ],
    [
      'no client_assertion_type',
      () => askAsAgent(emulator, { client_assertion_type: undefined, scope: graphDefault }),
      [400, 'invalid_request', 900144],
    ],
    ['no scope', () => askAsAgent(emulator, {}), [400, 'invalid_request', 90014]],
    [
      'a scope other than .default',
      () => askAsAgent(emulator, { scope: 'https://graph.microsoft.com/User.Read' }),
      [400, 'invalid_scope', 1002012],
    ],
    [
      'parent tokens of its own',
      () => askAsAgent(emulator, { scope: exchangeScope, fmi_path: mailAgent }),
      [400, 'invalid_request', 90023],
    ],
  ];
  test.each(refusals)('is refused %s', async (_, ask, expected) => {
    expect(refusal(await ask())).toEqual(expected);
  });

  test('is told which subject was presented', async () => {
    const assertion = await parentToken(emulator, mailAgent);
    const answer = await askAsAgent(emulator, { client_assertion: assertion, scope: graphDefault });

    expect(answer.body['error_description']).toMatch(
      /^AADSTS700213: No matching federated identity record found for presented assertion subject '\/eid1\/c\/pub\/t\//,
    );
    expect(answer.body['error_description']).toContain(`/${mailAgent}'. Check your federated identity credential`);
  });

  test('is refused when its blueprint is disabled', async () => {
    const assertion = await parentToken(emulator);
    const application = emulator.directory.applications.find(({ id }) => id === blueprint.id);
    if (application) application.disabled = true;
    const answer = await askAsAgent(emulator, { client_assertion: assertion, scope: graphDefault });
    if (application) delete application.disabled;

    expect(refusal(answer)).toEqual([400, 'unauthorized_client', 7000112]);
    expect(answer.body['error_description']).toContain('(Contoso Agents) is disabled.');
  });

  test('is refused at another tenant', async () => {
    const form = formOf({
      grant_type: 'client_credentials',
      client_id: invoiceAgent,
      client_assertion_type: assertionType,
      client_assertion: await parentToken(emulator),
      scope: graphDefault,
    });

    expect(codeOf(await postToken(emulator, form, { tenant: fabrikam }))).toBe(700016);
    expect(codeOf(await postToken(emulator, form, { tenant: 'organizations' }))).toBe(50059);
  });

  test('is refused with a parent token that has expired, five minutes of tolerance aside', async () => {
    const { emulator: timed, clock } = await startWithClock();
    try {
      const assertion = await parentToken(timed);
      const ask = (): Promise<Answer> => askAsAgent(timed, { client_assertion: assertion, scope: graphDefault });
      clock.forward(3600 + 290);
      expect((await ask()).status).toBe(200);
      clock.forward(20);
      expect(refusal(await ask())).toEqual([401, 'invalid_client', 700024]);
    } finally {
      await timed.close();
    }
  });
});

test("a directory can be another cloud's: then its token exchange is the one that counts", async () => {
  const government = await startEmulator();
  government.directory.tokenExchangeAudience = 'api://AzureADTokenExchangeUSGov';
  try {
    const scope = 'api://AzureADTokenExchangeUSGov/.default';
    const right = tokenIn(await askParentToken(government, invoiceAgent, { scope }));
    const wrong = await parentToken(government);

    expect((await askAsAgent(government, { client_assertion: right, scope: graphDefault })).status).toBe(200);
    expect(codeOf(await askAsAgent(government, { client_assertion: wrong, scope: graphDefault }))).toBe(700212);
  } finally {
    await government.close();
  }
});

test("a parent token's subject is written as Entra writes it", () => {
  const tenant = { id: '5369a35c-46a5-4677-8ff9-2e65587654e7', name: '', domains: [] };

  // Read from tokens that Entra gave out
  expect(
    parentTokenSubject(tenant, '9d17cc32-c91b-4368-8494-1b29ccb0dbcf', '5081ddac-3d33-4766-98fe-80c38c5ce554'),
  ).toBe('/eid1/c/pub/t/XKNpU6VGd0aP-S5lWHZU5w/a/MswXnRvJaEOElBspzLDbzw/5081ddac-3d33-4766-98fe-80c38c5ce554');
});

test('tokens of other applications say nothing of agents', async () => {
  expect(agentClaims({ id: confidential.id, name: 'Contoso Confidential' })).toEqual({});
  const token = await userToken(emulator, { client: agentPortal });
  const claims = claimsOf({ status: 200, headers: {}, text: '', body: { access_token: token } });

  expect(claims).toMatchObject({ aud: blueprint.id, azp: agentPortal, scp: 'access_agent' });
  expect(Object.keys(claims).filter((name) => name.startsWith('xms_'))).toEqual([]);
});
