// A folder of tests for each area. Which of them run on the newest Node too their first comment says (scripts/test.mjs).

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { testsMarked } from './scripts/files.mjs';

/** Test files that need a process to themselves, as their first comment says. */
const ALONE = testsMarked('alone');

export default defineConfig({
  test: {
    // Files share the processes of vitest: starting one, and loading the library in it, takes longer than most files do.
    projects: [
      { extends: true, test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
    // Builds dist/ where it is older than the sources.
    globalSetup: ['test/support/import-build.ts'],
    // Tests import different sources into one collection again and again. Files about the default
    // unset this (test/support/import-mode.ts).
    env: { GRISTMILL_IMPORT_MODE: 'replace' },
    setupFiles: ['test/support/property-limits.ts'],
    // The built package is loaded by Node itself, as users load it: nothing is to be transformed, and that is most of the
    // time it takes to load it.
    server: { deps: { external: [/\/dist\/(src|workers|datasets)\//] } },
    // One more than there are cores: tests wait for processes, disks and notices, and the main process has nothing to do.
    maxWorkers: availableParallelism() + 1,
    // Property and twin suites work for seconds; on a slow, shared core for longer.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
