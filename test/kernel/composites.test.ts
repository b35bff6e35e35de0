// Goal: the SIMD kernel makes composite keys itself, up to its limits, and beyond them the twin makes the same; with other
// paths it forgets them. Method: records at both sides of each limit, compared with the plain kernel, and counted where the
// twin had to read them.

import { describe, expect, it } from 'vitest';
import type { ScanOptions } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { optionsFor, utf8 } from '../support/scans.js';
import { scanSpan } from '../support/simd-scan.js';

const MIB = 1 << 20;

/** Reads a source with both kernels. @returns how many good records the twin had to read */
function settledOf(text: string, some: Partial<ScanOptions>): number {
  const source = utf8(text);
  const options = optionsFor('ndjson', some);
  const { settled, records, bad } = scanSpan(source, options, undefined, { heapBytes: 4 * MIB });
  const expected = scanPlain(source, options);
  expect(records).toEqual(expected.records.map(({ line, keys }) => ({ line, keys })));
  expect(bad).toEqual(expected.bad);
  return settled;
}

const list = (count: number): string => `[${Array.from({ length: count }, (_, i) => i).join(',')}]`;
const pair = [['a'], ['b']];

describe('composite keys', () => {
  it('are made without the twin, also where a path has several uses', () => {
    const lines = Array.from({ length: 2000 }, (_, i) => {
      const b = [
        'null',
        'true',
        `"x${i}"`,
        `-${i}.5`,
        '[1,[2,"y"]]',
        `"${'z'.repeat(i % 900)}"`,
        '"\\u0000\\u0001\\n"',
      ];
      return `{"id":${i},"a":"t${i % 7}","b":${b[i % b.length]}${i % 5 === 0 ? '' : ',"c":{"d":[1,2,3]}'}}`;
    });
    const some = {
      primary: [['id'], ['a']],
      secondary: [['a'], pair, [['b'], ['a']], [['a'], ['c', 'd'], ['b']], ['b']],
    };
    expect(settledOf(lines.join('\n'), some)).toBe(0);
    expect(settledOf(lines.join('\n'), { secondary: some.secondary })).toBe(0);
    expect(settledOf(lines.join('\n'), { primary: ['id'], secondary: some.secondary })).toBe(0);
  });

  it('are made by the twin where a record may have more keys than the limit', () => {
    for (const [a, b, settled, isBad] of [
      [200, 200, 0, false],
      [250, 250, 0, false],
      [256, 255, 1, false],
      [256, 256, 1, false],
      [256, 257, 0, true],
      [70_000, 0, 0, true],
    ] as const) {
      const text = `{"a":${list(a)},"b":${list(b)}}\n{"a":1,"b":2}`;
      expect(settledOf(text, { secondary: [pair] })).toBe(settled);
      const { bad } = scanPlain(utf8(text), optionsFor('ndjson', { secondary: [pair] }));
      expect(bad.map(({ reason }) => reason)).toEqual(isBad ? ['TOO_MANY_KEYS'] : []);
    }
  });

  it('lower the number of values that a record may have here by the uses of a path', () => {
    const secondary = [['a'], pair, [['b'], ['a']], [['a'], ['b'], ['c']]];
    const limit = Math.floor(65_535 / 4);
    for (const [count, settled] of [
      [limit, 0],
      [limit + 1, 1],
    ] as const) {
      expect(settledOf(`{"a":${list(count)}}`, { secondary })).toBe(settled);
    }
  });

  it('are forgotten when other paths are given', () => {
    const text = '{"a":1,"b":2,"c":3}';
    for (const some of [
      { primary: pair, secondary: [[['a'], ['c']]] },
      { secondary: [['a']] },
      { primary: [['b'], ['a']], secondary: [] },
      { primary: ['a'], secondary: [pair] },
      { secondary: [] },
    ]) {
      expect(settledOf(text, some)).toBe(0);
    }
  });

  it('of too many components, or the same twice, are refused', () => {
    const names = Array.from({ length: 17 }, (_, i) => [`n${i}`]);
    expect(() => settledOf('{}', { secondary: [names] })).toThrow(RangeError);
    expect(() => settledOf('{}', { secondary: [pair, pair] })).toThrow('two indexes have the path [["a"],["b"]]');
    expect(settledOf('{"a":1,"b":2}', { secondary: [pair] })).toBe(0);
  });
});
