import { describe, expect, test } from 'vitest';
import { agentClaims, parentTokenSubject } from '../../src/emulator/agent-identities.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  addOtherBlueprint,
  agentPortal,
  askAsAgent,
  askParentToken,
  blueprint,
  exchangeId,
  exchangeScope,
  invoiceAgent,
  otherAgent,
  parentToken,
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
  refusalIn,
} from './client.ts';

const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);

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
    expect(refusalIn(await askParentToken(emulator, invoiceAgent, changes))).toEqual(expected);
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
    expect(refusalIn(device)).toEqual([400, 'unauthorized_client', 82018]);
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
