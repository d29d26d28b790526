import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { getAgentIdentityToken, type AgentIdentityTokenMode } from '../../src/protocol/agent-identity-token.ts';
import { forget } from '../../src/protocol/session.ts';
import { agentUser, blueprint, invoiceAgent, mailAgent, userToken } from '../emulator/agents.ts';
import { agentToken, claimsIn, contosoAgent, steps } from '../helpers/agent-flows.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { contoso, refusalOf, towards, type Emulator } from '../helpers/flows.ts';
import { aliceId, userRead } from '../helpers/partner-flows.ts';

const secondSecret = 'Blueprint-Secret~2';
const ordersDefault = 'api://contoso-orders/.default';
/** By how much the emulator's clock is ahead, in milliseconds. */
let ahead = 0;
let emulator: Emulator;
let engine: Engine;

/** Agent identities like the invoice agent, for tests in bulk. */
const manyAgents = Array.from(
  { length: 20 },
  (_, index) => `a9e47000-0000-4000-8000-0000000001${String(index).padStart(2, '0')}`,
);

beforeAll(async () => {
  const { applications = [] } = defaultDirectory;
  const model = applications.find(({ id }) => id === invoiceAgent);
  if (!model) throw new Error('The invoice agent is gone.');
  emulator = await startEmulator({
    now: () => Date.now() + ahead,
    directory: {
      ...defaultDirectory,
      applications: [
        ...applications.map((each) =>
          each.id === blueprint.id ? { ...each, secrets: [...(each.secrets ?? []), { value: secondSecret }] } : each,
        ),
        ...manyAgents.map((id) => ({ ...model, id, name: `Agent ${id}` })),
      ],
      consents: [
        ...(defaultDirectory.consents ?? []),
        { client: invoiceAgent, user: agentUser.username, scopes: ['api://contoso-orders/Orders.Read'] },
      ],
    },
  });
});
afterAll(() => emulator.close());
beforeEach(async () => {
  engine = await startEngine({ environment: towards(emulator) });
  emulator.clearRequests();
});
afterEach(async () => {
  ahead = 0;
  emulator.nextAnswers.clear();
  await engine[Symbol.asyncDispose]();
});

const verbose = { logLevel: 'verbose' } as const;
const verboseLines = (): readonly string[] =>
  engine.logs.filter(({ level }) => level === 'verbose').map(({ message }) => message);

describe('The mode AutonomousApp', () => {
  it("gets the agent identity's own token through a parent token", async () => {
    const { token, ...times } = await agentToken(engine, 'AutonomousApp');
    expect(claimsIn(token)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: invoiceAgent,
      tid: contoso,
      roles: ['User.Read.All'],
      xms_par_app_azp: blueprint.id,
    });
    const expiresOn = Number(claimsIn(token)['exp']) * 1000;
    expect(times).toEqual({ expiresOn, reusableUntil: expiresOn - 5 * 60_000 });
    expect(steps(emulator)).toEqual(['parent', 'agent']);
  });

  it('says with -Verbose what it does, without a secret or token', async () => {
    await agentToken(engine, 'AutonomousApp', {}, verbose);
    await agentToken(engine, 'AutonomousApp', { scope: ordersDefault }, verbose);
    await agentToken(engine, 'AutonomousApp', {}, verbose);
    expect(verboseLines()).toEqual([
      `Blueprint ${blueprint.id} gets a parent token for agent identity ${invoiceAgent}, by its secret.`,
      `Agent identity ${invoiceAgent} gets its own token.`,
      `The parent token for agent identity ${invoiceAgent} is at hand.`,
      `Agent identity ${invoiceAgent} gets its own token.`,
      `Agent identity ${invoiceAgent} has its own token already.`,
    ]);
  });

  it('takes a domain for the tenant, and AZURE_TENANT_ID where none is given', async () => {
    const named = await agentToken(engine, 'AutonomousApp', { tenantId: 'contoso.onmicrosoft.com' });
    expect(claimsIn(named.token)['tid']).toBe(contoso);
    const { tenantId: _, ...without } = contosoAgent;
    const result = await engine.connection.sendRequest(getAgentIdentityToken, {
      parameterSet: 'AutonomousApp',
      parameters: without,
      environment: { ...towards(emulator), AZURE_TENANT_ID: contoso },
      ...verbose,
    });
    expect(claimsIn(result.token)['tid']).toBe(contoso);
    expect(verboseLines()).toContain(`The tenant is AZURE_TENANT_ID's: ${contoso}.`);
  });

  it('takes the mode in any case, as PowerShell does', async () => {
    const { token } = await agentToken(engine, 'autonomousapp' as AgentIdentityTokenMode);
    expect(claimsIn(token)['appid']).toBe(invoiceAgent);
  });

  it('warns of a user that the mode has no use for, and leaves it out', async () => {
    const { token } = await agentToken(engine, 'AutonomousApp', { userToken: 'x', userUpn: 'y' });
    expect(claimsIn(token)['idtyp']).toBe('app');
    expect(engine.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warning: -UserToken counts in -Mode OBO only. It was left out.',
      'warning: -UserUpn counts in -Mode AutonomousUser only. It was left out.',
    ]);
  });

  it('answers a claims challenge past the cache, and its answer is for nobody else', async () => {
    await agentToken(engine, 'AutonomousApp');
    const claim = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const result = await agentToken(engine, 'AutonomousApp', { claim });
    expect(claimsIn(result.token)['acrs']).toEqual(['c1']);
    expect(result.reusableUntil).toBeNull();
    expect(steps(emulator)).toEqual(['parent', 'agent', 'agent']);
  });
});

describe('The mode OBO', () => {
  it("gets a token for the user who has called, by that user's token for the blueprint", async () => {
    const userTokenOfAlice = await aliceToken();
    emulator.clearRequests();
    const { token } = await agentToken(engine, 'OBO', { userToken: userTokenOfAlice, scope: userRead });
    expect(claimsIn(token)).toMatchObject({
      appid: invoiceAgent,
      oid: aliceId,
      scp: expect.stringContaining('User.Read'),
      xms_par_app_azp: blueprint.id,
    });
    expect(steps(emulator)).toEqual(['parent', 'on behalf of']);
  });

  it('takes several scopes of one resource, with spaces between them', async () => {
    const scope = ` ${userRead}  https://graph.microsoft.com/Mail.Read`;
    const { token } = await agentToken(engine, 'OBO', { userToken: await aliceToken(), scope });
    expect(claimsIn(token)['scp']).toBe('Mail.Read openid profile User.Read');
  });

  it("keeps a token for each user token, and takes nobody's for somebody else's", async () => {
    const [first, second] = [await aliceToken(), await aliceToken()];
    emulator.clearRequests();
    const one = await agentToken(engine, 'OBO', { userToken: first });
    const other = await agentToken(engine, 'OBO', { userToken: second });
    const again = [
      await agentToken(engine, 'OBO', { userToken: first }),
      await agentToken(engine, 'OBO', { userToken: second }),
    ];
    expect(again.map(({ token }) => token)).toEqual([one.token, other.token]);
    expect(one.token).not.toBe(other.token);
    expect(steps(emulator)).toEqual(['parent', 'on behalf of', 'on behalf of']);
  });

  it("is not answered by a host for longer than the user's token lasts", async () => {
    const userTokenOfNow = await aliceToken();
    // An agent's token that outlives the user's.
    ahead = 1_800_000;
    const result = await agentToken(engine, 'OBO', { userToken: userTokenOfNow });
    expect(result.reusableUntil).toBe(Number(claimsIn(userTokenOfNow)['exp']) * 1000);
  });
});

describe('The mode AutonomousUser', () => {
  it.each([
    ['name', { userUpn: agentUser.username }],
    ['name in another case', { userUpn: agentUser.username.toUpperCase() }],
    ['object id', { userId: agentUser.id }],
  ])("gets a token for the agent's user account by its %s, then has it", async (_by, user) => {
    const { token } = await agentToken(engine, 'AutonomousUser', user);
    expect(claimsIn(token)).toMatchObject({ appid: invoiceAgent, oid: agentUser.id, idtyp: 'user' });
    expect(steps(emulator)).toEqual(['parent', 'exchange', 'user_fic']);
    expect((await agentToken(engine, 'AutonomousUser', user)).token).toBe(token);
    expect(steps(emulator)).toHaveLength(3);
  });

  it('uses its refresh token for another resource', async () => {
    const user = { userUpn: agentUser.username };
    await agentToken(engine, 'AutonomousUser', user);
    const { token } = await agentToken(engine, 'AutonomousUser', { ...user, scope: ordersDefault });
    expect(claimsIn(token)).toMatchObject({ oid: agentUser.id, scp: 'Orders.Read' });
    expect(steps(emulator)).toEqual(['parent', 'exchange', 'user_fic', 'refresh']);
  });

  it('begins again where its refresh token is of no use any more', async () => {
    const user = { userUpn: agentUser.username };
    await agentToken(engine, 'AutonomousUser', user);
    const account = emulator.directory.users.find(({ id }) => id === agentUser.id) as { password?: string };
    account.password = 'Set-By-Somebody-1!';
    try {
      const { token } = await agentToken(engine, 'AutonomousUser', { ...user, scope: ordersDefault }, verbose);
      expect(claimsIn(token)['oid']).toBe(agentUser.id);
      expect(steps(emulator)).toEqual(['parent', 'exchange', 'user_fic', 'refresh refused', 'user_fic']);
      expect(verboseLines()).toContainEqual(
        expect.stringMatching(/^The account's refresh token is of no use: AADSTS50173: /),
      );
    } finally {
      delete account.password;
    }
  });
});

describe('Parent tokens', () => {
  it('are one for each agent identity', async () => {
    await agentToken(engine, 'AutonomousApp');
    await agentToken(engine, 'AutonomousApp', { agentIdentityAppId: mailAgent });
    await agentToken(engine, 'AutonomousApp');
    expect(steps(emulator)).toEqual(['parent', 'agent', 'parent', 'agent']);
  });

  it('are shared by the modes, scopes and users of an agent identity, also at the same time', async () => {
    const userTokenOfAlice = await aliceToken();
    emulator.clearRequests();
    await Promise.all([
      agentToken(engine, 'AutonomousApp'),
      agentToken(engine, 'AutonomousApp', { scope: ordersDefault }),
      agentToken(engine, 'OBO', { userToken: userTokenOfAlice }),
      agentToken(engine, 'AutonomousUser', { userId: agentUser.id }),
    ]);
    expect(steps(emulator).toSorted()).toEqual(['agent', 'agent', 'exchange', 'on behalf of', 'parent', 'user_fic']);
  });

  it('are 20, and so are the tokens, for 200 requests at once over 20 agent identities', async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const agentIdentityAppId = manyAgents[index % manyAgents.length] ?? '';
        return agentToken(engine, 'AutonomousApp', { agentIdentityAppId });
      }),
    );
    expect(results.map(({ token }) => claimsIn(token)['appid'])).toEqual(
      Array.from({ length: 200 }, (_, index) => manyAgents[index % manyAgents.length]),
    );
    const done = steps(emulator);
    expect(done.filter((step) => step === 'parent')).toHaveLength(20);
    expect(done.filter((step) => step === 'agent')).toHaveLength(20);
    expect(done).toHaveLength(40);
  });

  it('are new for a new secret, and so is all that they led to', async () => {
    const first = await agentToken(engine, 'AutonomousApp');
    const second = await agentToken(engine, 'AutonomousApp', { blueprintSecret: secondSecret });
    expect(second.token).not.toBe(first.token);
    expect(steps(emulator)).toEqual(['parent', 'agent', 'parent', 'agent']);
  });

  it('that a secret has led to are nothing for a wrong secret', async () => {
    await agentToken(engine, 'AutonomousApp');
    const refusal = await refusalOf(agentToken(engine, 'AutonomousApp', { blueprintSecret: 'wrong' }));
    expect(refusal.data).toMatchObject({ code: 'InvalidClient', aadsts: 7000215, parameter: 'BlueprintSecret' });
  });

  it('that Entra takes for too old are dropped, and the request is made once more', async () => {
    await agentToken(engine, 'AutonomousApp');
    ahead = 2 * 3_600_000;
    const { token } = await agentToken(engine, 'AutonomousApp', { scope: ordersDefault }, verbose);
    expect(claimsIn(token)['azp']).toBe(invoiceAgent);
    expect(steps(emulator)).toEqual(['parent', 'agent', 'agent refused', 'parent', 'agent']);
    expect(verboseLines()).toContain('Entra takes the parent token no more.');
  });

  it('are got anew with -Force, once, and kept instead of the old ones', async () => {
    const first = await agentToken(engine, 'AutonomousUser', { userId: agentUser.id });
    emulator.clearRequests();
    const forced = await agentToken(engine, 'AutonomousUser', { userId: agentUser.id, force: true });
    expect(steps(emulator)).toEqual(['parent', 'exchange', 'user_fic']);
    expect(forced.token).not.toBe(first.token);
    expect((await agentToken(engine, 'AutonomousUser', { userId: agentUser.id })).token).toBe(forced.token);
    expect(steps(emulator)).toHaveLength(3);
  });

  it('are not needed for tokens that are there already, also when they have ended', async () => {
    const { token } = await agentToken(engine, 'AutonomousApp');
    ahead = 2 * 3_600_000;
    emulator.nextAnswers.push({ kind: 'status', status: 503, times: 9 });
    expect((await agentToken(engine, 'AutonomousApp')).token).toBe(token);
    emulator.nextAnswers.clear();
    expect(steps(emulator)).toHaveLength(2);
  });

  it('are forgotten with the session', async () => {
    await agentToken(engine, 'AutonomousApp');
    await engine.connection.sendRequest(forget);
    await agentToken(engine, 'AutonomousApp');
    expect(steps(emulator)).toEqual(['parent', 'agent', 'parent', 'agent']);
  });
});

describe('A request', () => {
  it('that is cancelled ends at once; the next one for the same token gets it', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    const source = new CancellationTokenSource();
    const first = refusalOf(
      engine.connection.sendRequest(
        getAgentIdentityToken,
        { parameterSet: 'AutonomousApp', parameters: contosoAgent },
        source.token,
      ),
    );
    await expect.poll(() => emulator.nextAnswers.length).toBe(0);
    source.cancel();
    expect(await first).toMatchObject({ code: -32800, data: { code: 'Cancelled' } });
    expect(claimsIn((await agentToken(engine, 'AutonomousApp')).token)['appid']).toBe(invoiceAgent);
  });

  it('ends when its time is up', async () => {
    emulator.nextAnswers.push({ kind: 'hang' });
    expect(await refusalOf(agentToken(engine, 'AutonomousApp', { timeoutSeconds: 1 }))).toMatchObject({
      code: -32000,
      message: 'No token came within 1 second. Try again, or give more time with -TimeoutSeconds.',
      data: { code: 'Timeout', retryable: true },
    });
  });

  it('leaves no secret and no token in what the engine logs', async () => {
    const userTokenOfAlice = await aliceToken();
    const everything = { logLevel: 'debug' } as const;
    const results = [
      await agentToken(engine, 'AutonomousApp', {}, everything),
      await agentToken(engine, 'OBO', { userToken: userTokenOfAlice }, everything),
      await agentToken(engine, 'AutonomousUser', { userId: agentUser.id }, everything),
    ];
    const refusal = await refusalOf(
      agentToken(engine, 'AutonomousApp', { blueprintSecret: secondSecret.slice(1) }, everything),
    );
    const told = JSON.stringify([engine.logs, refusal]);
    expect(engine.logs.length).toBeGreaterThan(20);
    for (const secret of [
      blueprint.secret,
      secondSecret.slice(1),
      userTokenOfAlice,
      ...results.map(({ token }) => token),
    ]) {
      expect(told).not.toContain(secret);
    }
    // Parent tokens and tokens for the token exchange: any JWT would begin like this.
    expect(told).not.toMatch(/eyJ[\w-]{10}/);
  });
});

const aliceToken = (): Promise<string> => userToken(emulator);
