// A folder of tests for each area. Which of them run on the newest Node too their first comment says (scripts/test.mjs).

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Builds dist/ where it is older than the sources.
    globalSetup: ['test/support/import-build.ts'],
    // The built package is loaded by Node itself, as users load it: nothing is to be transformed, and that is most of the
    // time it takes to load it.
    server: { deps: { external: [/\/dist\/(src|workers|datasets)\//] } },
    // One more than there are cores: tests wait for processes, disks and notices, and the main process has nothing to do.
    maxWorkers: availableParallelism() + 1,
    // Property and twin suites work for seconds; on a slow, shared core for longer.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
