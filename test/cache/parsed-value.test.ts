// What the record cache does with a parsed value: copies are equal and nobody else's, frozen is frozen all through, and what
// it is said to take in memory is not less than what it takes.
// Method: random JSON against JSON.parse; a process of its own whose heap is measured.
// @node all: what values take in the heap

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, copied, frozen } from '../../src/lookup/cache/parsed-value.js';

const run = promisify(execFile);
const NESTED = 100_000;
/** What a heap may grow by for other reasons. */
const NOISE_BYTES = 100_000;
/** Deeper than calls can be. */
const deep = '['.repeat(NESTED) + ']'.repeat(NESTED);
/** fast-check gives objects with names such as `__proto__` too. */
const json = fc.json({ maxDepth: 6 });

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

describe('parsed values', () => {
  test('are copied with everything in them, in order, and are frozen all through', () => {
    const names = ['{"__proto__":{"a":[]},"b":1,"10":2,"2":3}', '{"constructor":{"__proto__":null}}'];
    fc.assert(
      fc.property(fc.oneof(json, fc.constantFrom(...names)), (text) => {
        const value: unknown = JSON.parse(text);
        const copy = copied(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        expect(Object.getPrototypeOf(copy ?? {})).toBe(Object.getPrototypeOf(value ?? {}));
        expect(isFrozen(frozen(value))).toBe(true);
        expect(copied(value)).toEqual(copy);
        expect(isFrozen(copy)).toBe(typeof copy !== 'object' || copy === null);
      }),
    );
  });

  test('may be nested deeper than calls can be', () => {
    const value = frozen(JSON.parse(deep));
    expect(JSON.stringify((copied(value) as unknown[]).length)).toBe('1');
    expect(bytesOf(value, deep)).toBeGreaterThan(NESTED * 32);
  });

  test('take no more memory than is said', async () => {
    const script = fileURLToPath(new URL('../support/heap-of-values.mjs', import.meta.url));
    const { stdout } = await run(process.execPath, ['--expose-gc', script]);
    const measured = JSON.parse(stdout) as { name: string; used: number; said: number }[];
    expect(measured.filter(({ used, said }) => used > 1.1 * said + NOISE_BYTES)).toEqual([]);
    expect(measured.filter(({ said }) => said < 3 * NOISE_BYTES)).toEqual([]);
  });
});
