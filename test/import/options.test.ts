// Goal: each option of an import does what its line in the table says, has the bounds it says, and a wrong one is a
// TypeError before anything happens. Method: a test per option, named like it.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as limits from '../../src/base/limits.js';
import { resolveImportOptions } from '../../src/import/options/resolve.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { errorOf } from '../support/import-errors.js';
import { filesOf } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

/** The bytes of all shards, in order. */
const shardsOf = (directory: string) =>
  Object.entries(filesOf(directory))
    .filter(([name]) => name.startsWith('shards/'))
    .map(([, bytes]) => bytes);

const records = (count: number) =>
  Array.from({ length: count }, (_, i) => `{"id":${i},"text":"some text ${i % 7}"}`).join('\n');

// As a caller without types would give them.
const wrong = (options: Record<string, unknown>) => () => resolveImportOptions(options as ImportOptions);

describe('options', () => {
  test('are completed, and cannot be changed afterwards', () => {
    const options = resolveImportOptions({});
    expect(options).toMatchObject({ collection: 'records', mode: 'replace', onDuplicate: 'last', onBadRecord: 'fail' });
    const { DEPTH_DEFAULT: depthMax, RECORD_BYTES_DEFAULT: recordBytesMax } = limits;
    expect(options).toMatchObject({ level: 1, access: 'read', depthMax, recordBytesMax });
    expect(Object.isFrozen(options)).toBe(true);
    expect(resolveImportOptions({ workers: undefined }).workers).toBe(options.workers);
  });

  test.each(['keys', 'worker', 'toString', '__proto__x'])('%s is not one', (name) => {
    expect(wrong({ [name]: 1 })).toThrow(`import has no option ${name}; `);
  });

  test('that are wrong are told before anything is done', async () => {
    const { store, state } = await testStore();
    const before = await state();
    expect(await errorOf(store.import('none', { level: 99 }))).toBeInstanceOf(TypeError);
    expect(await errorOf(store.import([]))).toBeInstanceOf(TypeError);
    expect(await errorOf(store.import(['']))).toBeInstanceOf(TypeError);
    expect(await errorOf(store.import('none', null as unknown as ImportOptions))).toBeInstanceOf(TypeError);
    expect(await state()).toEqual(before);
  });

  test('collection', async () => {
    const { run, store, texts } = await testStore();
    expect(await run('1', { collection: 'one' })).toMatchObject({ collection: 'one' });
    await run('2', { collection: 'two words' });
    expect(store.collections().sort()).toEqual(['one', 'two words']);
    expect([await texts('one'), await texts('two words')]).toEqual([['1'], ['2']]);
    for (const collection of ['', 'a\u0000b', 'x'.repeat(256), 7])
      expect(wrong({ collection })).toThrow('options.collection');
  });

  test('key', async () => {
    const { run, store } = await testStore();
    await run('{"a.b":1,"a":{"b":2}}', { key: 'a.b' });
    expect([store.collection().has(1), store.collection().has(2)]).toEqual([false, true]);
    await run('{"a.b":1,"a":{"b":2}}', { key: '/a.b' });
    expect([store.collection().has(1), store.collection().has(2)]).toEqual([true, false]);
    for (const key of ['', 'a..b', '/a~', 7]) expect(wrong({ key })).toThrow('key path');
  });

  test('indexes', () => {
    expect(wrong({ indexes: ['a', '/a'] })).toThrow('name the same place');
    expect(wrong({ indexes: 'a' })).toThrow('options.indexes');
    expect(wrong({ indexes: Array.from({ length: 250 }, (_, i) => `p${i}`) })).toThrow('249');
    expect(wrong({ indexes: [''] })).toThrow('key path');
  });

  test('select', () => {
    for (const select of ['a', '/~', 7]) expect(wrong({ select })).toThrow('options.select');
    expect(resolveImportOptions({ select: '' }).select).toBe('');
  });

  test('layout', async () => {
    const { run, texts } = await testStore();
    expect(await run('[1]\n[2]\n', { layout: 'values' })).toMatchObject({ layout: 'values' });
    expect(await run('{"a":{},"b":{}}', { layout: 'ndjson' })).toMatchObject({ layout: 'ndjson' });
    expect(await texts()).toEqual(['{"a":{},"b":{}}']);
    expect(await errorOf(run('[1]\n[2]\n', { layout: 'array' }))).toMatchObject({
      code: 'SOURCE_TRAILING_BYTES',
      offset: 4,
    });
    expect(wrong({ shape: 'array' })).toThrow('import has no option shape; it is called layout now');
    expect(wrong({ layout: 'auto' })).toThrow('options.layout must be one of ndjson, values, array, object');
  });

  test('mode and onDuplicate', () => {
    expect(wrong({ mode: 'append' })).toThrow('options.mode');
    expect(wrong({ onDuplicate: 'none' })).toThrow('options.onDuplicate');
    expect(resolveImportOptions({ mode: 'insert' }).onDuplicate).toBe('error');
    expect(wrong({ mode: 'insert', onDuplicate: 'last' })).toThrow('upsert');
  });

  test('workers', async () => {
    const shards: string[][] = [];
    for (const workers of [1, 2, 4]) {
      const { run, directory } = await testStore();
      expect(await run(records(500), { key: 'id', workers, spanBytes: 1500 })).toMatchObject({ workers, shards: 11 });
      shards.push(shardsOf(directory));
    }
    expect(shards[1]).toEqual(shards[0]);
    expect(shards[2]).toEqual(shards[0]);
    for (const workers of [0, 1.5, limits.WORKERS_MAX + 1, '2']) expect(wrong({ workers })).toThrow('options.workers');
  });

  test('level', async () => {
    const bytes: number[] = [];
    for (const level of [-7, 1, 19]) {
      const { run } = await testStore();
      bytes.push((await run(records(2000), { level })).bytes.stored);
    }
    expect(bytes[0]).toBeGreaterThan(bytes[1]!);
    expect(bytes[1]).toBeGreaterThan(bytes[2]!);
    for (const level of [-8, 20, 1.5]) expect(wrong({ level })).toThrow('options.level');
  });

  test('access', async () => {
    const shards: string[][] = [];
    for (const access of ['read', 'mmap'] as const) {
      const { run, directory } = await testStore();
      await run(`[${records(500).replaceAll('\n', ',')}]`, { access, spanBytes: 1500, windowBytes: 100 });
      shards.push(shardsOf(directory));
    }
    expect(shards[1]).toEqual(shards[0]);
    expect(wrong({ access: 'pread' })).toThrow('options.access');
  });

  test('spanBytes', async () => {
    const { run } = await testStore();
    const source = records(100);
    expect(await run(source, { spanBytes: 1000 })).toMatchObject({ shards: Math.round(source.length / 1000) });
    expect(await run(source)).toMatchObject({ shards: 1, spans: { total: 1, redone: 0 } });
    for (const spanBytes of [0, 2 ** 31]) expect(wrong({ spanBytes })).toThrow('options.spanBytes');
  });

  test('windowBytes', () => {
    for (const windowBytes of [0, limits.WINDOW_BYTES_MAX + 1])
      expect(wrong({ windowBytes })).toThrow('options.windowBytes');
  });

  test('recordBytesMax', async () => {
    const { run, texts } = await testStore();
    await run('"123456789"\n"x"', { recordBytesMax: 11, spanBytes: 3, windowBytes: 2 });
    expect(await texts()).toEqual(['"123456789"', '"x"']);
    for (const onBadRecord of ['fail', 'skip'] as const) {
      const error = await errorOf(run('"x"\n"123456789"', { recordBytesMax: 10, onBadRecord }));
      expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', offset: 4, record: 1, line: 2 });
    }
    for (const recordBytesMax of [0, limits.RECORD_BYTES_MAX + 1])
      expect(wrong({ recordBytesMax })).toThrow('options.recordBytesMax');
  });

  test('depthMax', async () => {
    const { run } = await testStore();
    expect(await run('[[[1]]]\n2', { depthMax: 3, layout: 'ndjson' })).toMatchObject({ records: { stored: 2 } });
    expect(await errorOf(run('2\n[[[1]]]', { depthMax: 2 }))).toMatchObject({ reason: 'TOO_DEEP', offset: 4 });
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(await run(`${deep}\n1`, { depthMax: 5000, layout: 'ndjson' })).toMatchObject({ records: { stored: 2 } });
    expect(wrong({ depthMax: 0 })).toThrow('options.depthMax');
  });

  test('onProgress and signal', () => {
    expect(wrong({ onProgress: 'tell' })).toThrow('options.onProgress');
    expect(wrong({ signal: {} })).toThrow('options.signal');
  });
});

describe('bad records', () => {
  const SOURCE = '{"id":1}\n{"id":02}\n{"x":3}\n{"id":4}\n{"id":[5]}\n{"id":6\n{"id":7}\n';
  const BAD = [
    { record: 1, offset: 16, start: 9, reason: 'BAD_NUMBER', raw: '{"id":02}' },
    { record: 2, offset: 19, start: 19, reason: 'KEY_MISSING', raw: '{"x":3}' },
    { record: 4, offset: 36, start: 36, reason: 'KEY_NOT_SCALAR', raw: '{"id":[5]}' },
    { record: 5, offset: 54, start: 47, reason: 'UNEXPECTED_END_OF_LINE', raw: '{"id":6' },
  ];

  test('fail: the first one is named, with what is there instead of a key', async () => {
    const { run } = await testStore();
    const number = await errorOf(run(SOURCE, { key: 'id', spanBytes: 10 }));
    expect(number).toMatchObject({ code: 'BAD_RECORD', offset: 16, line: 2, record: 1, reason: 'BAD_NUMBER' });
    const key = (text: string, path: string, layout?: 'object') =>
      errorOf(run(text, { key: path, ...(layout && { layout }) })).then(({ message }) => message);
    expect(await key('{"id":1}\n{"ID":2,"name":"x"}', 'id')).toContain(
      'no value at the key path "id": the record has ID, name;',
    );
    expect(await key('{"user":{"name":1}}', 'user.id')).toContain('"user" has name;');
    expect(await key('{"a":{"user":{"\\u001b":1}}}', 'user.id')).toContain('the record has a;');
    expect(await key('{"x":{"user":{"\\u001b":1}},"y":{}}', 'user.id', 'object')).toContain('"user" has \\u001b;');
    expect(await key('[[1],[2]]', 'id')).toContain('the record is an array;');
    expect(await key('{"user":"x"}', 'user.id')).toContain('"user" is a string;');
    expect(await key('{"id":{}}', 'id')).toContain('an array or object at the key path "id": "id" is an empty object;');
  });

  test('skip: they are counted', async () => {
    const { run, texts } = await testStore();
    const report = await run(SOURCE, { key: 'id', onBadRecord: 'skip', spanBytes: 10 });
    expect(report.records).toEqual({ read: 7, stored: 3, rejected: 4, replaced: 0 });
    expect(report.quarantine).toBeUndefined();
    expect(await texts()).toEqual(['{"id":1}', '{"id":4}', '{"id":7}']);
  });

  test.each([10, 1000])(
    'quarantine: they are kept, in a file for nobody else (spans of %s bytes)',
    async (spanBytes) => {
      const { run, directory } = await testStore();
      const binary = Buffer.concat([Buffer.from('"\xff\x00"\n', 'latin1')]);
      const report = await run([SOURCE, binary], { key: 'id', onBadRecord: 'quarantine', layout: 'ndjson', spanBytes });
      expect(report.records).toEqual({ read: 8, stored: 3, rejected: 5, replaced: 0 });
      expect(report.quarantine).toMatch(
        new RegExp(`^${join(directory, 'quarantine')}/records\\.[0-9TZ.-]+\\.[0-9a-f-]{36}\\.ndjson$`),
      );
      expect(statSync(report.quarantine!).mode & 0o777).toBe(0o600);
      expect(statSync(join(directory, 'quarantine')).mode & 0o777).toBe(0o700);
      const lines = Buffer.from(
        filesOf(directory)[report.quarantine!.slice(directory.length + 1)]!,
        'base64',
      ).toString();
      const kept = lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const expected = BAD.map(({ raw, ...facts }) => ({
        file: report.sources[0],
        ...facts,
        message: expect.any(String),
        bytes: raw.length,
        rawBase64: Buffer.from(raw).toString('base64'),
      }));
      const last = {
        file: report.sources[1],
        record: 0,
        offset: 1,
        start: 0,
        reason: 'BAD_UTF8',
        rawBase64: 'Iv8AIg==',
      };
      expect(kept).toEqual([...expected, expect.objectContaining(last)]);
    },
  );

  test('inside an array, and in an object: the next record is read again', async () => {
    const { run, texts } = await testStore();
    const skip = { onBadRecord: 'skip', spanBytes: 5 } as const;
    const report = await run('[{"a":1},{"a":tru,"b":[1,2]},{"a":3},,{"a":4]', skip);
    expect(report.records).toMatchObject({ stored: 2, rejected: 3 });
    expect(await texts()).toEqual(['{"a":1}', '{"a":3}']);
    const { records } = await run('{"x":{"a":1},"y":{"a":},"z":{}}', { ...skip, layout: 'object' });
    expect(records).toMatchObject({ stored: 2, rejected: 1 });
  });

  test.each([
    [7, 'skip'],
    [20, 'quarantine'],
    [1000, 'skip'],
  ] as const)('maxBad: the one too many is named, in spans of %s bytes, with %s', async (spanBytes, onBadRecord) => {
    const { run, state } = await testStore();
    const before = await state();
    for (const [maxBad, { offset, record, reason }] of BAD.entries()) {
      const error = await errorOf(run(SOURCE, { key: 'id', onBadRecord, maxBad, spanBytes }));
      expect(error).toMatchObject({ code: 'TOO_MANY_BAD_RECORDS', offset, record, reason });
    }
    expect(await state()).toEqual(before);
    const { records: counts } = await run(SOURCE, { key: 'id', onBadRecord, maxBad: 4, spanBytes });
    expect(counts).toMatchObject({ rejected: 4 });
    expect(wrong({ maxBad: -1 })).toThrow('options.maxBad');
  });

  test('maxBadRatio: a share of all records, whatever comes first', async () => {
    const { run } = await testStore();
    const options = { key: 'id', onBadRecord: 'skip', spanBytes: 10 } as const;
    expect(await run(SOURCE, { ...options, maxBadRatio: 4 / 7 })).toMatchObject({ records: { rejected: 4 } });
    const error = await errorOf(run(SOURCE, { ...options, maxBadRatio: 0.57 }));
    expect(error).toMatchObject({
      code: 'TOO_MANY_BAD_RECORDS',
      record: 1,
      message: expect.stringContaining('4 of 7'),
    });
    for (const maxBadRatio of [-0.1, 1.1]) expect(wrong({ maxBadRatio })).toThrow('options.maxBadRatio');
  });

  test('never all of them: a key path that matches nothing must not empty a collection', async () => {
    const { run, texts } = await testStore();
    await run('{"id":1}', { key: 'id' });
    for (const onBadRecord of ['skip', 'quarantine'] as const) {
      const error = await errorOf(run('{"ID":1}\n{"ID":2}\n', { key: 'id', onBadRecord }));
      expect(error).toMatchObject({ code: 'TOO_MANY_BAD_RECORDS', reason: 'KEY_MISSING', record: 0, offset: 0 });
      expect(error.message).toContain('2 of 2 records are bad');
      expect(error.message).toContain('the record has ID;');
    }
    expect(await texts()).toEqual(['{"id":1}']);
  });
});
