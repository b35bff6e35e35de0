// Goal: whole imports do what they promise: every layout, key and mode; tokens exactly as spelled; duplicates in source
// order; counts that add up.
// Method: small sources in many small spans, through the built library with real worker threads, read back by lookups and
// by an independent zstd.

import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/import-errors.js';
import { filesOf } from '../support/import-files.js';
import { HAS_ZSTD, KINDS, testStore, zstdcat } from '../support/import-store.js';
import { valuesOf } from '../support/rows.js';

/** Small enough that each of the sources below is cut. */
const SPAN_BYTES = 16;

describe.each(KINDS)('%s', (kind) => {
  const isDisk = kind === 'on disk';

  describe('layouts', () => {
    const A = '{"a":1,"t":"},{"}';
    const B = '{"a":[2,{"b":"]"}]}';
    test.each([
      ['ndjson', `${A}\n${B}\n`, [A, B]],
      ['ndjson with CRLF, blank lines and a byte order mark', `\ufeff\r\n${A}\r\n\r\n \r\n${B}`, [A, B]],
      ['values on one line', `${A}${B} 7 "x"`, [A, B, '7', '"x"']],
      ['an array on one line', `[${A},${B}]`, [A, B]],
      ['a pretty array', `[\r\n  ${A.replaceAll(':', ' :\n ')},\r\n ${B}\n]\n`, [A, B]],
      ['an array of arrays and scalars', '[[],[[1]],"x",null,-0]', ['[]', '[[1]]', '"x"', 'null', '-0']],
      ['an empty array', ' [ ] ', []],
      ['a single record', A, [A]],
    ])('%s', async (name, content, records) => {
      const { run, texts } = await testStore(kind);
      const report = await run(content, { spanBytes: SPAN_BYTES });
      expect(report).toMatchObject({
        layout:
          name.includes('ndjson') || name === 'a single record'
            ? 'ndjson'
            : name.includes('array')
              ? 'array'
              : 'values',
        records: { read: records.length, stored: records.length, rejected: 0, replaced: 0 },
        bytes: { source: Buffer.byteLength(content) },
      });
      expect(await texts()).toEqual(records);
    });

    test('an object, whose names are the keys', async () => {
      const { run, store, texts, directory } = await testStore(kind);
      const report = await run(`{ "x" : ${A}, "\\u0079\\"" :${B}, "": [ ], "x2":{}}`, {
        ...{ spanBytes: SPAN_BYTES, layout: 'object' },
      });
      expect(report).toMatchObject({ layout: 'object', records: { read: 4, stored: 4 } });
      expect(await texts()).toEqual([A, B, '[]', '{}']);
      const records = store.collection();
      expect(['x', 'y"', '', 'x2', 'X'].map((key) => records.getTextSync(key))).toEqual([A, B, '[]', '{}', undefined]);
      if (isDisk && HAS_ZSTD) {
        expect(zstdcat(directory)).toBe(
          `{"key":"x","value":${A}}\n{"key":"\\u0079\\"","value":${B}}\n{"key":"","value":[]}\n{"key":"x2","value":{}}\n`,
        );
      }
    });

    test('what --select names, an array or an object; the rest of the document is checked too', async () => {
      const { run, store, texts } = await testStore(kind);
      const document = `{"meta":[1,{"items":"no"}],"data":{"items":[${A},${B}],"map":{"k":${A}}},"tail":"\\u0000"}`;
      expect(await run(document, { select: '/data/items', spanBytes: SPAN_BYTES })).toMatchObject({ layout: 'array' });
      expect(await texts()).toEqual([A, B]);
      expect(await run(document, { select: '/data/map', spanBytes: SPAN_BYTES })).toMatchObject({ layout: 'object' });
      expect(store.collection().getTextSync('k')).toBe(A);
      const error = await errorOf(run(document.replace('\\u0000', '\u0000'), { select: '/data/items' }));
      expect(error).toMatchObject({ code: 'SOURCE_NOT_JSON', offset: document.indexOf('\\u0000') });
      const { warnings } = await run(`{"a":[1],"b":0,"a":[2]}`, { select: '/a' });
      expect(warnings).toEqual([expect.stringContaining('occurs twice')]);
    });
  });

  describe('keys', () => {
    test('integers beyond 2^53 are distinct; numbers, strings and literals are never confused', async () => {
      const { run, store } = await testStore(kind);
      const ids = [
        '9007199254740992',
        '9007199254740993',
        '9007199254740994',
        '1',
        '"1"',
        'true',
        '"true"',
        'false',
        '-1.50',
      ];
      await run(ids.map((id, i) => `{"id":${id},"i":${i}}`).join('\n'), { key: 'id', spanBytes: SPAN_BYTES });
      const keys = [2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n, 1, '1', true, 'true', false, -1.5];
      const records = store.collection<{ i: number }>();
      expect(keys.map((key) => records.getSync(key)?.i)).toEqual(keys.map((_, i) => i));
      expect(records.getSync('null')).toBeUndefined();
    });

    test('1, 1.0 and 10e-1 are one key, "a" and "\\u0061" too', async () => {
      const { run, store } = await testStore(kind);
      const report = await run('[{"k":1},{"k":1.0},{"k":10e-1,"x":1},{"k":"a"},{"k":"\\u0061","x":2}]', { key: 'k' });
      expect(report.records).toEqual({ read: 5, stored: 2, rejected: 0, replaced: 3 });
      expect([1, 'a'].map((key) => store.collection().getTextSync(key))).toEqual([
        '{"k":10e-1,"x":1}',
        '{"k":"\\u0061","x":2}',
      ]);
    });

    test('a path leads into a record; __proto__ is a name like any other', async () => {
      const { run, store } = await testStore(kind);
      await run('{"__proto__":{"constructor":{"a/b":5}}}\n', { key: '/__proto__/constructor/a~1b' });
      expect(store.collection().has(5)).toBe(true);
    });

    test('without a key a record is found by its ordinal', async () => {
      const { run, store } = await testStore(kind);
      await run(['[1,2,3]', '4\n5'], { spanBytes: 1 });
      expect([0, 1, 2, 3, 4, 5].map((key) => store.collection().getTextSync(key))).toEqual([
        '1',
        '2',
        '3',
        '4',
        '5',
        undefined,
      ]);
    });

    test('secondary indexes: missing values are not indexed, of arrays each element is', async () => {
      const { run, store } = await testStore(kind);
      const source = [
        '{"id":1,"tag":["a","b","a"],"u":{"n":5}}',
        '{"id":2,"tag":"b"}',
        '{"id":3,"u":[{"n":5},{"n":6}]}',
        '{"id":4,"tag":[]}',
      ];
      const report = await run(source.join('\n'), {
        key: 'id',
        indexes: ['tag', 'u.n', 'none'],
        spanBytes: SPAN_BYTES,
      });
      expect(report.indexes).toEqual([
        { path: 'id', entries: 4, pages: 1 },
        { path: 'tag', entries: 3, pages: 1 },
        { path: 'u.n', entries: 3, pages: 1 },
        { path: 'none', entries: 0, pages: 0 },
      ]);
      expect(report.warnings).toEqual(['No record has a value at index path "none".']);
      const find = async (index: string, value: string | number) => {
        const found: number[] = [];
        for await (const { id } of valuesOf(store.collection<{ id: number }>().find(index, value))) found.push(id);
        return found;
      };
      expect([await find('tag', 'a'), await find('tag', 'b'), await find('u.n', 5), await find('u.n', 6)]).toEqual([
        [1],
        [1, 2],
        [1, 3],
        [3],
      ]);
    });
  });

  describe('duplicates', () => {
    const COUNT = 400;
    /** Keys repeat near and far, across spans. */
    const keyOf = (i: number) => (i * 7) % 90;
    const source = Array.from({ length: COUNT }, (_, i) => `{"k":${keyOf(i)},"i":${i}}`);
    const last = new Map(source.map((_, i) => [keyOf(i), i]));
    const first = new Map(source.map((_, i): [number, number] => [keyOf(COUNT - 1 - i), COUNT - 1 - i]));

    test.each([1, 2, 4])('the last or the first in source order stays, with %s workers', async (workers) => {
      const { run, store } = await testStore(kind);
      for (const [onDuplicate, winners] of [
        ['last', last],
        ['first', first],
      ] as const) {
        const report = await run(`[${source.join(',')}]`, { key: 'k', onDuplicate, workers, spanBytes: 300 });
        expect(report.records).toEqual({ read: COUNT, stored: 90, rejected: 0, replaced: COUNT - 90 });
        for (const [key, i] of winners) expect(store.collection<{ i: number }>().getSync(key)?.i).toBe(i);
        expect(store.collection().count()).toBe(90);
      }
    });

    test.each([1, 2, 4])(
      'as errors: the first repetition in source order is named, with %s workers',
      async (workers) => {
        const { run, state } = await testStore(kind);
        const before = await state();
        const [one, two] = ['{"k":"a"}', '{"k":"b"}'];
        const lines = [one, 'x', two, ...Array.from({ length: 50 }, (_, i) => `{"k":${i}}`), 'x', two, one, two, one];
        for (const spanBytes of [10, 40, 1000]) {
          const options = { key: 'k', onDuplicate: 'error', onBadRecord: 'skip', workers, spanBytes } as const;
          const error = await errorOf(run(lines.join('\n'), options));
          expect(error).toMatchObject({ code: 'DUPLICATE_KEY', record: 54, message: expect.stringContaining('"b"') });
        }
        expect(await state()).toEqual(before);
      },
    );
  });

  describe('modes', () => {
    test('replace, upsert, insert, one after another', async () => {
      const { run, store, texts, directory } = await testStore(kind);
      await run('{"k":1,"v":"a"}\n{"k":2,"v":"a"}\n{"k":3,"v":"a"}', { key: 'k', indexes: ['v'] });

      const upserted = await run('[{"k":2,"v":"b"},{"k":4,"v":"b"},{"k":4,"v":"c"}]', {
        key: 'k',
        indexes: ['v'],
        mode: 'upsert',
      });
      expect(upserted).toMatchObject({
        mode: 'upsert',
        updated: 1,
        records: { read: 3, stored: 2, rejected: 0, replaced: 1 },
      });
      expect(await texts()).toEqual(['{"k":1,"v":"a"}', '{"k":3,"v":"a"}', '{"k":2,"v":"b"}', '{"k":4,"v":"c"}']);

      const conflict = await errorOf(
        run('{"k":5,"v":"d"}\n{"k":1,"v":"d"}', { key: 'k', indexes: ['v'], mode: 'insert' }),
      );
      expect(conflict).toMatchObject({ code: 'DUPLICATE_KEY', message: expect.stringContaining('key 1') });
      const options = { key: 'k', indexes: ['v'], mode: 'insert', onDuplicate: 'first' } as const;
      const inserted = await run('{"k":5,"v":"d"}\n{"k":1,"v":"d"}', options);
      expect(inserted).toMatchObject({ updated: 0, records: { read: 2, stored: 1, replaced: 1 } });
      expect(store.collection().getTextSync(1)).toBe('{"k":1,"v":"a"}');

      const other = await errorOf(run('{"k":5}', { key: 'v', indexes: ['v'], mode: 'upsert' }));
      expect(other).toMatchObject({ code: 'COLLECTION_MISMATCH' });

      expect(store.stat().collections[0]?.shards).toBe(3);
      if (isDisk) expect(Object.keys(filesOf(directory)).filter((name) => name.startsWith('shards/'))).toHaveLength(3);
      await run('{"k":9}', { key: 'k' });
      expect(await texts()).toEqual(['{"k":9}']);
      if (isDisk)
        expect(Object.keys(filesOf(directory))).toEqual([
          'shards',
          expect.stringMatching(/^shards\/\d{8}\.ndjson\.zst$/),
        ]);
    });

    test('without a key, upsert and insert append', async () => {
      const { run, texts } = await testStore(kind);
      for (const mode of ['replace', 'upsert', 'insert'] as const) await run('1\n2', { mode });
      expect(await texts()).toEqual(['1', '2', '1', '2', '1', '2']);
    });
  });

  describe('several sources', () => {
    test('are one import, in their order, whatever their layouts', async () => {
      const { run, texts } = await testStore(kind);
      const sources = ['[{"k":1},{"k":2}]', '{"k":1,"x":1}\n', '{\n"k":3}{"k":2}'];
      const report = await run(sources, { key: 'k', spanBytes: SPAN_BYTES });
      expect(report).toMatchObject({
        layout: 'array',
        sources: { length: 3 },
        records: { read: 5, stored: 3, replaced: 2 },
      });
      expect(await texts()).toEqual(['{"k":1,"x":1}', '{"k":3}', '{"k":2}']);
    });

    test('an error names its file, and the record by its place in it', async () => {
      const { run } = await testStore(kind);
      const error = await errorOf(run(['1\n2\n3\n', '[4,5,x]'], { spanBytes: 2 }));
      expect(error).toMatchObject({ code: 'BAD_RECORD', offset: 5, line: 1, record: 2 });
      const mixed = await errorOf(run(['{"a":{},"b":{}}', '[1]'], { layout: 'object' }));
      expect(mixed).toMatchObject({ code: 'SELECT_NOT_CONTAINER', offset: 0 });
    });
  });

  describe('tokens', () => {
    const RECORDS = [
      '{"n":1e400,"m":-1E-400,"long":123456789012345678901234567890,"zero":-0.0,"one":1.000}',
      '{"escapes":"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\","lone":"\\ud800","pair":"\\uD83D\\uDE00","raw":"\u2028\u2029\u007f"}',
      '{"z":1,"a":2,"z":3,"\\u0061":4,"__proto__":5}',
      '[[[[]]],{},"",[{}]]',
    ];

    test('are exactly as spelled, in shards and in lookups', async () => {
      const { run, store, directory } = await testStore(kind);
      await run(RECORDS.join('\n'), { spanBytes: 100 });
      RECORDS.forEach((text, i) => {
        expect(store.collection().getTextSync(i)).toBe(text);
      });
      if (isDisk && HAS_ZSTD) expect(zstdcat(directory)).toBe(RECORDS.map((text) => `${text}\n`).join(''));
    });

    test('only white space between them goes', async () => {
      const { run, store } = await testStore(kind);
      const spaced = RECORDS.map((text) =>
        text.replace(/("(?:[^"\\]|\\.)*")|([[\]{},:])/g, (token) => `\n\t${token}\r\n  `),
      );
      await run(`[${spaced.join(',')}]`, { spanBytes: 100 });
      RECORDS.forEach((text, i) => {
        expect(store.collection().getTextSync(i)).toBe(text);
      });
    });
  });
});
