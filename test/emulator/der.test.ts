import { expect, test } from 'vitest';
import { bitString, boolean, integer, objectIdentifier, octetString, sequence, time } from '../../src/emulator/der.ts';

test.each([
  ['a small number', integer(5), '020105'],
  ['a number whose first bit is set gets a zero before it', integer(0x80), '02020080'],
  ['leading zeros of a long number are dropped', integer(Buffer.from('00007f01', 'hex')), '02027f01'],
  ['true', boolean(true), '0101ff'],
  ['an object identifier with arcs over 127', objectIdentifier('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
  ['a bit string says how many bits are unused', bitString(Buffer.from([0x80]), 7), '03020780'],
  ['a sequence of two', sequence(integer(1), integer(2)), '3006020101020102'],
  ['a date up to 2049 is a UTCTime', time(new Date('2026-11-21T05:00:09.123Z')), '170d3236313132313035303030395a'],
  ['a later date is a GeneralizedTime', time(new Date('2050-01-01T00:00:00Z')), '180f32303530303130313030303030305a'],
])('DER: %s', (_, written, expected) => {
  expect(written.toString('hex')).toBe(expected);
});

test.each([
  [127, '047f'],
  [128, '048180'],
  [255, '0481ff'],
  [256, '04820100'],
  [70_000, '0483011170'],
])('DER: the length of %i bytes is written in the shortest form', (length, header) => {
  expect(octetString(Buffer.alloc(length)).toString('hex', 0, header.length / 2)).toBe(header);
});
