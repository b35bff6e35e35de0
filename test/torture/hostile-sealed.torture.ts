// Goal and method: those of test/hostile/sealed.test.ts, hundreds of times. HOSTILE_SEED is the first seed; of each kind a third
// of HOSTILE_TRIALS is tried.

import { describe, expect, test } from 'vitest';
import { hostileSealed, WAYS } from '../support/hostile-sealed-store.js';

const FIRST = Number(process.env.HOSTILE_SEED ?? 1000);
const TRIALS = Math.ceil(Number(process.env.HOSTILE_TRIALS ?? 300) / 3);
/** All that these stores hold is less than a megabyte. */
const MEMORY_BYTES_MAX = 1.5 * 2 ** 30;

describe.each(['hidden', 'plaintext'] as const)('keys %s', (keys) => {
  const tryOne = hostileSealed(keys);

  test.each(WAYS)('%s: the same answers, or errors', async (way) => {
    const failures = new Map<string, string>();
    for (let seed = FIRST; seed < FIRST + TRIALS; seed++) {
      const { change, wrong } = await tryOne(way, seed);
      // The same failure again and again is one.
      for (const one of wrong)
        if (!failures.has(one.slice(0, 300))) failures.set(one.slice(0, 300), `${seed} ${change}`);
      expect(process.memoryUsage().rss, change).toBeLessThan(MEMORY_BYTES_MAX);
    }
    expect([...failures]).toEqual([]);
  });
});
