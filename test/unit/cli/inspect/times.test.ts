import { describe, expect, it } from 'vitest';
import { duration, fromNow, isoTime } from '../../../../src/cli/inspect/times.ts';

describe('A duration', () => {
  it.each([
    [0, '0 seconds'],
    [1, '1 second'],
    [59.9, '59 seconds'],
    [60, '1 minute'],
    [3599, '59 minutes'],
    [3600, '1 hour'],
    [3660, '1 hour 1 minute'],
    [7500, '2 hours 5 minutes'],
    [36_060, '10 hours'],
    [86_400, '1 day'],
    [97_200, '1 day 3 hours'],
    [864_000 + 3600, '10 days'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('lies ahead or behind', () => {
    expect(fromNow(60)).toBe('in 1 minute');
    expect(fromNow(-60)).toBe('1 minute ago');
  });
});

describe('A time', () => {
  it('is written in UTC, to the second', () => {
    expect(isoTime(1_735_399_800.9)).toBe('2024-12-28T15:30:00Z');
  });

  it('is none when no calendar has it', () => {
    for (const seconds of [Number.NaN, 1e300, Number.POSITIVE_INFINITY]) expect(isoTime(seconds)).toBeUndefined();
  });
});
