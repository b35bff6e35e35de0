// Goal: a store that somebody else made cannot hurt. Its checksums are right, because whoever made the store made them; its
// shards, index pages, tombstones and inline records say what no import writes. Method: a store with one of everything is
// copied, one thing in it is changed by a seed, and everything is done with it that can be done: each step succeeds or is
// refused with an error that has a code, nothing is written outside, and it takes neither for ever nor much memory.
// test/torture/hostile-shards.torture.ts does this thousands of times.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KINDS, makeTemplate, tryHostile } from './support/hostile-store.js';
import { makeDirectory } from './support/import-files.js';

const TRIALS = 12;
let directory: ReturnType<typeof makeDirectory>;
let template: string;

beforeAll(async () => {
  directory = makeDirectory();
  template = join(directory.path, 'template');
  await makeTemplate(template);
}, 60_000);
afterAll(() => directory.remove());

test.each(KINDS)('%s: refused with a code, or as good as before', { timeout: 120_000 }, async (kind) => {
  for (let seed = 1; seed <= TRIALS; seed++) {
    const { failed, change } = await tryHostile(template, join(directory.path, 'trial'), kind, seed);
    expect(failed, change).toEqual([]);
  }
});
