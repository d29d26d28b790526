import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { withLock } from '../../../src/profile/lock.ts';
import { failureOf } from '../../helpers/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const { setInterval: every, clearInterval: stop } = globalThis;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  // Who waits for seconds waits for a fraction of one here. The clock stands still while files are read or written, or what
  // a busy machine takes for them would be counted, and many times over.
  const clock = every(() => {
    if (!process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) vi.advanceTimersByTime(20);
  }, 1);
  return () => {
    stop(clock);
    vi.useRealTimers();
  };
});

let count = 0;
const somePath = (): string => join(folder, `thing${(count += 1)}`);

/** Another process's lock. @param time Unix milliseconds */
function lockedAt(path: string, time: number): void {
  mkdirSync(`${path}.lock`);
  renewedAt(path, time);
}

function renewedAt(path: string, time: number): void {
  utimesSync(`${path}.lock`, time / 1000, time / 1000);
}

test.concurrent('One at a time does what is locked', async () => {
  const path = somePath();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(path, work)));
  expect(most).toBe(1);
});

test.concurrent('A lock is given back after a failure too, with its error', async () => {
  const path = somePath();
  await expect(withLock(path, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(existsSync(`${path}.lock`)).toBe(false);
  expect(await withLock(path, async () => 'done')).toBe('done');
});

test.concurrent('The lock of a process that was killed a while ago is taken over at once', async () => {
  const path = somePath();
  lockedAt(path, Date.now() - 5_000);
  expect(await withLock(path, async () => 'done')).toBe('done');
});

test.concurrent('The lock of a process that was just killed is taken over within seconds', async () => {
  const path = somePath();
  lockedAt(path, Date.now());
  const start = performance.now();
  expect(await withLock(path, async () => 'done')).toBe('done');
  expect(performance.now() - start).toBeLessThan(6_000);
});

test.concurrent('A lock that somebody holds on to ends the wait with what to do', async () => {
  const path = somePath();
  lockedAt(path, Date.now());
  // Who lives renews its lock
  const alive = setInterval(() => renewedAt(path, Date.now()), 500);
  try {
    const start = performance.now();
    expect(await failureOf(() => withLock(path, async () => 'done'))).toEqual({
      code: 'StoreUnavailable',
      message:
        `Another process is changing '${path}' and does not finish. ` +
        `Try again; if none is running, delete '${path}.lock'.`,
    });
    // Longer than what a killed process leaves lasts
    expect(performance.now() - start).toBeGreaterThan(4_000);
    expect(performance.now() - start).toBeLessThan(15_000);
  } finally {
    clearInterval(alive);
  }
});

test.concurrent('A folder that can not be had is an error of the store', async () => {
  const path = somePath();
  writeFileSync(path, '');
  expect(await failureOf(() => withLock(join(path, 'thing'), async () => 'done'))).toMatchObject({
    code: 'StoreUnavailable',
  });
});
