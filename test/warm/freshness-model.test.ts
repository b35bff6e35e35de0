// Which state a read sees, in any order of publications, looks for them, switches and reads.
// Method: a model of a few lines says which; and, whatever the model says, no read is older than it may be.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { ReadOptions } from '../../src/index.js';
import { PLACES } from '../support/build-store.js';
import { runs } from '../support/effort.js';
import { LOOK_MS, type Row, ServedStore } from '../support/served-store.js';

type Step = 'publish' | 'look' | 'warm up' | number | NonNullable<ReadOptions['freshness']>;

const steps = fc.array(
  fc.oneof(
    fc.constantFrom<Step>('publish', 'look', 'warm up'),
    fc.constantFrom<Step>(1, 9, 60, 300).map((ms) => ms),
    fc.constantFrom<Step>('immediate', 'warm', { maxStaleMs: 0 }, { maxStaleMs: 40 }, { maxStaleMs: 200 }),
  ),
  { minLength: 15, maxLength: 40 },
);

describe.each(PLACES)('%s', (_, newPlace) => {
  test('a read sees what the model says, in any order of publications, looks, switches and reads', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (list, isWarmByDefault) => {
        const store = await ServedStore.make(newPlace);
        try {
          await play(store, list, isWarmByDefault ? 'warm' : 'immediate');
        } finally {
          await store.end();
        }
      }),
      { numRuns: runs(8) },
    );
  });
});

async function play(store: ServedStore, list: readonly Step[], freshness: 'warm' | 'immediate'): Promise<void> {
  const collection = (await store.open({ freshness })).collection<Row>();
  /** When each edition was published; the served one, the one it is being switched to. */
  const published = [performance.now()];
  let served: number | undefined;
  let target: number | undefined;
  /** The newest that was noticed, and the last time it was the served one. */
  let known = 1;
  let currentAt = 0;
  let takenAt = 0;
  let timerBegan = 0;
  /** What a read was given in place of a state that was too old, and what any of those that say how old it may be has seen. */
  let shown = 0;
  let seen = 0;
  const newest = (): number => published.length;
  const looked = (): void => {
    if (served === undefined) return;
    known = newest();
    if (served === known) currentAt = performance.now();
    else if (target === undefined) {
      target = known;
      takenAt = performance.now();
    }
  };
  const expected = (given: ReadOptions['freshness']): number => {
    if (given === 'immediate') return newest();
    if (served === undefined) {
      [served, known, currentAt] = [newest(), newest(), performance.now()];
    }
    if (given === 'warm' || typeof given !== 'object') return served;
    if (served >= shown) {
      if (performance.now() - currentAt <= given.maxStaleMs) return served;
      if (served === known) looked();
      if (served === known) return served;
    }
    shown = newest();
    return shown;
  };
  for (const step of list) {
    if (step === 'publish') {
      await store.publish(newest() + 1);
      published.push(performance.now());
    } else if (step === 'look' || typeof step === 'number') {
      const ms = step === 'look' ? LOOK_MS : step;
      // The timer runs from the first read on; its looks are at multiples of its period from there: one by one.
      for (let i = 0; i < ms; i++) {
        vi.advanceTimersByTime(1);
        if (served !== undefined && (performance.now() - timerBegan) % LOOK_MS === 0) looked();
      }
    } else if (step === 'warm up') {
      if (target === undefined) continue;
      await store.warmUp();
      [served, target, currentAt] = [target, undefined, takenAt];
      looked();
    } else {
      const wasServed = served !== undefined;
      const row = { id: 7, edition: expected(step) };
      if (!wasServed) timerBegan = performance.now();
      // An immediate read is at most ten milliseconds late.
      if (row.edition === newest()) vi.setSystemTime(Date.now() + 11);
      expect(collection.getSync(7, { freshness: step })).toEqual(row);
      if (typeof step === 'object') {
        const mustHave = published.filter((at) => at < performance.now() - step.maxStaleMs).length;
        expect(row.edition).toBeGreaterThanOrEqual(Math.max(mustHave, seen));
        seen = row.edition;
      }
    }
  }
}
