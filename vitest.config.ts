// The tests are numbered along the data flow, so that their listing is a reading order.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Builds dist/ where it is older than the sources.
    globalSetup: ['test/support/import-build.ts'],
    // Property and twin suites work for seconds; on a slow, shared core for longer.
    // All cores: the main process of the suite has nothing to do meanwhile.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
