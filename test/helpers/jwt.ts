/** A JWT with these parts, written as they are when they are texts; its signature is none. */
export function jwtOf(payload: object | string, header: object | string = { alg: 'RS256', typ: 'JWT' }): string {
  return `${part(header)}.${part(payload)}.${signature}`;
}

/** The signature of each such token, which is shown nowhere. */
export const signature = 'c2lnbmF0dXJl';

function part(value: object | string): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}
