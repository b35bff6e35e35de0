// Goal: the fast profiler keeps its bound in memory whatever the names and values are, and what it says then is true. Method: names
// that do not end, in one object, in objects in objects, in one record and in many; long names and values; the sizes of the memory, and
// counts that must not depend on what was folded. A wide object is a map in the profile.

import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/profile/bound.js';
import { Profiler } from '../../src/profile/simd/profiler.js';
import { type PathProfile, PROFILE_BYTES } from '../../src/profile/types.js';
import { linesOf } from '../support/profile-lines.js';

/** All values in a profile, whatever path they are at. */
function valuesIn({ kinds, arrays, objects }: PathProfile): number {
  const own = Object.values(kinds).reduce((sum, count) => sum + count, 0);
  const below = [arrays?.elements, objects?.folded, ...(objects?.members?.values() ?? [])];
  return below.reduce((sum, path) => sum + (path === undefined ? 0 : valuesIn(path)), own);
}

const members = (count: number, member: (i: number) => string): string =>
  `{${Array.from({ length: count }, (_, i) => member(i)).join(',')}}`;

describe('memory', () => {
  it('is bounded if one object has names without end, in one record or in many', () => {
    const profiler = new Profiler();
    const rss = process.memoryUsage().rss;
    for (let part = 0; part < 40; part++) {
      profiler.add(linesOf([`{"m":${members(25_000, (i) => `"name ${part} ${i}":{"x":[${i}],"y":"${i}"}`)}}`]));
    }
    const { root } = profiler.take();
    expect(valuesIn(root)).toBe(40 * (2 + 25_000 * 4));
    const map = root.objects?.members?.get('m')?.objects;
    expect(map).toMatchObject({ fewest: 25_000, most: 25_000, folded: { kinds: { object: 1_000_000 } } });
    expect([...(map?.folded?.objects?.members?.keys() ?? [])]).toEqual(['x', 'y']);
    // Of the test's own strings, too.
    expect(process.memoryUsage().rss - rss).toBeLessThan(200 << 20);
  });

  it('is bounded if objects in objects have names without end', () => {
    const profiler = new Profiler();
    let values = 0;
    for (let part = 0; part < 12; part++) {
      const record = members(
        120,
        (i) =>
          `"p${part}-${i}":${members(60, (k) => `"q${i * 7 + k}":${members(9, (n) => `"r${part}${n * k}":["${i}",${k}]`)}`)}`,
      );
      values += 1 + 120 + 120 * 60 + 120 * 60 * 9 * 3;
      profiler.add(linesOf([record]));
    }
    const { root, records } = profiler.take();
    expect(records).toBe(12);
    expect(valuesIn(root)).toBe(values);
    expect(bytesOf(root)).toBeLessThanOrEqual(PROFILE_BYTES);
    expect(root.isPartial).toBe(true);
  });

  it('is bounded if names and values are long', () => {
    const profiler = new Profiler();
    const long = 'n'.repeat(30_000);
    for (let i = 0; i < 1500; i++)
      profiler.add(linesOf([`{"m":{"${long}${i}":"${long}${i}","${long}\\n${i}":${'1'.repeat(1000)}}}`]));
    profiler.add(linesOf([`{"m":1,"z":{"${'m'.repeat(70_000)}":1,"\\u006d${'m'.repeat(70_000)}":2,"b":3}}`]));
    const { root } = profiler.take();
    expect(valuesIn(root)).toBe(1500 * 4 + 3 + 3);
    expect(root.objects?.members?.get('m')).toMatchObject({ isPartial: true, kinds: { object: 1500, integer: 1 } });
    expect(root.objects?.members?.get('z')).toMatchObject({
      isPartial: true,
      objects: { folded: { kinds: { integer: 3 } } },
    });
  });

  it('is used again: a profile after such records knows as much as the first one', () => {
    const profiler = new Profiler();
    const lines = linesOf(['{"a":1,"b":{"c":"x"}}']);
    profiler.add(lines);
    const first = profiler.take();
    profiler.add(linesOf([members(200_000, (i) => `"${i}":{"${i}":${i}}`)]));
    expect(profiler.take().root.objects?.folded?.kinds.object).toBe(200_000);
    profiler.add(lines);
    expect(profiler.take()).toEqual(first);
  });

  it('grows for a record that is larger than a frame', () => {
    const profiler = new Profiler();
    profiler.add(linesOf([`["${'x'.repeat(40 << 20)}",1]`, '2']));
    const { root, records } = profiler.take();
    expect(records).toBe(2);
    expect(root.arrays?.elements).toMatchObject({ strings: { longest: 40 << 20 }, kinds: { integer: 1, string: 1 } });
  });
});
