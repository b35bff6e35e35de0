// Goal: the kernel's memory and time are bounded, whatever the source, and what does not fit is refused before it does harm.
// Method: sources that made earlier kernels grow without need, or take quadratic time; memories laid out at their limits.
// @node all: memory of WebAssembly

import { describe, expect, it } from 'vitest';
import { DEPTH_DEFAULT } from '../../src/base/limits.js';
import type { RecordLayout } from '../../src/kernel/contract.js';
import { NOWHERE } from '../../src/kernel/plain/kernel.js';
import { SimdKernel } from '../../src/kernel/simd/kernel.js';
import { optionsFor, utf8 } from '../support/scans.js';
import { scanSpan } from '../support/simd-scan.js';

const MIB = 1 << 20;
const SIZES = { heapBytes: 1 << 16, windowBytes: 1 << 16 };

describe('memory', () => {
  /** Feeds a beginning and a piece without end; what stopped the scan, and by how much memory had grown. */
  function feed(layout: RecordLayout, beginning: string, piece: string, bytesMax: number) {
    const { window, scanner, entries } = new SimdKernel(SIZES, DEPTH_DEFAULT);
    scanner.begin(optionsFor(layout, { recordBytesMax: MIB }), 1, 1 << 15, false);
    scanner.standAt(0, Number.MAX_SAFE_INTEGER);
    const memoryBytes = window.bytes.byteLength;
    const endless = Buffer.from(piece.repeat(Math.ceil((2 * MIB) / piece.length)));
    let fed = -beginning.length;
    let reason = '';
    const ended = scanner.pump({
      fill: () => {
        if (fed >= bytesMax) return false;
        const { at, bytes } = window.makeRoom();
        const from = fed % piece.length;
        const given = fed < 0 ? utf8(beginning) : endless.subarray(from, from + bytes);
        window.bytes.set(given, at);
        window.loaded(given.byteLength, false);
        fed += given.byteLength;
        return true;
      },
      frame: () => {
        scanner.frameTaken();
        return true;
      },
      spill: () => entries.clear(),
      record: () => {
        throw new Error('the kernel left a good record to the twin');
      },
      bad: (outcome) => {
        reason = outcome.reason;
        return false;
      },
    });
    expect(ended).toBe('halted');
    return { reason, grown: window.bytes.byteLength - memoryBytes };
  }

  it.each([
    ['values', '"', 'x'],
    ['ndjson', '"', 'x'],
    ['values', '[', '1,'],
    ['values', '[', ' '],
    ['array', '"\\x', 'x"'],
    ['array', '{"a":[', '[0],'],
    ['array', '[', '['],
    ['array', '[{"a":"', '\\\\'],
    ['array', '1', '1'],
    ['ndjson', 'x', 'x'],
    ['object', '"a":{"b":[{}', ',{}'],
    ['object', '"', 'n'],
  ] as const)('is that of the largest record, layout %s, for %j and endless %j', (layout, beginning, piece) => {
    const { reason, grown } = feed(layout, beginning, piece, 16 * MIB);
    expect(reason).toBe('RECORD_TOO_LARGE');
    expect(grown).toBeLessThanOrEqual(3 * MIB);
  });

  it('does not grow for a record that is known to be bad', () => {
    const unclosed = feed('ndjson', '"a\n', '                ', 16 * MIB);
    expect(unclosed).toEqual({ reason: 'UNEXPECTED_END_OF_LINE', grown: 0 });
    expect(feed('ndjson', '"a\n', 'x', 16 * MIB)).toEqual(unclosed);
  });

  it.each([
    ['values', '1 '],
    ['values', '{}'],
    ['ndjson', '\n'],
    ['ndjson', '[1]\n'],
    ['array', '0,'],
    ['object', '"":1,'],
    ['object', `"":${' '.repeat(100)}1,`],
    ['array', ' '],
    ['ndjson', ' '],
  ] as const)('does not grow for small records, layout %s, %j', (layout, piece) => {
    expect(feed(layout, '', piece, 16 * MIB)).toEqual({ reason: '', grown: 0 });
  });

  it('may lie beyond 2 GiB, where addresses are negative numbers to JavaScript', () => {
    // Never touched, the heap and its references (3 GiB) are only addresses.
    const { window, scanner, entries } = new SimdKernel({ heapBytes: 800 * MIB, windowBytes: 64 }, DEPTH_DEFAULT);
    const options = optionsFor('object', { secondary: [['a']] });
    scanner.begin(options, 1, 1 << 15, false);
    scanner.standAt(1000, 2000);
    expect(window.pos).toBeGreaterThan(2 ** 31);
    const source = utf8(` "n":{"a":"${'x'.repeat(300)}"},"m":x}`);
    const met: string[] = [];
    const ended = scanner.pump({
      fill: () => {
        met.push('fill');
        const { at } = window.makeRoom();
        window.bytes.set(source, at);
        window.loaded(source.byteLength, true);
        return true;
      },
      frame: () => met.push('frame') > 0,
      spill: () => met.push('spill'),
      record: () => met.push('record') > 0,
      bad: ({ reason }) => {
        met.push(reason);
        return false;
      },
    });
    expect(ended).toBe('halted');
    expect(met).toEqual(['fill', 'UNEXPECTED_CHARACTER']);
    expect(window.fileOffset(window.pos)).toBe(1000 + Buffer.from(source).indexOf('"m"'));
    expect(Buffer.from(scanner.frame().plain).toString()).toBe(`{"key":"n","value":{"a":"${'x'.repeat(300)}"}}\n`);
    expect(entries.count).toBe(2);
    entries.sort();
    expect(entries.takeRun(1 << 16).byteLength).toBeGreaterThan(300);
    expect(entries.nextIndex()).toBe(-1);
    expect(entries.takePage(0)).toBeUndefined();
  });

  it('that cannot be had is refused, and the kernel goes on as it was', () => {
    const { window } = new SimdKernel(SIZES, DEPTH_DEFAULT);
    const memoryBytes = window.bytes.byteLength;
    const { end } = window;
    for (const bytes of [2 ** 33, 0xffff_ffff, 0xfff0_0000]) {
      expect(() => window.makeRoomFor(bytes)).toThrow(RangeError);
      expect([window.bytes.byteLength, window.end]).toEqual([memoryBytes, end]);
    }
    expect(window.makeRoomFor(SIZES.windowBytes)).toBe(end);
    for (const sizes of [
      { heapBytes: 2 ** 31, windowBytes: 64 }, // its references would need as much again, twice
      { heapBytes: 2 ** 33, windowBytes: 64 },
      { heapBytes: 1 << 16, windowBytes: 2 ** 32 },
      { heapBytes: 100, windowBytes: 64 },
    ]) {
      expect(() => new SimdKernel(sizes, DEPTH_DEFAULT)).toThrow(RangeError);
    }
  });
});

describe('time', () => {
  it('of a record of many windows is linear', () => {
    const record = `{"a":"${'x'.repeat(8 * MIB)}","b":[${'1,'.repeat(MIB)}1]}`;
    const started = performance.now();
    const { records, end } = scanSpan(utf8(`${record}\n${record}\n`), optionsFor('ndjson'), undefined, {
      windowBytes: 256,
    });
    expect(records.map(({ line }) => line === record)).toEqual([true, true]);
    expect(end).not.toBe(NOWHERE);
    expect(performance.now() - started).toBeLessThan(30_000); // quadratic time would be minutes
  });

  it('of a member repeated behind many values is linear', () => {
    const record = `{"b":[${'1,'.repeat(20_000)}1]${',"a":1'.repeat(200_000)}}`;
    const started = performance.now();
    const { records } = scanSpan(utf8(record), optionsFor('values', { secondary: [['a'], ['b']] }));
    expect(records[0]!.keys).toHaveLength(20_002);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

it('values on key paths are noted up to a limit, and beyond it the twin reads the record', () => {
  const limit = 32_767;
  for (const [count, settledRecords] of [
    [limit, 0],
    [limit + 1, 1],
    [40_000, 1],
  ] as const) {
    const source = utf8(`{"a":[${Array(count).fill('1').join(',')}]}\n{"a":2}`);
    const options = optionsFor('ndjson', { secondary: [['a']] });
    const { records, settled } = scanSpan(source, options, undefined, { heapBytes: MIB });
    expect(records.map(({ keys }) => keys.length)).toEqual([count, 1]);
    expect(settled).toBe(settledRecords);
  }
});

describe('paths', () => {
  const { scanner } = new SimdKernel(SIZES, 16);
  const begin = (secondary: string[][], depthMax = 16) =>
    scanner.begin(optionsFor('ndjson', { secondary, depthMax }), 1, 1, false);

  it('are taken anew when they change', () => {
    const source = utf8('{"a":1,"b":[2,3]}');
    for (const [path, count] of [
      ['a', 1],
      ['b', 2],
      ['a', 1],
      ['c', 0],
    ] as const) {
      const { records } = scanSpan(source, optionsFor('ndjson', { secondary: [[path]] }));
      expect(records[0]!.keys).toHaveLength(count);
    }
  });

  it('that are too long, or the same, are refused', () => {
    expect(() => begin([['x'.repeat(70_000)]])).toThrow(RangeError);
    expect(() => begin(Array.from({ length: 40 }, (_, i) => [`${i}${'x'.repeat(60_000)}`]))).toThrow(RangeError);
    expect(() => begin([['a'], ['b'], ['a']])).toThrow(TypeError);
    expect(() => begin([['a']], 17)).toThrow(RangeError);
    begin([['a'], ['a', 'b']]);
  });
});
