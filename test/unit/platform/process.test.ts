import { describe, expect, it } from 'vitest';
import { runTool, startDetached } from '../../../src/platform/process.ts';

const tool = (script: string, ending: { readonly signal?: AbortSignal; readonly timeout?: number }) =>
  runTool('/bin/sh', ['-c', script], {
    environment: {},
    signal: new AbortController().signal,
    timeout: 60_000,
    ...ending,
  });

describe.skipIf(process.platform === 'win32')('A tool', () => {
  it('that ends in time is told with its exit code and what it has printed', async () => {
    expect(await tool('echo out; echo err >&2; exit 3', {})).toEqual({
      outcome: 'exited',
      exitCode: 3,
      stdout: 'out',
      stderr: 'err',
    });
  });

  it.each([
    ['runs a program', '/bin/sleep 60; exit 0'],
    ['leaves a program behind that has its output open', '/bin/sleep 30 & exit 1'],
    ['ignores signals', "trap '' TERM; /bin/sleep 60; exit 0"],
  ])('that %s for too long is told to have timed out', async (_what, script) => {
    const begin = performance.now();
    // What decides between this outcome and another is a matter of milliseconds.
    for (let times = 0; times < 10; times += 1) {
      expect(await tool(script, { timeout: 50 })).toMatchObject({ outcome: 'timed out' });
    }
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it('that is cancelled is nothing but cancelled', async () => {
    const reason = new Error('cancelled');
    const controller = new AbortController();
    const work = tool('/bin/sleep 60; exit 0', { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 100);
    await expect(work).rejects.toBe(reason);
  });

  it('that is not there is told so', async () => {
    const options = { environment: {}, signal: new AbortController().signal, timeout: 60_000 };
    expect(await runTool('/nowhere/tool', [], options)).toMatchObject({ outcome: 'not found' });
  });
});

describe.skipIf(process.platform === 'win32')('A program that outlives the request', () => {
  it.each([
    ['is not there', '/nowhere/browser', []],
    ['is below a file', '/bin/sh/browser', []],
    ['can not be given so long an address', '/bin/true', ['x'.repeat(200_000)]],
  ])('and %s does not run', async (_what, file, args) => {
    expect(await startDetached(file, args, {})).toBe(false);
  });

  it('and has done its work runs', async () => {
    expect(await startDetached('/bin/true', [], {})).toBe(true);
  });
});
