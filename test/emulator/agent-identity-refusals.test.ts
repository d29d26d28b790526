import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { emulatorOfFile } from '../helpers/emulator.ts';
import {
  addOtherBlueprint,
  askAsAgent,
  askParentToken,
  assertionType,
  blueprint,
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
  changeApplication,
  codeOf,
  contoso,
  fabrikam,
  graphDefault,
  postToken,
  refusalIn,
  startWithClock,
} from './client.ts';
import type { Answer } from './client.ts';

const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);

describe('an agent identity', () => {
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
    expect(refusalIn(await ask())).toEqual(expected);
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

    expect(refusalIn(answer)).toEqual([400, 'unauthorized_client', 7000112]);
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

  test('of several tenants is refused where the address names none', async () => {
    for (const id of [blueprint.id, invoiceAgent]) {
      changeApplication(emulator, id, { tenants: [contoso, fabrikam] });
    }
    const form = {
      grant_type: 'user_fic',
      client_id: invoiceAgent,
      client_assertion_type: assertionType,
      client_assertion: await parentToken(emulator),
    };
    const answer = await postToken(emulator, form, { tenant: 'organizations' });

    expect(refusalIn(answer)).toEqual([400, 'invalid_request', 50059]);
    expect(answer.body['error_description']).toMatch(
      /^AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials\. /,
    );
  });

  test('is refused with a parent token that has expired, five minutes of tolerance aside', async () => {
    const { emulator: timed, clock } = await startWithClock();
    try {
      const assertion = await parentToken(timed);
      const ask = (): Promise<Answer> => askAsAgent(timed, { client_assertion: assertion, scope: graphDefault });
      clock.forward(3600 + 290);
      expect((await ask()).status).toBe(200);
      clock.forward(20);
      expect(refusalIn(await ask())).toEqual([401, 'invalid_client', 700024]);
    } finally {
      await timed.close();
    }
  });
});
