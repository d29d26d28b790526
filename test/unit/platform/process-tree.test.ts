import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { endProcessTree } from '../../../src/platform/process-tree.ts';

/** Starts one program after the other, as fast as it can. */
const restless = 'i=0; while [ $i -lt 100 ]; do /bin/sleep 20 & i=$((i+1)); done; wait';

it.skipIf(process.platform === 'win32')(
  'A process that starts others just then leaves none of them behind',
  async () => {
    for (let times = 0; times < 20; times += 1) {
      const child = spawn('/bin/sh', ['-c', restless], { stdio: ['ignore', 'pipe', 'ignore'] });
      await setTimeout(10 + times);
      // The output is at its end when all have ended that have it open.
      const closed = once(child.stdout.resume(), 'close', { signal: AbortSignal.timeout(10_000) });
      endProcessTree(child.pid ?? 0);
      await expect(closed).resolves.toBeDefined();
    }
  },
);
