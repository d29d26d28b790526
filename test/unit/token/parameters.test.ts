import { describe, expect, it } from 'vitest';
import {
  claimOf,
  clientIdOf,
  oneOf,
  parameterSetOf,
  precedenceOf,
  refuseOthers,
  resourceOf,
  scopesOf,
  scopesOfResource,
  tenantOf,
  timeoutOf,
} from '../../../src/token/parameters.ts';

const guid = '11111111-2222-3333-4444-555555555555';

describe('TenantId', () => {
  it.each([guid, 'contoso.onmicrosoft.com', 'contoso.com', 'organizations', 'Common', 'consumers'])(
    'takes %s',
    (tenant) => {
      expect(tenantOf({ tenantId: tenant })).toBe(tenant);
    },
  );
  it('may be absent', () => expect(tenantOf({})).toBeUndefined());
  it.each(['contoso', 'a b', '../common', 'contoso.com/x', '-a.com', 'https://contoso.com'])('refuses %s', (tenant) => {
    expect(() => tenantOf({ tenantId: tenant })).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        message: `Parameter TenantId: '${tenant}' is no tenant. Give its id (a GUID) or one of its domains, such as contoso.onmicrosoft.com.`,
      }),
    );
  });
  it('refuses an empty text', () => {
    expect(() => tenantOf({ tenantId: ' ' })).toThrow(
      'Parameter TenantId: the value is empty. Leave the parameter out, or give it a value.',
    );
  });
  it('refuses what is no text', () => {
    expect(() => tenantOf({ tenantId: 7 })).toThrow('Parameter TenantId: a text is needed.');
  });
});

describe('ClientId', () => {
  it('takes a GUID', () => expect(clientIdOf({ clientId: guid })).toBe(guid));
  it('refuses a name', () => {
    expect(() => clientIdOf({ clientId: 'my-app' })).toThrow(
      "Parameter ClientId: 'my-app' is no client id. It is a GUID: the application id of an app registration.",
    );
  });
});

describe('Resource', () => {
  it('is Microsoft Graph when absent', () => expect(resourceOf({})).toBe('https://graph.microsoft.com'));
  it('loses a trailing slash', () => {
    expect(resourceOf({ resource: 'https://vault.azure.net/' })).toBe('https://vault.azure.net');
  });
  it.each([guid, 'api://my-app', 'https://contoso.com/app', 'urn:ietf:x'])('takes %s', (resource) => {
    expect(resourceOf({ resource })).toBe(resource);
  });
  it.each(['graph', '/.default', 'http://graph.microsoft.com', 'file:///etc/passwd', 'https://a b', '--help'])(
    'refuses %s',
    (resource) => {
      expect(() => resourceOf({ resource })).toThrow(
        `Parameter Resource: '${resource}' is no resource. Give its https address, its application id URI (api://...) or its application id (a GUID).`,
      );
    },
  );
  it.each(['https://vault.azure.net/.default', 'https://vault.azure.net//.default/'])(
    'that is a scope is refused, and what it is of is named: %s',
    (resource) => {
      expect(() => resourceOf({ resource })).toThrow(
        expect.objectContaining({
          code: 'InvalidParameter',
          message: expect.stringMatching(
            /^Parameter Resource: 'https:\S+' is a scope\. Give its resource alone: -Resource https:\/\/vault\.azure\.net\/?$/,
          ),
        }),
      );
    },
  );
});

describe('Scope', () => {
  it.each([
    ['https://graph.microsoft.com/.default', '-Resource https://graph.microsoft.com -Scope .default'],
    ['https://graph.microsoft.com/User.Read', '-Resource https://graph.microsoft.com -Scope User.Read'],
    ['api://my-app/.default', '-Resource api://my-app -Scope .default'],
  ])('that has its resource before it is refused, and how to give both is said: %s', (scope, both) => {
    expect(() => scopesOfResource({ scope: ['Mail.Read', scope] }, 'https://graph.microsoft.com')).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        message: `Parameter Scope: '${scope}' has its resource before it, which is a parameter of its own: ${both}`,
      }),
    );
  });
  it.each(['user_impersonation', 'https://contoso.com/permissions', 'Files.Read/All'])(
    'may be any name that the resource has: %s',
    (scope) => {
      expect(scopesOfResource({ scope: [scope] }, 'https://graph.microsoft.com')).toEqual([scope]);
    },
  );
  it('is .default when absent', () => expect(scopesOf({})).toEqual(['.default']));
  it('takes several', () =>
    expect(scopesOf({ scope: ['User.Read', 'Mail.Read'] })).toEqual(['User.Read', 'Mail.Read']));
  it.each([['User.Read Mail.Read'], [''], ['a"b'], [7]])('refuses %j as one scope', (scope) => {
    expect(() => scopesOf({ scope: [scope] })).toThrow(
      `Parameter Scope: '${scope}' is no scope. Give one scope an element, without spaces, such as User.Read.`,
    );
  });
  it('refuses an empty list', () => {
    expect(() => scopesOf({ scope: [] })).toThrow('Parameter Scope: a list of scopes is needed.');
  });
});

describe('Claim', () => {
  it('takes a JSON object as it is', () => expect(claimOf({ claim: '{"a":1}' })).toBe('{"a":1}'));
  it.each(['eyJh', '[1]', '"x"'])('refuses %s', (claim) => {
    expect(() => claimOf({ claim })).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        message: expect.stringContaining('Parameter Claim: the value is no JSON object.'),
      }),
    );
  });
});

describe('TimeoutSeconds', () => {
  it('is 120 seconds when absent', () => expect(timeoutOf({})).toBe(120_000));
  it.each([0, -1, 1.5, 86_401, '30'])('refuses %j', (timeoutSeconds) => {
    expect(() => timeoutOf({ timeoutSeconds })).toThrow(
      `Parameter TimeoutSeconds: '${timeoutSeconds}' is no number of seconds from 1 to 86400.`,
    );
  });
});

describe('CredentialPrecedence', () => {
  it('keeps the order, and does not mind upper and lower case', () => {
    expect(precedenceOf({ credentialPrecedence: ['azurecli', 'Environment'] })).toEqual(['AzureCLI', 'Environment']);
  });
  it('refuses a source that there is none of', () => {
    expect(() => precedenceOf({ credentialPrecedence: ['Browser'] })).toThrow(
      "Parameter CredentialPrecedence: 'Browser' is no source. The sources are Environment, AzurePowerShell, AzureCLI, AzureDeveloperCli, VisualStudioCode, VisualStudio, ManagedIdentity.",
    );
  });
  it('refuses an empty list', () => {
    expect(() => precedenceOf({ credentialPrecedence: [] })).toThrow(
      'Parameter CredentialPrecedence: a list of sources is needed.',
    );
  });
});

describe('A value of a megabyte', () => {
  const long = 'x'.repeat(1_000_000);
  const ofGraph = 'https://graph.microsoft.com';
  it.each<[string, () => unknown]>([
    ['tenant', () => tenantOf({ tenantId: long })],
    ['client id', () => clientIdOf({ clientId: long })],
    ['resource', () => resourceOf({ resource: long })],
    ['scope as a resource', () => resourceOf({ resource: `${long}/.default` })],
    ['scope', () => scopesOf({ scope: [`${long} ${long}`] })],
    ['scope with its resource', () => scopesOfResource({ scope: [`${ofGraph}/${long}/${long}`] }, ofGraph)],
    ['timeout', () => timeoutOf({ timeoutSeconds: long })],
    ['source', () => precedenceOf({ credentialPrecedence: [long] })],
    ['choice', () => oneOf({ environment: long }, 'environment', ['AzureCloud'])],
    ['parameter set', () => parameterSetOf(long, ['User'], 'New-PartnerAccessToken')],
    ['name', () => refuseOthers({ [long]: 1 }, 'User', [], [])],
  ])('that is no %s is not repeated whole', (_what, check) => {
    expect(check).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{30,600}$/) }));
  });
});
