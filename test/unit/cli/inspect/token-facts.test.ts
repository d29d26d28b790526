import { describe, expect, it } from 'vitest';
import { readJwt } from '../../../../src/cli/inspect/jwt.ts';
import { factsOf, type TokenFacts } from '../../../../src/cli/inspect/token-facts.ts';
import { linesOf } from '../../../../src/cli/inspect/token-lines.ts';
import { jwtOf } from '../../../helpers/jwt.ts';

/** Unix seconds. */
const now = Date.UTC(2025, 11, 28, 15, 30) / 1000;
const contoso = '11111111-1111-4111-8111-111111111111';
const app = 'c0f1de00-0000-4000-8000-000000000001';

/** What is said of a token with these claims. */
function factsIn(claims: object, header?: object): TokenFacts {
  return factsOf(readJwt(jwtOf(claims, header)), now * 1000);
}

/** The same for a person, by its label. */
function lineOf(claims: object, label: string): string | undefined {
  return linesOf(factsIn(claims)).find(([name]) => name === label)?.[1];
}

describe('A token', () => {
  it.each([
    ['still valid', { exp: now + 3599 }, 'valid', 'yes, for 59 minutes more'],
    ['expired since', { exp: now - 7500 }, 'expired', 'no: it expired 2 hours 5 minutes ago'],
    ['expired this second', { exp: now }, 'expired', 'no: it expired 1 second ago'],
    [
      'valid later',
      { exp: now + 3599, nbf: now + 1200 },
      'not_yet_valid',
      'no: it is not valid before 2025-12-28T15:50:00Z (is the clock of this machine right?)',
    ],
    ['without an end', {}, 'without_expiry', 'no: it says nothing of when it expires, so nobody should take it'],
    [
      'with an end that is no time',
      { exp: 'never' },
      'without_expiry',
      'no: it says nothing of when it expires, so nobody should take it',
    ],
  ])('%s is said to be that', (_what, claims, status, said) => {
    expect(factsIn(claims)).toMatchObject({ valid: status === 'valid', status });
    expect(lineOf(claims, 'Valid')).toBe(said);
  });

  it.each([
    [{ exp: now + 3599, nbf: now + 300 }, true],
    [{ exp: now + 3599, nbf: now + 301 }, false],
    [{ exp: now + 1 }, true],
    [{ exp: now }, false],
  ])('may be five minutes early at its beginning, and not late at its end: %j', (claims, valid) => {
    expect(factsIn(claims).valid).toBe(valid);
  });
});

describe("A token's claims", () => {
  it.each([
    ['an id token', { iss: 'x', aud: app, sub: 's', nonce: 'n', tid: contoso, ver: '2.0' }, { kind: 'id_token' }],
    ['a client assertion', { iss: app, sub: app, aud: 'https://login' }, { kind: 'client_assertion' }],
    ["another issuer's token", { iss: 'https://token.actions.example', sub: 'repo:x' }, { kind: 'unknown' }],
    ['an access token by its header', { iss: 'x' }, { kind: 'access_token' }, { typ: 'at+jwt' }],
    ['a token of an application without idtyp', { appid: app, oid: 'o', sub: 'o' }, { subject_type: 'application' }],
    ['a token of a user without idtyp', { appid: app, scp: 'a' }, { subject_type: 'user', scopes: ['a'] }],
    ['several audiences', { aud: ['a', 'b'] }, { audience: 'a b' }],
  ])('tell %s', (_what, claims, facts, header?: object) => {
    expect(factsIn(claims, header)).toMatchObject(facts);
  });

  it.each([
    ['https://graph.microsoft.com/', 'Microsoft Graph'],
    ['https://management.azure.com', 'Azure Resource Manager'],
    ['https://management.core.windows.net/', 'Azure Resource Manager'],
    ['797F4846-ba00-4fd7-ba43-dac1f8f63013', 'Azure Resource Manager'],
    ['cfa8b339-82a2-471a-a3c9-0fc0be7a4093', 'Azure Key Vault'],
    ['https://vault.azure.net', 'Azure Key Vault'],
    ['https://contoso.blob.core.windows.net', 'Azure Storage'],
    ['https://contoso.sharepoint.com', 'SharePoint Online'],
    ['https://org1.crm4.dynamics.com', 'Dataverse'],
    ['https://analysis.windows.net/powerbi/api', 'Power BI'],
    ['api://AzureADTokenExchange', 'Entra token exchange'],
    ['https://example.com', undefined],
    ['https://evilsharepoint.com', undefined],
    ['constructor', undefined],
  ])('name the audience %s: %s', (aud, name) => {
    expect(factsIn({ aud }).audience_name).toBe(name);
  });

  it.each([
    ['https://login.microsoftonline.com/t/v2.0', '', 'Azure public cloud'],
    ['https://login.microsoftonline.us/t/v2.0', '', 'Azure US Government'],
    ['https://login.partner.microsoftonline.cn/t/v2.0', '', 'Azure China (21Vianet)'],
    ['https://sts.chinacloudapi.cn/t/', '', 'Azure China (21Vianet)'],
    ['https://contoso.ciamlogin.com/t/v2.0', '', 'Azure public cloud'],
    ['https://sts.windows.net/t/', 'https://vault.azure.net', 'Azure public cloud'],
    ['https://sts.windows.net/t/', 'https://graph.microsoft.us', 'Azure US Government'],
    ['https://sts.windows.net/t/', app, 'Azure public cloud or Azure US Government'],
    ['https://127.0.0.1:8443/t/', '', undefined],
    ['https://login.microsoftonline.com.example/t/', '', undefined],
  ])('tell by the issuer %s and the audience %s the cloud: %s', (iss, aud, cloud) => {
    expect(factsIn({ iss, aud }).cloud).toBe(cloud);
  });

  it('that name what every object has tell nothing', () => {
    expect(factsIn({ idtyp: 'constructor', appidacr: 'toString' })).toEqual(
      factsIn({ idtyp: 'other', appidacr: 'other' }),
    );
  });

  it("mark an agent's token, and one of an agent's user account", () => {
    const agent = { xms_par_app_azp: 'b1ee9000', xms_act_fct: '9 3 11', xms_sub_fct: '9 3 11' };
    expect(factsIn(agent)).toMatchObject({ agent_identity: { blueprint_id: 'b1ee9000', agent_user: false } });
    expect(lineOf({ xms_act_fct: '11', xms_sub_fct: '3 13' }, 'Agent identity')).toBe("an agent's user account");
    expect(factsIn({ xms_act_fct: '9 3', xms_sub_fct: '9 3 11' })).not.toHaveProperty('agent_identity');
  });
});
