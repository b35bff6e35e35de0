// A folder of tests for each area. Which of them run on the newest Node too their first comment says (scripts/test.mjs).

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
