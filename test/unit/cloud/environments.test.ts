import { describe, expect, it } from 'vitest';
import { chosenCloud, cloudAt, isGraph, resourcesOf } from '../../../src/cloud/environments.ts';

describe('The cloud', () => {
  it('is the public one when the environment says nothing', () => {
    expect(chosenCloud({})).toEqual({ authorityHost: 'https://login.microsoftonline.com', wellKnown: true });
  });
  it('is the one that AZURE_AUTHORITY_HOST names', () => {
    expect(chosenCloud({ AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' })).toEqual({
      authorityHost: 'https://login.microsoftonline.us',
      wellKnown: true,
    });
  });
  it.each([
    ['AzureCloud', 'https://login.microsoftonline.com', true],
    ['AzureChinaCloud', 'https://login.chinacloudapi.cn', true],
    ['AzureGermanCloud', 'https://login.microsoftonline.de', true],
    ['AzurePPE', 'https://login.windows-ppe.net', false],
    ['AzureUSGovernment', 'https://login.microsoftonline.us', true],
  ] as const)('is the one that -Environment %s names, whatever AZURE_AUTHORITY_HOST says', (name, host, wellKnown) => {
    const cloud = chosenCloud({ AZURE_AUTHORITY_HOST: 'nonsense' }, name);
    expect(cloud).toEqual({ authorityHost: host, wellKnown });
  });
  it('is not well known when the host is nobody that Microsoft runs', () => {
    expect(chosenCloud({ AZURE_AUTHORITY_HOST: 'https://localhost:8443' })).toEqual({
      authorityHost: 'https://localhost:8443',
      wellKnown: false,
    });
  });
  it.each(['http://localhost', 'login.microsoftonline.us', 'nonsense'])(
    'is refused when AZURE_AUTHORITY_HOST is %s',
    (value) => {
      expect(() => chosenCloud({ AZURE_AUTHORITY_HOST: value })).toThrow(
        expect.objectContaining({
          code: 'InvalidParameter',
          message: `AZURE_AUTHORITY_HOST is '${value}', which is no https address. Set it to one such as https://login.microsoftonline.us, or clear it for the public cloud.`,
        }),
      );
    },
  );
});

it.each([() => chosenCloud({ AZURE_AUTHORITY_HOST: 'x'.repeat(1000) }), () => cloudAt('x'.repeat(1000))])(
  'A long address that is refused is repeated by its beginning',
  (choose) => expect(choose).toThrow(` is '${'x'.repeat(100)}...', which is no https address. `),
);

describe('The password of an address that is refused', () => {
  it.each(['http://me:Passw0rd@localhost', 'https://me:Passw0rd@nowhere:99999', 'me:Passw0rd@localhost'])(
    'is not repeated: %s',
    (address) => {
      for (const choose of [() => chosenCloud({ AZURE_AUTHORITY_HOST: address }), () => cloudAt(address)]) {
        expect(choose).toThrow(
          expect.objectContaining({
            code: 'InvalidParameter',
            message: expect.stringMatching(
              /^(?!.*Passw0rd).* is '.*\*\*\*@.*', which is no https address\. /,
            ) as string,
          }),
        );
      }
    },
  );
});

describe("The cloud of a profile's authority", () => {
  it.each([
    ['https://login.microsoftonline.us/contoso', 'https://login.microsoftonline.us', true],
    ['https://localhost:8443/', 'https://localhost:8443', false],
  ])('is that of the host of %s', (authority, authorityHost, wellKnown) => {
    expect(cloudAt(authority)).toEqual({ authorityHost, wellKnown });
  });
  it.each(['http://localhost', 'nonsense'])('is refused when it is %s', (authority) => {
    expect(() => cloudAt(authority)).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        message: `The authority is '${authority}', which is no https address. Set it to one such as https://login.microsoftonline.us, or clear it for the public cloud.`,
        data: { code: 'InvalidParameter', parameter: 'authority', retryable: false },
      }),
    );
  });
});

describe("The cloud's resources", () => {
  it.each([
    ['https://login.microsoftonline.com', 'api://AzureADTokenExchange', 'https://graph.microsoft.com'],
    ['https://login.windows.net', 'api://AzureADTokenExchange', 'https://graph.microsoft.com'],
    ['https://login.microsoftonline.us', 'api://AzureADTokenExchangeUSGov', 'https://graph.microsoft.us'],
    ['https://login.chinacloudapi.cn', 'api://AzureADTokenExchangeChina', 'https://microsoftgraph.chinacloudapi.cn'],
    [
      'https://login.partner.microsoftonline.cn',
      'api://AzureADTokenExchangeChina',
      'https://microsoftgraph.chinacloudapi.cn',
    ],
    ['https://localhost:8443', 'api://AzureADTokenExchange', 'https://graph.microsoft.com'],
  ])('are named after %s', (host, tokenExchange, graph) => {
    expect(resourcesOf(chosenCloud({ AZURE_AUTHORITY_HOST: host }))).toMatchObject({ tokenExchange, graph });
  });
  it.each([
    ['https://graph.microsoft.com', true],
    ['https://Graph.Microsoft.us/', true],
    ['https://graph.microsoft.com.contoso.com', false],
    ['https://graph.windows.net', false],
  ])('know Microsoft Graph by its address: %s', (audience, known) => expect(isGraph(audience)).toBe(known));
});
