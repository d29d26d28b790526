import { InvalidArgumentError } from 'commander';
import { quantity } from '../../protocol/quantity.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A day: nobody waits longer, and a timer can't run for much more than 24 of them. */
const longest = 86_400_000;

/**
 * A duration as people write it: `30s`, `2m`, `1m30s`, `1h`; a number alone is seconds.
 * @returns milliseconds
 */
export function durationOf(text: string): number {
  const written = /^\d+$/.test(text) ? `${text}s` : text.toLowerCase();
  const parts = [...written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0);
  const whole = parts.map(([part]) => part).join('') === written;
  if (whole && total > 0 && total <= longest) return Math.ceil(total);
  throw new InvalidArgumentError('Give a duration such as 30s, 2m or 1m30s, a day at most.');
}

/** A duration as people read it: `1 minute`, `90 seconds`. @param milliseconds */
export function inWords(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds % 60 === 0 ? quantity(seconds / 60, 'minute') : quantity(seconds, 'second');
}
