/**
 * A writer of the few DER types (ITU-T X.690) that an X.509 certificate is made of: Node reads certificates, but has
 * nothing that writes one.
 */

function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => encode(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => encode(0x31, ...items);
export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.from([value ? 0xff : 0]));
export const octetString = (content: Uint8Array): Buffer => encode(0x04, content);
export const utf8String = (text: string): Buffer => encode(0x0c, Buffer.from(text, 'utf8'));

/** A whole number that is not negative: big-endian bytes, or a small number. */
export function integer(value: number | Uint8Array): Buffer {
  let bytes = typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value);
  while (bytes.length > 1 && bytes[0] === 0 && bytes.readUInt8(1) < 0x80) bytes = bytes.subarray(1);
  // A leading bit of 1 would make it negative
  return bytes.readUInt8() >= 0x80 ? encode(0x02, Buffer.from([0]), bytes) : encode(0x02, bytes);
}

/** @param unusedBits how many bits at the end of the last byte don't count */
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  encode(0x03, Buffer.from([unusedBits]), content);

/** @param dotted `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) groups.unshift(0x80 | (high & 0x7f));
    bytes.push(...groups);
  }
  return encode(0x06, Buffer.from(bytes));
}

/** Whole seconds; UTCTime up to 2049, GeneralizedTime from then on, as RFC 5280 section 4.1.2.5 has it. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return at.getUTCFullYear() < 2050
    ? encode(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : encode(0x18, Buffer.from(digits, 'ascii'));
}

/** `[number] IMPLICIT` over primitive content, as in the names of a SubjectAltName. */
export const contextPrimitive = (number: number, content: Uint8Array): Buffer => encode(0x80 | number, content);

/** `[number] EXPLICIT` (or IMPLICIT over constructed content, when the content is given without its own tag). */
export const contextConstructed = (number: number, ...items: readonly Uint8Array[]): Buffer =>
  encode(0xa0 | number, ...items);
