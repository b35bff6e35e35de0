// Goal and method: those of test/hostile/shards.test.ts, hundreds of times. HOSTILE_SEED is the first seed, HOSTILE_TRIALS
// how many of each kind.

import { expect, test } from 'vitest';
import { hostileStores, KINDS } from '../support/hostile-store.js';

const FIRST = Number(process.env.HOSTILE_SEED ?? 1000);
const TRIALS = Number(process.env.HOSTILE_TRIALS ?? 300);
/** A frame may have half a gigabyte of text, and is in memory with what it was compressed to. */
const MEMORY_BYTES_MAX = 2 * 2 ** 30;

const tryOne = hostileStores();

test.each(KINDS)('%s: refused with a code, or as good as before', async (kind) => {
  const failures = new Map<string, string>();
  for (let seed = FIRST; seed < FIRST + TRIALS; seed++) {
    const { failed, change } = await tryOne(kind, seed);
    // The same failure again and again is one.
    for (const failure of failed) if (!failures.has(failure.slice(0, 300))) failures.set(failure.slice(0, 300), change);
    expect(process.memoryUsage().rss, change).toBeLessThan(MEMORY_BYTES_MAX);
  }
  expect([...failures]).toEqual([]);
});
