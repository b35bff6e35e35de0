// Buffers of frames go round: none is handed out while it is in use, each fits what it was asked for, and what is free is
// bounded. Method: random takes and returns, against a list of what is in use.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bufferBytes, FrameBuffers, type FrameRoom } from '../../src/lookup/cache/frame-buffers.js';
import { runs } from '../support/effort.js';

const CACHE_BYTES = 2 ** 20;
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ plainBytes: fc.integer({ min: 1, max: 9000 }), records: fc.nat(900) }) },
  { weight: 2, arbitrary: fc.nat() },
);

test('none is in use twice, each has room, and few are free', () => {
  let reused = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), (steps) => {
      const buffers = new FrameBuffers(CACHE_BYTES);
      const used: FrameRoom[] = [];
      const seen = new Set<ArrayBuffer>();
      for (const some of steps) {
        if (typeof some === 'number') {
          const [room] = used.splice(some % Math.max(1, used.length), 1);
          if (room !== undefined) buffers.giveBack(room);
          continue;
        }
        const room = buffers.take(some.plainBytes, some.records);
        const { buffer } = room.plain;
        expect([room.plain.byteLength, room.lines.length]).toEqual([some.plainBytes, some.records + 1]);
        expect(room.lines.buffer).toBe(buffer);
        expect(room.plain.byteOffset).toBeGreaterThanOrEqual(room.lines.byteLength);
        expect(buffer.byteLength).toBeLessThanOrEqual((bufferBytes(some.plainBytes, some.records) * 8) / 7);
        expect(used.map((other) => other.plain.buffer)).not.toContain(buffer);
        if (seen.has(buffer)) reused++;
        seen.add(buffer);
        used.push(room);
      }
    }),
    { numRuns: runs(50) },
  );
  expect(reused).toBeGreaterThan(2 * runs(50));
});

test('the next frame of about the size gets the buffer of the last, also where the cache is small', () => {
  const buffers = new FrameBuffers(10);
  const room = buffers.take(1000, 10);
  buffers.giveBack(room);
  const next = buffers.take(990, 9);
  expect(next.plain.buffer).toBe(room.plain.buffer);
  // One that would be left almost empty is not taken, and one that is too short neither.
  buffers.giveBack(next);
  expect(buffers.take(500, 10).plain.buffer).not.toBe(room.plain.buffer);
  expect(buffers.take(1001, 10).plain.buffer).not.toBe(room.plain.buffer);
});
