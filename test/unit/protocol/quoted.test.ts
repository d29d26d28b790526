import { describe, expect, it } from 'vitest';
import { quoted, shortened } from '../../../src/protocol/quoted.ts';

describe('A given value in a message', () => {
  it.each([
    ['x', "'x'"],
    ['', "''"],
    ['x'.repeat(100), `'${'x'.repeat(100)}'`],
    ['x'.repeat(101), `'${'x'.repeat(100)}...'`],
    [7, "'7'"],
    [true, "'true'"],
    [null, "'null'"],
    [undefined, "'undefined'"],
    [[1], 'a list'],
    [{ toString: 1 }, 'an object'],
  ])('%j is %s', (value, shown) => {
    expect(quoted(value)).toBe(shown);
  });

  it('that is long is not cut within a character', () => {
    expect(shortened(`${'x'.repeat(99)}\u{1f600}`)).toBe(`${'x'.repeat(99)}...`);
  });
});
