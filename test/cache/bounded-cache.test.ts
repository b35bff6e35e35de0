// A bounded cache keeps what a list of entries would that drops the least recently read first, and those past their time.
// Method: random calls against such a list, by a fake clock.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BoundedCache, type Kept } from '../../src/lookup/cache/bounded-cache.js';
import { runs } from '../support/effort.js';

interface Entry extends Kept {
  readonly key: number;
  readonly bytes: number;
}

const BYTES = 100;
const key = fc.nat(8);
const call = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('keep' as const), key, bytes: fc.integer({ min: 1, max: 110 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('get' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
);

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['without times', 0, 0],
  ['with a life', 100, 0],
  ['with an idle time', 0, 40],
  ['with both', 100, 40],
])('%s', (_name, lifeMs, idleMs) => {
  const life = lifeMs || Number.POSITIVE_INFINITY;
  const idle = idleMs || Number.POSITIVE_INFINITY;
  fc.assert(
    fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
      const dropped: string[] = [];
      const cache = new BoundedCache<number, Entry>({ bytes: BYTES, lifeMs, idleMs }, (entry, why) => {
        dropped.push(`${entry.key} ${why}`);
      });
      // The least recently read first.
      let model: { key: number; bytes: number; loadedAt: number; readAt: number }[] = [];
      const without = (gone: number) => model.filter((entry) => entry.key !== gone);
      const expected: string[] = [];
      for (const step of calls) {
        const now = performance.now();
        if (step.kind === 'keep') {
          const isKept = step.bytes <= BYTES;
          expect(cache.keep(step.key, { key: step.key, bytes: step.bytes, loadedAt: 0, readAt: 0 }, step.bytes)).toBe(
            isKept,
          );
          if (model.length > without(step.key).length) expected.push(`${step.key} replaced`);
          model = without(step.key);
          if (isKept) {
            model.push({ key: step.key, bytes: step.bytes, loadedAt: now, readAt: now });
            while (model.reduce((sum, { bytes }) => sum + bytes, 0) > BYTES)
              expected.push(`${model.shift()!.key} evicted`);
          }
        } else if (step.kind === 'get') {
          const entry = model.find((some) => some.key === step.key);
          model = without(step.key);
          const isOver = entry !== undefined && (now - entry.loadedAt >= life || now - entry.readAt >= idle);
          if (isOver) expected.push(`${step.key} expired`);
          else if (entry !== undefined) model.push({ ...entry, readAt: now });
          expect(cache.get(step.key)?.bytes).toBe(isOver ? undefined : entry?.bytes);
        } else if (step.kind === 'delete') {
          cache.delete(step.key);
          model = without(step.key);
        } else if (step.kind === 'pass') {
          vi.advanceTimersByTime(step.milliseconds);
        } else {
          cache.sweep();
          while (model[0] !== undefined && now - model[0].readAt >= Math.min(life, idle)) {
            expected.push(`${model.shift()!.key} expired`);
          }
        }
        expect(cache.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(cache.count).toBe(model.length);
        expect(dropped).toEqual(expected);
      }
    }),
    { numRuns: runs(100) },
  );
});
