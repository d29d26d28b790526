import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parentToken, type ParentTokenRequest } from '../../../src/grants/parent-token.ts';
import { forgetApplications } from '../../../src/msal/applications.ts';
import { withRequestContext } from '../../../src/platform/request-context.ts';
import { blueprint, invoiceAgent, mailAgent } from '../../emulator/agents.ts';
import { claimsIn, steps } from '../../helpers/agent-flows.ts';
import type { Emulator } from '../../helpers/flows.ts';
import { recordedContext } from '../../helpers/request-context.ts';
import { identityOf, startTrustedEmulator } from '../../helpers/trusted-emulator.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startTrustedEmulator();
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  forgetApplications();
  await emulator.close();
});

function ask(changes: Partial<ParentTokenRequest> = {}): Promise<string> {
  return withRequestContext(recordedContext(), () =>
    parentToken({
      blueprint: identityOf(emulator, blueprint.id),
      credential: { kind: 'secret', secret: blueprint.secret },
      agent: invoiceAgent,
      renew: false,
      identity: () => Promise.reject(new Error('There is no managed identity.')),
      ...changes,
    }),
  );
}

describe('A parent token', () => {
  it('names the agent identity, in the form that Entra has', async () => {
    expect(claimsIn(await ask())['sub']).toMatch(new RegExp(`/${invoiceAgent}$`));
    expect(claimsIn(await ask({ agent: mailAgent }))['sub']).toMatch(new RegExp(`/${mailAgent}$`));
  });

  it('is reused until five minutes before its end, and not longer', async () => {
    const first = await ask();
    const end = Number(claimsIn(first)['exp']) * 1000;
    vi.setSystemTime(end - 305_000);
    expect(await ask()).toBe(first);
    expect(steps(emulator)).toEqual(['parent']);
    vi.setSystemTime(end - 295_000);
    expect(await ask()).not.toBe(first);
    expect(steps(emulator)).toEqual(['parent', 'parent']);
  });

  it('takes the place of the one before when it is got anew', async () => {
    const first = await ask();
    const second = await ask({ renew: true });
    expect(second).not.toBe(first);
    expect(await ask()).toBe(second);
    expect(steps(emulator)).toEqual(['parent', 'parent']);
  });

  it('is another one in another tenant name, since nobody knows that they are one', async () => {
    const first = await ask();
    expect(await ask({ blueprint: identityOf(emulator, blueprint.id, 'contoso.com') })).not.toBe(first);
  });
});
