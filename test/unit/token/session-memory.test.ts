import type { AccountInfo } from '@azure/msal-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { SignedInAccount } from '../../../src/grants/signed-in-account.ts';
import {
  accountInMemory,
  forgetAccount,
  rememberAccount,
  rememberedAccount,
} from '../../../src/token/session-memory.ts';
import { contoso } from '../../helpers/flows.ts';

const authorityHost = 'https://login.example';
const fabrikam = '22222222-2222-4222-8222-222222222222';
const account = { username: 'alice@contoso.com', tenantId: contoso } as AccountInfo;
const alice: SignedInAccount = {
  identity: { cloud: { authorityHost, wellKnown: false }, tenant: 'contoso.com', clientId: 'any' },
  account,
};

afterEach(forgetAccount);

describe('An account that signed in', () => {
  it.each([
    ['without a tenant', undefined, undefined],
    ['for a domain', 'contoso.com', 'contoso.com'],
    ['for a domain, in another case', 'contoso.com', 'Contoso.COM'],
    ['for a domain, where the id of that tenant is asked for', 'contoso.com', contoso],
    ['without a tenant, where the id of the tenant that it was is asked for', undefined, contoso],
  ])('%s is found again', (_how, signedInFor, asked) => {
    rememberAccount(alice, signedInFor);
    expect(rememberedAccount(authorityHost, asked)?.account).toBe(account);
  });

  it.each([
    ['another tenant is asked for by its id', 'contoso.com', fabrikam],
    ['another tenant is asked for by its domain', 'contoso.com', 'fabrikam.com'],
    ['it signed in for a tenant, and none is asked for', 'contoso.com', undefined],
    ['it signed in for no tenant, and a domain is asked for', undefined, 'contoso.com'],
  ])('is not found where %s', (_how, signedInFor, asked) => {
    rememberAccount(alice, signedInFor);
    expect(rememberedAccount(authorityHost, asked)).toBeUndefined();
  });

  it('is not found at another authority', () => {
    rememberAccount(alice, undefined);
    expect(rememberedAccount('https://login.other.example', undefined)).toBeUndefined();
  });

  it('is gone when it is forgotten', () => {
    rememberAccount(alice, undefined);
    expect(accountInMemory()).toEqual({ username: 'alice@contoso.com', tenantId: contoso });
    forgetAccount();
    expect(accountInMemory()).toBeNull();
    expect(rememberedAccount(authorityHost, undefined)).toBeUndefined();
  });
});
