import { describe, expect, test } from 'vitest';
import { checkProfile } from '../../../src/profile/profile.ts';
import { failureOf, someProfile } from '../../helpers/store.ts';

const id = '9ab11c00-0000-4000-8000-000000000001';
const file = process.platform === 'win32' ? 'C:\\keys\\app.pem' : '/keys/app.pem';

describe('A profile', () => {
  test.each([
    ['an application with a secret', someProfile()],
    ['a certificate with a password', { ...someProfile(), authMethod: 'Certificate', certificatePath: file }],
    [
      'a certificate without one',
      {
        ...someProfile(),
        authMethod: 'PasswordlessCertificate',
        certificatePath: file,
        cacheCertificatePassword: false,
      },
    ],
    ['a managed identity', { name: 'vm', scopes: [], authMethod: 'ManagedIdentity' }],
    ['a user-assigned one', { name: 'vm', clientId: id, scopes: [], authMethod: 'ManagedIdentity' }],
    [
      'a job of Azure Pipelines',
      {
        ...someProfile(),
        authMethod: 'WorkloadIdentity',
        federatedTokenSource: 'AzurePipelines',
        serviceConnectionId: id,
      },
    ],
    [
      'a workload with a token file',
      { ...someProfile(), authMethod: 'WorkloadIdentity', federatedTokenSource: 'File', federatedTokenFile: file },
    ],
    [
      'a person in a tenant of any organization',
      {
        ...someProfile('Anna.work_2'),
        tenantId: 'organizations',
        authMethod: 'PublicClient',
        defaultFlow: 'InteractiveBrowser',
        redirectUri: 'http://localhost:8400/callback',
        authority: 'https://login.microsoftonline.us',
      },
    ],
  ])('may be %s', (_, profile) => {
    expect(checkProfile(profile)).toEqual(profile);
  });

  test('leaves out what nobody knows, and what is null or empty', () => {
    expect(checkProfile({ ...someProfile(), redirectUri: null, authority: '', useBroker: true })).toEqual(
      someProfile(),
    );
  });

  test('has the scopes of the cloud when it names none', () => {
    expect(checkProfile({ ...someProfile(), scopes: undefined }).scopes).toEqual([]);
  });

  test.each([
    { authority: 'https://me:Passw0rd@a.example' },
    { authority: 'http://me:Passw0rd@a.example' },
    { redirectUri: 'http://me:Passw0rd@localhost' },
  ])('does not repeat the password of an address that it refuses: %j', (fields) => {
    expect(() => checkProfile({ ...someProfile(), ...fields })).toThrow(
      expect.objectContaining({
        code: 'ProfileInvalid',
        message: expect.stringMatching(
          /^(?!.*Passw0rd)Profile '.*': (?:authority|redirectUri) is 'https?:\/\/\*\*\*@/,
        ) as string,
      }),
    );
  });
  test.each(['authMethod', 'tenantId', 'clientId', 'redirectUri', 'authority'])(
    'repeats a long %s by its beginning',
    (field) => {
      const value = 'x'.repeat(1000);
      expect(() => checkProfile({ ...someProfile(), [field]: value })).toThrow(
        new RegExp(`^Profile '.*': ${field} is 'x{100}\\.\\.\\.'\\. Write `),
      );
    },
  );
  test("keeps an authority's origin", () => {
    const { authority } = checkProfile({ ...someProfile(), authority: 'https://login.microsoftonline.us/' });
    expect(authority).toBe('https://login.microsoftonline.us');
  });
});

describe('A profile is refused', () => {
  test.each([
    ['without a name', { ...someProfile(), name: undefined }, /^A profile has no name\. Use up to 64 letters/],
    ['with a path for a name', { ...someProfile(), name: '../key' }, /^'\.\.\/key' can't be a profile's name\. Use/],
    ['with a name that ends in a dot', { ...someProfile(), name: 'dev.' }, /no '\.' last\.$/],
    ['with a name of 65 characters', { ...someProfile(), name: 'a'.repeat(65) }, /can't be a profile's name/],
    ['with a long name', { ...someProfile(), name: 'a'.repeat(1000) }, /^'a{100}\.\.\.' can't be a profile's name/],
    ["with a Windows device's name", { ...someProfile(), name: 'Nul.txt' }, /'Nul\.txt' is a device on Windows\./],
    ['that is a list', [], /must be an object with a name/],
    [
      'without a method',
      { ...someProfile(), authMethod: undefined },
      /authMethod is missing\. Write one of ClientSecret, /,
    ],
    [
      'with a method in other letters',
      { ...someProfile(), authMethod: 'clientsecret' },
      /authMethod is 'clientsecret'\./,
    ],
    ['without a tenant', { ...someProfile(), tenantId: undefined }, /tenantId is missing: ClientSecret needs it\./],
    ['with a tenant that is an address', { ...someProfile(), tenantId: 'https://a.b' }, /Write a GUID, a domain/],
    [
      'with a client id that is no GUID',
      { ...someProfile(), clientId: 'app' },
      /clientId is 'app'\. Write the application's id/,
    ],
    ['with scopes in one text', { ...someProfile(), scopes: 'User.Read Mail.Read' }, /scopes must be a list/],
    ['with a scope that is two', { ...someProfile(), scopes: ['User.Read Mail.Read'] }, /scopes must be a list/],
    ['with a number for a text', { ...someProfile(), clientId: 7 }, /clientId is no text\. Write it in quotes\./],
    [
      'with a redirect address elsewhere',
      { ...someProfile(), redirectUri: 'http://localhost.evil.example/' },
      /redirectUri is 'http:\/\/localhost\.evil\.example\/'\. Write http:\/\/localhost, with/,
    ],
    ['with a port that is none', { ...someProfile(), redirectUri: 'http://localhost:99999' }, /redirectUri is/],
    ['with an authority without TLS', { ...someProfile(), authority: 'http://a.example' }, /Write an https address/],
    ['with an authority with a path', { ...someProfile(), authority: 'https://a.example/x' }, /Write an https address/],
    ['with an authority with a user', { ...someProfile(), authority: 'https://u@a.example' }, /Write an https address/],
    [
      'with a certificate that only one folder has',
      { ...someProfile(), authMethod: 'Certificate', certificatePath: 'app.pem' },
      /certificatePath is 'app\.pem'\. Write the whole path/,
    ],
    [
      'with a certificate that no system can have',
      { ...someProfile(), authMethod: 'Certificate', certificatePath: `${file}\0` },
      /certificatePath is '.*\0'\. Write the whole path/,
    ],
    [
      'without its certificate',
      { ...someProfile(), authMethod: 'Certificate' },
      /certificatePath is missing: Certificate/,
    ],
    [
      'of a workload without a source',
      { ...someProfile(), authMethod: 'WorkloadIdentity' },
      /federatedTokenSource is missing: WorkloadIdentity/,
    ],
    [
      'of a pipeline without its connection',
      { ...someProfile(), authMethod: 'WorkloadIdentity', federatedTokenSource: 'AzurePipelines' },
      /serviceConnectionId is missing/,
    ],
    [
      'of a managed identity with a browser',
      { name: 'vm', authMethod: 'ManagedIdentity', defaultFlow: 'InteractiveBrowser' },
      /defaultFlow can't be InteractiveBrowser with ManagedIdentity\. Write ClientCredentials\.$/,
    ],
    [
      'of a public client that would prove itself',
      { ...someProfile(), authMethod: 'PublicClient', defaultFlow: 'ClientCredentials' },
      /Write InteractiveBrowser or DeviceCode or AuthorizationCode\.$/,
    ],
    [
      'with true in quotes',
      { ...someProfile(), cacheCertificatePassword: 'true' },
      /cacheCertificatePassword must be true or false\./,
    ],
  ])('%s', async (_, profile, message) => {
    const failure = await failureOf(() => checkProfile(profile));
    expect(failure.code).toBe('ProfileInvalid');
    expect(failure.message).toMatch(message);
  });

  test('with a secret in it, which the message does not repeat', async () => {
    const { code, message } = await failureOf(() => checkProfile({ ...someProfile(), clientSecret: 'hunter2' }));
    expect(code).toBe('ProfileInvalid');
    expect(message).toMatch(/^Profile 'dev': clientSecret does not belong there: profiles hold no secrets\./);
    expect(message).not.toContain('hunter2');
  });
});
