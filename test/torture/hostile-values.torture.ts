// Goal: a store that somebody else made, with any value in its catalog and right checksums, hurts nobody: nothing outside the
// store is touched, nothing hangs or crashes, every error has a code, and verification tells of every wrong value.
// Method: every field of every kind of value × hostile values, and values that contradict one another; each such store is
// read, verified, opened for writing, and repaired, and changed or backed up in two of eight ways, in processes of their own;
// a part of them with TORTURE_PART.

import { cpus } from 'node:os';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { isInPart } from '../support/effort.js';
import { tryHostile } from '../support/hostile-run.js';
import { hostileStore } from '../support/hostile-values.js';

test('no hostile value of the catalog hurts', async () => {
  const { path, remove } = temporaryDirectory();
  try {
    const cases = await hostileStore(path);
    expect(cases.length).toBeGreaterThan(1500);
    const part = cases.filter((_, at) => isInPart(at));
    expect(await tryHostile(path, part, Math.max(2, cpus().length))).toEqual([]);
  } finally {
    remove();
  }
});
