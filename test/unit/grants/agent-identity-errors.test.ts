import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  refusalsOfAgent,
  refusalsOfAgentUser,
  refusalsOfBlueprint,
  refusalsOnBehalfOf,
} from '../../../src/grants/agent-identity-errors.ts';

const tables = {
  'of a blueprint with a secret': refusalsOfBlueprint('secret'),
  'of a blueprint with a certificate': refusalsOfBlueprint('hostCertificate'),
  'of a blueprint with a managed identity': refusalsOfBlueprint('managedIdentity'),
  'of an agent identity': refusalsOfAgent,
  'on behalf of a user': refusalsOnBehalfOf,
  'of a user account by name': refusalsOfAgentUser('UserUpn'),
  'of a user account by object id': refusalsOfAgentUser('UserId'),
};
const rows = Object.entries(tables).flatMap(([step, table]) =>
  Object.entries(table).map(([aadsts, advice]) => [step, aadsts, advice] as const),
);

/** docs/errors.md's rows as `number code parameter`. */
const documented = new Set(
  [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| ([\d, ]+) \| .+ \| `(\w+)` \| (.+) \|$/gm)].flatMap(
    ([, numbers = '', code, parameters = '']) =>
      numbers
        .split(', ')
        .flatMap((number) =>
          [...parameters.matchAll(/`(\w+)`/g)].map(([, parameter]) => `${number} ${code} ${parameter}`),
        ),
  ),
);
const inSources = new Set(rows.map(([, aadsts, { code, parameter }]) => `${aadsts} ${code} ${parameter}`));

describe('docs/errors.md', () => {
  it("has what each of Entra's refusals means for agent identities, and no more", () => {
    expect([...documented].toSorted()).toEqual([...inSources].toSorted());
  });
});

describe("Entra's refusal", () => {
  it.each(rows)('%s, AADSTS%s, comes with a sentence that names the parameter to change', (_step, _number, advice) => {
    expect(advice.advice).toMatch(/^[A-Z].*\.$/);
    expect(advice.parameter).toBeDefined();
    expect(advice.advice).toContain(`-${advice.parameter}`);
  });

  it.each([82001, 82002])('that it is a blueprint which asks, AADSTS%d, points at the agent identity', (aadsts) => {
    expect(refusalsOfAgent[aadsts]).toEqual({
      code: 'InvalidClient',
      parameter: 'AgentIdentityAppId',
      advice: 'Check -AgentIdentityAppId: a blueprint gets such tokens through its agent identities only.',
    });
  });

  it('of the subject is about the agent identity in one step, and about the user account in the next', () => {
    expect(refusalsOfAgent[700213]?.parameter).toBe('AgentIdentityAppId');
    expect(refusalsOfAgentUser('UserUpn')[700213]?.parameter).toBe('UserUpn');
    expect(refusalsOfBlueprint('managedIdentity')[700213]?.parameter).toBe('BlueprintManagedIdentity');
  });
});
