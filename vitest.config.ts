import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/helpers/set-up.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Tests spawn programs: two at a time is what two cores bear
    maxWorkers: 2,
    sequence: { shuffle: true },
  },
});
