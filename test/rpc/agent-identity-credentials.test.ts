import { ResponseError } from 'vscode-jsonrpc/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  getAgentIdentityToken,
  type AgentIdentityTokenMode,
  type AgentIdentityTokenParameters,
  type AgentIdentityTokenResult,
} from '../../src/protocol/agent-identity-token.ts';
import { sign } from '../../src/protocol/host.ts';
import { agentUser, blueprint, invoiceAgent, mailAgent, userToken } from '../emulator/agents.ts';
import { claimsIn, contosoAgent, steps } from '../helpers/agent-flows.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { contoso, refusalOf, towards } from '../helpers/flows.ts';
import { descriptionOf, signWith, storedCertificate } from '../helpers/signing-host.ts';
import { directoryWith, emulatorOfFile } from '../helpers/emulator.ts';

const registered = storedCertificate();
const stranger = storedCertificate();
/** The user-assigned identity that the blueprint trusts, and the system-assigned one, which it doesn't. */
const shared = { clientId: 'a5516000-0000-4000-8000-000000000002' };
const runbooks = { objectId: '5e1f0000-0000-4000-8000-0000000000f1' };
let engine: Engine;

const emulator = await emulatorOfFile({
  directory: directoryWith(blueprint.id, { certificates: [registered.certificate] }),
});
beforeEach(async () => {
  engine = await startEngine({ environment: towards(emulator), capabilities: { sign: true } });
});
afterEach(() => engine[Symbol.asyncDispose]());

const { blueprintSecret: _, ...withoutSecret } = contosoAgent;

function ask(
  parameters: AgentIdentityTokenParameters,
  {
    mode = 'AutonomousApp',
    environment = {},
  }: { mode?: AgentIdentityTokenMode; environment?: Readonly<Record<string, string>> } = {},
): Promise<AgentIdentityTokenResult> {
  return engine.connection.sendRequest(getAgentIdentityToken, {
    parameterSet: mode,
    parameters: { ...withoutSecret, ...parameters },
    environment: { ...towards(emulator), ...environment },
    logLevel: 'verbose',
  });
}

describe('A blueprint that proves itself by a certificate of the host', () => {
  const certificate = descriptionOf(registered);

  it('has the host sign once for all of its agent identities, and never for what is cached', async () => {
    const asked = signWith(engine, registered);
    const invoice = await ask({ blueprintCertificate: certificate });
    const mail = await ask({ blueprintCertificate: certificate, agentIdentityAppId: mailAgent });
    await ask({ blueprintCertificate: certificate });
    expect([invoice, mail].map(({ token }) => claimsIn(token)['appid'])).toEqual([invoiceAgent, mailAgent]);
    expect(invoice.reusableUntil).toBe(invoice.expiresOn - 5 * 60_000);
    expect(steps(emulator)).toEqual(['parent', 'agent', 'parent', 'agent']);
    expect(asked.map(({ handle, algorithm }) => [handle, algorithm])).toEqual([['key-1', 'PS256']]);
    expect(engine.logs.map(({ message }) => message)).toContain(
      `Blueprint ${blueprint.id} gets a parent token for agent identity ${invoiceAgent}, by certificate ${certificate.thumbprint}.`,
    );
  });

  it('has the host sign once for requests of all modes at once', async () => {
    const asked = signWith(engine, registered);
    const given = await userToken(emulator);
    await Promise.all([
      ask({ blueprintCertificate: certificate }),
      ask({ blueprintCertificate: certificate, userToken: given }, { mode: 'OBO' }),
      ask({ blueprintCertificate: certificate, userUpn: agentUser.username }, { mode: 'AutonomousUser' }),
    ]);
    expect(asked).toHaveLength(1);
  });

  it('is told where the certificate is not registered with it', async () => {
    signWith(engine, stranger);
    const refusal = await refusalOf(ask({ blueprintCertificate: descriptionOf(stranger) }));
    expect(refusal.data).toMatchObject({
      code: 'InvalidClient',
      aadsts: 700027,
      parameter: 'BlueprintCertificateThumbprint',
    });
    expect(refusal.message).toMatch(
      /Register the certificate with the blueprint, or name the one that is with -BlueprintCertificateThumbprint\.$/,
    );
  });

  it('is told of a certificate that has expired, before anything is signed or asked', async () => {
    const asked = signWith(engine, registered);
    const expired = makeCertificate({ notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2021, 0, 1) });
    expect(
      await refusalOf(ask({ blueprintCertificate: descriptionOf(expired, { thumbprint: 'AB12' }) })),
    ).toMatchObject({
      code: -32000,
      message:
        'The certificate AB12 expired on 2021-01-01T00:00:00.000Z. Make a new one, and register it with the application.',
      data: { code: 'CertificateInvalid', parameter: 'BlueprintCertificateThumbprint' },
    });
    expect([asked.length, emulator.requests.length]).toEqual([0, 0]);
  });

  it("is told the host's reason where it does not sign", async () => {
    engine.connection.onRequest(sign, () => {
      throw new ResponseError(-32000, 'The smart card is not there');
    });
    const refusal = await refusalOf(ask({ blueprintCertificate: certificate }));
    expect(refusal.data.code).toBe('SigningFailed');
    expect(refusal.message).toContain('The smart card is not there.');
    expect(steps(emulator)).toEqual([]);
  });

  it('is refused what is no certificate', async () => {
    expect(await refusalOf(ask({ blueprintCertificate: 'AB12' as never }))).toMatchObject({
      code: -32602,
      message:
        'Parameter BlueprintCertificateThumbprint: an object with handle, thumbprint, x5c and algorithms is needed.',
      data: { code: 'InvalidParameter', parameter: 'BlueprintCertificateThumbprint' },
    });
  });
});

describe('A blueprint that proves itself by a managed identity', () => {
  const identityRequests = (): number =>
    emulator.requests.filter(({ query }) => query['resource'] !== undefined).length;

  it.each([
    ['App Service', () => emulator.managedIdentityEnvironment.appService],
    ['a virtual machine', () => emulator.managedIdentityEnvironment.imds],
  ])('that is user-assigned, on %s, gets the agent identity its token', async (_where, environment) => {
    const identity = { blueprintManagedIdentity: shared.clientId };
    const { token } = await ask(identity, { environment: environment() });
    expect(claimsIn(token)).toMatchObject({ appid: invoiceAgent, tid: contoso });
    expect(steps(emulator)).toEqual(['parent', 'agent']);
    expect(identityRequests()).toBe(1);
    expect(engine.logs.map(({ message }) => message)).toContain(
      `Blueprint ${blueprint.id} gets a parent token for agent identity ${invoiceAgent}, by the user-assigned managed identity ${shared.clientId}.`,
    );
    emulator.clearRequests();
    expect((await ask(identity, { environment: environment() })).token).toBe(token);
    expect(emulator.requests).toEqual([]);
  });

  it('that is system-assigned does so where the blueprint trusts it', async () => {
    const { federatedCredentials = [] } = emulator.directory.applications.find(({ id }) => id === blueprint.id) ?? {};
    const trusted = { issuer: `{authority}/${contoso}/v2.0`, subject: runbooks.objectId };
    (federatedCredentials as unknown[]).push(trusted);
    try {
      const { token } = await ask({ blueprintManagedIdentity: 'systemassigned' });
      expect(claimsIn(token)['appid']).toBe(invoiceAgent);
    } finally {
      (federatedCredentials as unknown[]).pop();
    }
  });

  it('is told where it does not trust it', async () => {
    const refusal = await refusalOf(ask({ blueprintManagedIdentity: 'SystemAssigned' }));
    expect(refusal.data).toMatchObject({
      code: 'InvalidClient',
      aadsts: 700213,
      parameter: 'BlueprintManagedIdentity',
    });
    expect(refusal.message).toMatch(
      /The blueprint does not trust this managed identity: give it a federated credential whose issuer is the identity's tenant and whose subject is its object id, or name another one with -BlueprintManagedIdentity\.$/,
    );
    expect(steps(emulator)).toEqual(['parent refused']);
  });

  it('is told where nobody of that client id is assigned', async () => {
    const refusal = await refusalOf(ask({ blueprintManagedIdentity: contoso }));
    expect(refusal.data.code).toBe('ManagedIdentityFailed');
    expect(refusal.message).toContain(
      'Check that it is assigned to this resource and that -BlueprintManagedIdentity is its client id.',
    );
    expect(steps(emulator)).toEqual([]);
  });

  it('is told where there is no managed identity', async () => {
    const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9' };
    const refusal = await refusalOf(ask({ blueprintManagedIdentity: 'SystemAssigned' }, { environment }));
    expect(refusal.data.code).toBe('ManagedIdentityUnavailable');
  });

  it('gets another parent token where the environment has another identity', async () => {
    const identity = { blueprintManagedIdentity: shared.clientId };
    const { appService, imds } = emulator.managedIdentityEnvironment;
    const first = await ask(identity, { environment: appService });
    const second = await ask(identity, { environment: imds });
    expect(second.token).not.toBe(first.token);
    expect(steps(emulator)).toEqual(['parent', 'agent', 'parent', 'agent']);
  });

  it('asks the identity once for requests of many agent identities at once', async () => {
    const { appService } = emulator.managedIdentityEnvironment;
    await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        ask(
          {
            blueprintManagedIdentity: shared.clientId,
            agentIdentityAppId: index % 2 ? mailAgent : invoiceAgent,
            // Two requests that differ are two.
            timeoutSeconds: 60 + index,
          },
          { environment: appService },
        ),
      ),
    );
    expect(steps(emulator).filter((step) => step === 'parent')).toHaveLength(2);
    expect(identityRequests()).toBe(1);
  });
});
