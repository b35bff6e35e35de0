// Goal: a store that somebody else made cannot hurt. Its checksums are right, because whoever made the store made them; its
// shards, index pages, tombstones and inline records say what no import writes. Method: a store with one of everything is
// copied, one thing in it is changed by a seed, and everything is done with it that can be done: each step succeeds or is
// refused with an error that has a code, nothing is written outside, and it takes neither for ever nor much memory.
// test/torture/hostile-shards.torture.ts does this hundreds of times.

import { expect, test } from 'vitest';
import { runs, seedOfTurn } from '../support/effort.js';
import { hostileStores, KINDS } from '../support/hostile-store.js';

const TRIALS = runs(12);
const tryOne = hostileStores();

test.each(KINDS)('%s: refused with a code, or as good as before', { timeout: 120_000 }, async (kind) => {
  for (let trial = 1; trial <= TRIALS; trial++) {
    const seed = seedOfTurn(trial);
    const { failed, change } = await tryOne(kind, seed);
    expect(failed, `seed ${seed}: ${change}`).toEqual([]);
  }
});
