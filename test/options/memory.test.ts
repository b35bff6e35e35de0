// Goal: the cache of frames takes a fitting share of the memory where nobody says how much. Method: memories of many sizes; and
// what the system says of the one there is.

import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { frameBytesFor, memoryBytes } from '../../src/options/memory.js';
import { resolveStoreOptions } from '../../src/options/store.js';

const GIB = 2 ** 30;

test.each([
  [0, GIB / 16],
  [GIB / 2, GIB / 16],
  [GIB, GIB / 8],
  [2 * GIB, GIB / 4],
  [8 * GIB, GIB],
  [512 * GIB, GIB],
])('of %i bytes of memory the frames get %i', (memory, bytes) => {
  expect(frameBytesFor(memory)).toBe(bytes);
});

test('it is the default, and a size that is given counts instead', () => {
  expect(resolveStoreOptions(undefined).frameCacheBytes).toBe(frameBytesFor(memoryBytes()));
  expect(resolveStoreOptions({ frameCacheBytes: 7 }).frameCacheBytes).toBe(7);
});

test('a process may use no more than the machine has, and something', () => {
  expect(memoryBytes()).toBeLessThanOrEqual(totalmem());
  expect(memoryBytes()).toBeGreaterThan(0);
});
