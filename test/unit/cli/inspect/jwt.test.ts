import { describe, expect, it } from 'vitest';
import { readJwt, tokenIn, UnreadableToken } from '../../../../src/cli/inspect/jwt.ts';
import { jwtOf } from '../../../helpers/jwt.ts';

const token = jwtOf({ aud: 'https://graph.microsoft.com', name: 'Alice' });

describe('A token', () => {
  it.each([
    ['alone', token],
    ['with a line end', `${token}\r\n`],
    ['behind Bearer', `Bearer ${token}`],
    ['as the whole header of a request', `Authorization: bearer ${token}`],
    ['in quotes', `"${token}"`],
    ['in quotes, with Bearer', `'Bearer ${token}'`],
    ['broken over lines', token.replaceAll(/.{20}/g, '$&\n  ')],
    ['behind a byte order mark', `\uFEFF${token}`],
    ['in the JSON that get-token writes', JSON.stringify({ token_type: 'Bearer', access_token: token }, null, 2)],
    ['in the YAML that get-token writes', `token_type: Bearer\nscope: a b\naccess_token: ${token}\nexpires_at: x\n`],
    ['in the JSON that az writes', JSON.stringify({ accessToken: token, tokenType: 'Bearer' })],
    ['in what PowerShell makes of a token', JSON.stringify({ Token: token, Identity: 'alice' })],
  ])('is found %s', async (_how, text) => {
    expect(await tokenIn(text)).toBe(token);
  });
});

describe('What is no JWT', () => {
  const cut = token.split('.').slice(0, 2).join('.');
  const encrypted = jwtOf('x', { alg: 'RSA-OAEP', enc: 'A256GCM' }).replace(/\.[^.]+\.[^.]+$/, '.a2V5.aXY.dGV4dA.dGFn');
  it.each([
    ['an encrypted token', encrypted, 'This is an encrypted token (JWE): only the service that it is for can read'],
    ['a refresh token', `0.${'ARoAv4j5cvGGr0GRqy180BHbR.AgABAwEAAAB'.repeat(2)}`, 'This looks like a refresh token'],
    ['an older refresh token', `OAQABAAAAAAD${'x'.repeat(40)}`, 'This looks like a refresh token'],
    ["a personal account's token", `EwBgA8l6BAAU${'x'.repeat(40)}`, 'This looks like the access token of a personal'],
    ["a personal account's refresh token", 'M.C5xx_BAY.0.U.-Cxxxxx', 'a code of a personal Microsoft account'],
    ['half a token', cut, 'This is the beginning of a JWT: the rest was cut off.'],
    ['a token with a damaged payload', token.replace(/\.[^.]+\./, '.eyJh.'), 'was damaged or cut off'],
    ['a token with a damaged header', token.replace('eyJ', 'eyJ!'), 'whose header was damaged'],
    ['a payload that is no object', jwtOf('[1]'), 'was damaged or cut off'],
    ['an opaque token', 'opaque-token', 'This is no JWT: a JWT has three parts'],
    ['a document without a token', '{"error":"invalid_grant"}', 'There is no access_token in this document.'],
    ['broken JSON', '{"access_token":', 'There is no access_token in this document.'],
  ])('because it is %s is said to be that, and nothing of it repeated', async (_what, text, said) => {
    const refusal = await tokenIn(text)
      .then(readJwt)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UnreadableToken);
    const { message } = refusal as UnreadableToken;
    expect(message).toContain(said);
    expect(message).not.toMatch(/\n/);
    expect(message).not.toContain(text.slice(0, 12));
  });
});
