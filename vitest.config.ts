import { defineConfig } from 'vitest/config';
import { guardPreload } from './test/helpers/network-guard.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/helpers/set-up.ts'],
    // For the threads that what is tested starts; they begin with their process's options.
    execArgv: ['--require', guardPreload],
    // Against what hangs, and nothing more: a busy machine takes ten times what a test takes alone. Where a time is required,
    // the test measures it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Less than that, so that a failure tells what was waited for
    expect: { poll: { timeout: 45_000, interval: 10 } },
    // Tests spawn programs: two at a time is what two cores bear
    maxWorkers: 2,
    sequence: { shuffle: true },
  },
});
