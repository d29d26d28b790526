import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { endingProcesses } from '../../../src/platform/tool-processes.ts';

const run = promisify(execFile);
const sleep = (): Promise<unknown> => run('/bin/sh', ['-c', '/bin/sleep 60; exit 3']);

/** It leaves a process of its own behind, which nobody can find any more, and which has the output open. */
const orphan = (): Promise<unknown> => run('/bin/sh', ['-c', 'echo left; /bin/sleep 30 & exit 0']);

/** The output is at its end when the grandchild has ended too, which has it open. */
const ended = { signal: 'SIGKILL' };

describe.skipIf(process.platform === 'win32')('Processes of some work', () => {
  it('end when they take too long', async () => {
    const ending = { signal: new AbortController().signal, timeout: 50 };
    await expect(endingProcesses(ending, sleep)).rejects.toMatchObject(ended);
  });

  it('end with the signal, also one that was there before them', async () => {
    const ending = { signal: AbortSignal.abort(), timeout: 60_000 };
    await expect(endingProcesses(ending, sleep)).rejects.toMatchObject(ended);
  });

  it.each([
    ['time', () => ({ signal: new AbortController().signal, timeout: 500 })],
    ['signal', () => ({ signal: AbortSignal.timeout(500), timeout: 60_000 })],
  ])(
    'are not waited for beyond their %s, although what they left behind has the output open',
    async (_what, ending) => {
      const begin = performance.now();
      expect(await endingProcesses(ending(), orphan)).toMatchObject({ stdout: 'left\n' });
      expect(performance.now() - begin).toBeLessThan(10_000);
    },
  );

  it('end by themselves where nothing ends them', async () => {
    const ending = { signal: new AbortController().signal, timeout: 60_000 };
    expect(await endingProcesses(ending, () => run('/bin/echo', ['done']))).toMatchObject({ stdout: 'done\n' });
  });

  it('are none of those that other work has started meanwhile', async () => {
    const controller = new AbortController();
    const other = run('/bin/sh', ['-c', 'read line; echo "$line"']);
    const own = endingProcesses({ signal: controller.signal, timeout: 60_000 }, sleep);
    controller.abort();
    await expect(own).rejects.toMatchObject(ended);
    other.child.stdin?.end('still here\n');
    expect(await other).toMatchObject({ stdout: 'still here\n' });
  });
});
