import { describe, expect, it } from 'vitest';
import { withoutUserInfo } from '../../../src/protocol/formats.ts';

describe('An address in a message', () => {
  it.each([
    ['https://me:Passw0rd@login.example', 'https://***@login.example'],
    ['http://me:Passw0rd@localhost:8443/x', 'http://***@localhost:8443/x'],
    ['https://me:Pass/w@rd@login.example', 'https://***@login.example'],
    // The URL standard takes one slash, backslashes and none for the two.
    ['https:/me:Passw0rd@login.example', 'https:/***@login.example'],
    [String.raw`https:\\me:Passw0rd@login.example`, String.raw`https:\\***@login.example`],
    ['https:me:Passw0rd@login.example', '***@login.example'],
    ['me:Passw0rd@login.example', '***@login.example'],
    ['https://me:Passw0rd\n@login.example', 'https://***@login.example'],
  ])('has no password: %j', (address, shown) => expect(withoutUserInfo(address)).toBe(shown));

  it.each(['https://login.example:8443/x', 'me@contoso.com', 'nonsense', ''])(
    'is as it was given where there is none: %j',
    (address) => expect(withoutUserInfo(address)).toBe(address),
  );

  // A service or an export may name it. What looked at each colon anew took minutes.
  it.each([':', 'a:/', 'https:///'])('is looked at within a moment, however long it is: %j ...', (part) => {
    const long = part + part.slice(-1).repeat(200_000);
    expect(withoutUserInfo(long) === long).toBe(true);
  });
});
