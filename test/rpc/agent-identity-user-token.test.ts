import { describe, expect, it } from 'vitest';
import {
  addOtherBlueprint,
  agentPortal,
  blueprint,
  mailAgent,
  otherBlueprint,
  tampered,
  userToken,
} from '../emulator/agents.ts';
import { agentToken } from '../helpers/agent-flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { engineOfFile } from '../helpers/engine-of-file.ts';
import { alice, refusalOf, towards, type Refusal } from '../helpers/flows.ts';
import { userRead } from '../helpers/partner-flows.ts';

const emulator = await emulatorOfFile();
addOtherBlueprint(emulator);
const engine = await engineOfFile({ environment: towards(emulator) });

describe('A user token', () => {
  const refused = (given: string): Promise<Refusal> => refusalOf(agentToken(engine, 'OBO', { userToken: given }));

  it.each([
    ['for Microsoft Graph', userRead, 'the token is for Microsoft Graph, not for the blueprint.'],
    [
      'for another application',
      `api://${otherBlueprint.id}/access_agent`,
      `the token is for '${otherBlueprint.id}', not for the blueprint.`,
    ],
  ])('%s is refused before anybody is asked', async (_what, scope, words) => {
    const client = scope === userRead ? '04b07795-8ddb-461a-bbee-02f9e1bf7b46' : agentPortal;
    if (client === agentPortal) consentToOtherBlueprint();
    const given = await userToken(emulator, { client, scope });
    emulator.clearRequests();
    const refusal = await refused(given);
    expect(refusal).toEqual({
      code: -32602,
      message:
        `Parameter UserToken: ${words} Give an access token that the user got for the blueprint itself: ` +
        `its audience is ${blueprint.id} or api://${blueprint.id}.`,
      data: { code: 'InvalidParameter', parameter: 'UserToken', retryable: false },
    });
    expect(emulator.requests).toEqual([]);
  });

  it('that is an id token is refused before anybody is asked', async () => {
    const given = await userToken(emulator, { name: 'id_token' });
    emulator.clearRequests();
    const refusal = await refused(given);
    expect(refusal.data).toMatchObject({ code: 'InvalidParameter', parameter: 'UserToken' });
    expect(refusal.message).toContain(`the token is for '${agentPortal}', not for the blueprint.`);
    expect(emulator.requests).toEqual([]);
  });

  it('that somebody has changed is refused by Entra, and the parameter is named', async () => {
    const given = tampered(await userToken(emulator));
    const refusal = await refused(given);
    expect(refusal).toMatchObject({
      code: -32000,
      data: {
        code: 'InvalidGrant',
        parameter: 'UserToken',
        aadsts: 50013,
        correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(refusal.message).toMatch(
      /^AADSTS50013: Assertion failed signature validation\. .* \(correlation id [0-9a-f-]{36}\) Check -UserToken: an access token is needed that this user got for the blueprint itself\.$/,
    );
    expect(JSON.stringify(refusal)).not.toContain(given);
  });

  it('of a user who is disabled meanwhile is refused', async () => {
    const given = await userToken(emulator);
    const user = emulator.directory.users.find((each) => each.userPrincipalName === alice.username) as {
      disabled?: boolean;
    };
    user.disabled = true;
    const refusal = await refused(given);
    user.disabled = false;
    expect(refusal.data).toMatchObject({ code: 'InvalidGrant', parameter: 'UserToken', aadsts: 50057 });
    expect(refusal.message).toMatch(/Check -UserToken: nobody can act for a user whose account is disabled\.$/);
  });

  it('needs consent to the agent identity', async () => {
    const refusal = await refusalOf(
      agentToken(engine, 'OBO', { userToken: await userToken(emulator), agentIdentityAppId: mailAgent }),
    );
    expect(refusal.data).toMatchObject({
      code: 'ConsentRequired',
      parameter: 'Scope',
      aadsts: 65001,
      suberror: 'consent_required',
    });
    expect(refusal.message).toMatch(
      /The user, or an administrator for everybody, must first consent to what this agent identity asks for: check -Scope\.$/,
    );
  });

  it('whose agent identity must answer a claims challenge is told of, with the challenge', async () => {
    const given = await userToken(emulator);
    await agentToken(engine, 'AutonomousApp');
    emulator.nextAnswers.push({ kind: 'claims-challenge' });
    const refusal = await refused(given);
    expect(refusal.data).toMatchObject({
      code: 'InteractionRequired',
      aadsts: 50076,
      claims: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    });
    expect(refusal.message).toMatch(
      /Have the user sign in again with the claims challenge, and give the new token as -UserToken\.$/,
    );
  });
});

function consentToOtherBlueprint(): void {
  const portal = emulator.directory.applications.find(({ id }) => id === agentPortal) as {
    delegatedPermissions: string[];
  };
  portal.delegatedPermissions = [...portal.delegatedPermissions, `api://${otherBlueprint.id}/access_agent`];
}
