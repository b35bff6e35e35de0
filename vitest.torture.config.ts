// npm run test:torture: see scripts/torture.mjs.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/torture/**/*.torture.ts'],
    globalSetup: ['test/support/import-build.ts'],
    server: { deps: { external: [/\/dist\/(src|workers|datasets)\//] } },
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    // Hundreds of processes are started and killed in a test; two at a time keep two cores busy.
    maxWorkers: 2,
  },
});
