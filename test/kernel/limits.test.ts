// Goal: depth, size and number of keys are limited exactly, and no source, however hostile, takes more than linear time.
// Method: sources just within and just beyond each limit, and garbage of 30,000 brackets, quotes or backslashes.

import { describe, expect, it } from 'vitest';
import { KEYS_PER_RECORD_MAX } from '../../src/base/limits.js';
import type { RecordLayout, ScanOptions } from '../../src/kernel/contract.js';
import { kernels } from '../support/kernels.js';
import { laidOut, layouts, optionsFor, readText, utf8 } from '../support/scans.js';

describe.each(kernels)('$name', ({ scan }) => {
  const read = (source: string, layout: RecordLayout, some?: Partial<ScanOptions>) =>
    readText(scan, source, layout, some);

  describe('depth', () => {
    it.each(layouts)('is limited within a record, layout %s', (layout) => {
      const nested = (depth: number) => laidOut(utf8(`${'['.repeat(depth)}${']'.repeat(depth)}`), layout);
      expect(scan(nested(3), optionsFor(layout, { depthMax: 3 })).records).toHaveLength(1);
      const bad = scan(nested(4), optionsFor(layout, { depthMax: 3 })).bad[0]!;
      const nameBytes = layout === 'object' ? '"name":'.length : 0;
      expect([bad.reason, bad.offset - bad.start]).toEqual(['TOO_DEEP', nameBytes + 3]);
    });

    it('of what is too deep is matched to its end', () => {
      const inArray = read('[[[[1]]]],2]', 'array', { depthMax: 3 });
      expect(inArray.outcomes).toEqual(['TOO_DEEP @3 <[[[[1]]]]>', '2']);
      const inValues = read('{"a":{"b":{}}}1', 'values', { depthMax: 2 });
      expect(inValues.outcomes).toEqual(['TOO_DEEP @10 <{"a":{"b":{}}}>', '1']);
    });

    it('of 1,024 is within the default limit, wherever paths lead', () => {
      const deep = `${'[{"a":'.repeat(512)}1${'}]'.repeat(512)}`;
      const path = Array.from({ length: 512 }, () => 'a');
      const { records, outcomes } = read(deep, 'values', { secondary: [path, ['a']] });
      expect(outcomes).toEqual([deep]);
      expect(records[0]!.keys).toHaveLength(1);
    });
  });

  describe('time', () => {
    const garbage = [
      '[',
      '{"a":',
      '{',
      '[{',
      '"',
      '\\',
      ']',
      '}',
      '[}',
      ',',
      '"\\',
      '{]',
      '[1,',
      ':',
      '-',
      '"a"',
      '\n',
      ' ',
    ];
    it.each(garbage)('is linear for 30,000 times %j', (pattern) => {
      const source = utf8(pattern.repeat(30_000));
      for (const layout of layouts) {
        const started = performance.now();
        scan(source, optionsFor(layout));
        expect(performance.now() - started).toBeLessThan(30_000); // quadratic time would be minutes
      }
    });

    it('is linear for deep garbage that has a valid record behind it', () => {
      const deep = '[{'.repeat(50_000);
      expect(read(`${deep}\n1\n`, 'ndjson').outcomes.at(-1)).toBe('1');
      expect(read(`${deep}${']'.repeat(50_000)} 1`, 'values').outcomes.at(-1)).toBe('1');
      expect(read(`${deep}${']'.repeat(50_000)},1]`, 'array').outcomes.at(-1)).toBe('1');
    });
  });

  describe('size', () => {
    const limit = { recordBytesMax: 8 };

    it.each(layouts)('of a record may be the limit, and not one byte more, layout %s', (layout) => {
      const name = layout === 'object' ? '"n":' : '';
      const closer = { ndjson: '\n', values: ' ', array: ']', object: '}' }[layout];
      const record = (length: number) => `${name}${'1'.repeat(length - name.length)}${closer}`;
      expect(read(record(8), layout, limit).records).toHaveLength(1);
      expect(read(record(9), layout, limit)).toMatchObject({
        records: [],
        bad: [{ reason: 'RECORD_TOO_LARGE', offset: 0, record: 0, start: 0, end: 8 }],
        end: -1,
      });
    });

    it.each<[string, RecordLayout, Partial<ScanOptions>, string[]]>([
      ['1 "aaaaaaaaa" 2', 'values', {}, ['1', 'RECORD_TOO_LARGE @2 <"aaaaaaa>']],
      ['1\n[x,xxxxxxxxxx\n2', 'ndjson', {}, ['1', 'RECORD_TOO_LARGE @2 <[x,xxxxx>']],
      ['1,[x,xxxxxxxxxx],2]', 'array', {}, ['1', 'RECORD_TOO_LARGE @2 <[x,xxxxx>']],
      ['"aaaaaaaa":1}', 'object', {}, ['RECORD_TOO_LARGE @0 <"aaaaaaa>']],
      ['{"aaaaaa":1}', 'values', { primary: ['id'] }, ['RECORD_TOO_LARGE @0 <{"aaaaaa>']],
    ])('beyond the limit ends the scan, whatever else is wrong: %j, layout %s', (source, layout, some, outcomes) => {
      expect(read(source, layout, { ...limit, ...some })).toMatchObject({ outcomes, end: -1 });
    });

    it('counts up to the byte that ends the record, but not the white space before it', () => {
      expect(read('             1,2       ]', 'array', limit)).toMatchObject({ outcomes: ['1', '2'], end: 24 });
      expect(read('1        ,2]', 'array', limit)).toMatchObject({ outcomes: ['RECORD_TOO_LARGE @0 <1       >'] });
      expect(read('1         2', 'values', limit).outcomes).toEqual(['1', '2']);
      expect(read('\n\n          \n\n 1', 'ndjson', limit).outcomes).toEqual(['1']);
    });
  });

  describe('keys', () => {
    const most = KEYS_PER_RECORD_MAX;
    const list = (count: number) => `[${Array.from({ length: count }, () => '1').join(',')}]`;
    const outcome = (record: string, some: Partial<ScanOptions>, layout: RecordLayout = 'values') => {
      const { records, bad } = read(record, layout, some);
      return bad[0]?.reason ?? records[0]!.keys.length;
    };
    const a = { secondary: [['a']] };
    const all = { primary: ['id'], secondary: [['a'], ['b']] };

    it('of a record may be as many as the limit, over all indexes, and not one more', () => {
      expect(outcome(`{"a":${list(most)}}`, a)).toBe(most);
      expect(outcome(`{"a":${list(most + 1)}}`, a)).toBe('TOO_MANY_KEYS');
      expect(outcome(`{"id":1,"a":${list(most - 2)},"b":2}`, all)).toBe(most);
      expect(outcome(`{"id":1,"a":${list(most - 1)},"b":2}`, all)).toBe('TOO_MANY_KEYS');
    });

    it('include the name of a member where it is the primary key', () => {
      expect(outcome(`"n":{"a":${list(most - 1)}}}`, a, 'object')).toBe(most);
      expect(outcome(`"n":{"a":${list(most)}}}`, a, 'object')).toBe('TOO_MANY_KEYS');
    });

    it('are too many before any of them is looked at, or thrown away by a repeated member', () => {
      expect(outcome(`{"a":${list(most + 1)}}`, all)).toBe('TOO_MANY_KEYS');
      expect(outcome(`{"a":${list(most + 1)},"a":1}`, a)).toBe('TOO_MANY_KEYS');
      expect(outcome(`{"a":${list(most)},"a":1}`, a)).toBe(1);
    });
  });
});
