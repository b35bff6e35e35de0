// Goal: whatever somebody without the key does to the files and values of an encrypted store, who has the key gets exactly what
// was stored, or an error that has a code and no text of a record: never another answer, a crash, or work without end.
// Method: stores are changed by a seed, and asked, changed and repaired in every way there is. What they answered before is the
// oracle. test/torture/hostile-sealed.torture.ts does this hundreds of times. The twin is a plain store, whose checksums do not
// tell an older value from a newer one: it gives other answers.

import { describe, expect, test } from 'vitest';
import { partOf, runs, seedOfTurn } from '../support/effort.js';
import { hostileSealed, WAYS } from '../support/hostile-sealed-store.js';

const TRIALS = runs(12);
/** One of them puts back what shows. */
const SEEDS_MAX = 30;

describe.each(partOf(['hidden', 'plaintext'] as const))('keys %s', (keys) => {
  const tryOne = hostileSealed(keys);

  test.each(WAYS)('%s: the same answers, or errors', { timeout: 120_000 }, async (way) => {
    for (let trial = 1; trial <= TRIALS; trial++) {
      const seed = seedOfTurn(trial);
      const { change, wrong } = await tryOne(way, seed);
      expect(wrong, `seed ${seed}: ${change}`).toEqual([]);
    }
  });
});

describe('a plain store', () => {
  const tryOne = hostileSealed('plain');

  test('gives other answers where a value of its index is as it was before', { timeout: 120_000 }, async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= SEEDS_MAX && wrong.length === 0; seed++)
      wrong.push(...(await tryOne('an older value', seed)).wrong);
    expect(wrong).not.toEqual([]);
  });
});
