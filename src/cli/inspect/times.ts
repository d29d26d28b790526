/** Times as people read them. */

import { quantity } from '../../protocol/quantity.ts';

/** `2025-12-28T15:30:00Z`; undefined for what is no time at all. @param seconds Unix seconds */
export function isoTime(seconds: number): string | undefined {
  const date = new Date(Math.floor(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `in 59 minutes`, `2 hours 5 minutes ago`. @param seconds from now; negative: past */
export function fromNow(seconds: number): string {
  const text = duration(Math.abs(seconds));
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** The largest unit, and the next where it says something: `1 hour 5 minutes`, `59 minutes`, `12 days`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const index = units.findIndex(([, size]) => whole >= size);
  if (index === -1) return '0 seconds';
  const [[unit, size], next] = [units[index] ?? units[3], units[index + 1]];
  const count = Math.floor(whole / size);
  // Seconds beside minutes and hours beside weeks are noise.
  const rest = next && unit !== 'minute' && count < 10 ? Math.floor((whole % size) / next[1]) : 0;
  return [quantity(count, unit), ...(next && rest > 0 ? [quantity(rest, next[0])] : [])].join(' ');
}
