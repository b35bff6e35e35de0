// Goal: a source in another format gives what its records give as lines of JSON, however it comes; bad records and errors
// name the place in the user's file; options that have no meaning for a format are refused.
// Method: the same records as a file, compressed, as a stream, in a folder; spans of some hundred bytes; bulk files beside a
// Map.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BSON, ObjectId } from 'bson';
import { describe, expect, test } from 'vitest';
import type { ImportOptions, ImportSource } from '../../dist/src/index.js';
import { tarOf, zipOf } from '../support/archives.js';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';

const RECORDS = Array.from({ length: 3000 }, (_, id) => ({
  id: `k${id}`,
  name: `é "${id}",\n`,
  note: id % 7 ? '' : 'x'.repeat(id),
}));
const TEXTS = RECORDS.map((record) => JSON.stringify(record));
const cells = (record: object) => Object.values(record).map((cell) => `"${cell.replaceAll('"', '""')}"`);
const CSV = Buffer.from(`id,name,note\r\n${RECORDS.map((record) => cells(record).join(',')).join('\r\n')}\r\n`);
const TSV = Buffer.from(`id\tname\tnote\n${RECORDS.map((record) => cells(record).join('\t')).join('\n')}\n`);
const DUMP = Buffer.concat(RECORDS.map((record) => BSON.serialize(record)));
const BULK = Buffer.from(RECORDS.map(({ id }, i) => `{"index":{"_id":"${id}"}}\n${TEXTS[i]}\n`).join(''));
const FORMATS = [
  ['csv', CSV],
  ['tsv', TSV],
  ['bson', DUMP],
  ['es-bulk', BULK],
] as const;

function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(scratch(), name);
  writeFileSync(path, bytes);
  return path;
}

async function* inPieces(bytes: Uint8Array, piece = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
}

describe.each(KINDS)('%s', (kind) => {
  describe.each(FORMATS)('%s', (format, bytes) => {
    const ways: [string, () => ImportSource][] = [
      ['a file', () => fileOf('source.txt', bytes)],
      ['a compressed file', () => fileOf('source.txt.gz', gzipSync(bytes))],
      ['a stream', () => inPieces(bytes)],
    ];
    test.each(ways)('%s', async (_, source) => {
      const { store, texts } = await testStore(kind);
      const options: ImportOptions = { format, key: 'id', indexes: ['note'], spanBytes: 100_000 };
      const report = await store.import(source(), options);
      expect(report.records).toEqual({ read: 3000, stored: 3000, rejected: 0, replaced: 0 });
      expect(report.layouts[0]!.text).toContain('option format says');
      expect(await texts()).toEqual(TEXTS);
      expect(store.collection('records').getSync('k77')).toEqual(RECORDS[77]);
    });
  });

  test.each(FORMATS)('an archive is not read as %s, however it comes', async (format, bytes) => {
    const { store } = await testStore(kind);
    const entries = [{ name: `rows.${format}`, data: bytes }];
    for (const [name, archive] of [
      ['tar', tarOf(entries)],
      ['zip', zipOf(entries)],
    ] as const) {
      const sources = [
        fileOf('archive', archive),
        fileOf('archive.gz', gzipSync(archive)),
        inPieces(archive, 300),
        inPieces(gzipSync(archive)),
      ];
      for (const source of sources) {
        await expect(store.import(source, { format })).rejects.toMatchObject({
          code: 'SOURCE_NOT_SUPPORTED',
          message: expect.stringContaining(`is a ${name} archive`),
        });
      }
    }
    expect(store.collections()).toEqual([]);
  });

  test('names tell the format; a folder has such files where they are named', async () => {
    const { store, texts } = await testStore(kind);
    const folder = scratch();
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'a.CSV'), CSV.subarray(0, CSV.indexOf('"k2"')));
    writeFileSync(join(folder, 'in', 'b.bson.gz'), gzipSync(BSON.serialize(RECORDS[2]!)));
    writeFileSync(join(folder, 'c.json'), TEXTS[3]!);
    const report = await store.import(folder, { include: ['*.CSV', '*.json', '*.bson.gz'] });
    expect(report.records.stored).toBe(4);
    expect((await texts()).sort()).toEqual(TEXTS.slice(0, 4).sort());
    expect(store.collection('records').getSync('a.CSV#1')).toEqual(RECORDS[1]);
    expect(store.collection('records').getSync('in/b.bson.gz#0')).toEqual(RECORDS[2]);
    expect((await store.import(folder)).records.stored).toBe(1);
    expect((await store.import(folder, { format: 'json' })).records.stored).toBe(1);
    await expect(store.import(folder, { types: 'auto', include: ['*'] })).rejects.toThrow(
      /types .*c\.json is read as JSON/,
    );
  });

  test('a large file of a folder, and many files as arguments', async () => {
    const { store, texts } = await testStore(kind);
    const folder = scratch();
    writeFileSync(join(folder, 'a.csv'), CSV);
    await store.import(folder, { format: 'csv', key: 'id', spanBytes: 100_000 });
    expect(await texts()).toEqual(TEXTS);
    const files = RECORDS.slice(0, 70).map((record, i) =>
      fileOf(`${i}.csv`, `id,name,note\n${cells(record).join(',')}\n`),
    );
    await store.import(files, { key: 'id' });
    expect(await texts()).toEqual(TEXTS.slice(0, 70));
  });

  test('bad records have their place in the file, and their bytes in the quarantine', async () => {
    const { store, texts } = await testStore(kind);
    const path = fileOf('bad.csv', 'id,n\na,1\n"b\nc",2\nd\ne,3,4\n,5\n');
    const quarantining = { key: 'id', format: 'csv', onBadRecord: 'quarantine' } as const;
    await expect(store.import(path, { key: 'id' })).rejects.toMatchObject({
      ...{ code: 'BAD_RECORD', reason: 'BAD_ROW', line: 5, record: 2, offset: 17 },
      message: expect.stringContaining('the row has 1 cell, but the header has 2 cells'),
    });
    const report = await store.import(path, quarantining);
    expect(report.records).toMatchObject({ read: 5, stored: 3, rejected: 2 });
    const [file] = await store.quarantine.files();
    const found = [];
    for await (const one of store.quarantine.records(file!.name)) found.push(one);
    expect(found).toMatchObject([
      { record: 2, reason: 'BAD_ROW', offset: 17 },
      { record: 3, reason: 'BAD_ROW', offset: 19 },
    ]);
    expect(await texts()).toEqual(['{"id":"a","n":"1"}', '{"id":"b\\nc","n":"2"}', '{"id":"","n":"5"}']);
    const missing = store.import(path, { key: 'other', onBadRecord: 'fail' });
    const error = await missing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'KEY_MISSING', record: 0 });
    expect(error).not.toHaveProperty('line');
    expect(error).not.toHaveProperty('offset');
  });

  test('deletions of a bulk file remove earlier records of the import and of the collection', async () => {
    const { store } = await testStore(kind);
    const actions = (list: [string, number?][]) =>
      list
        .map(([_id, n]) =>
          n === undefined ? `{"delete":{"_id":"${_id}"}}\n` : `{"index":{"_id":"${_id}"}}\n{"n":${n}}\n`,
        )
        .join('');
    const options: ImportOptions = { format: 'es-bulk', indexes: ['n'], spanBytes: 40 };
    const first = await store.import(
      fileOf('1', actions([['a', 1], ['b', 2], ['a'], ['c', 3], ['c'], ['c', 4], ['no']])),
      options,
    );
    expect(first.records).toEqual({ read: 7, stored: 2, rejected: 0, replaced: 3, deletions: 2 });
    const records = store.collection('records');
    const state = () => Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, records.getSync(key)]));
    expect(state()).toEqual({ a: undefined, b: { n: 2 }, c: { n: 4 }, d: undefined });
    await store.import(fileOf('2', actions([['b'], ['d', 5], ['a', 6]])), { ...options, mode: 'upsert' });
    expect(state()).toEqual({ a: { n: 6 }, b: undefined, c: { n: 4 }, d: { n: 5 } });
    expect(await records.count()).toBe(3);
    expect((await store.verify()).faults).toEqual([]);
  });

  test('keys inside of extended JSON, from BSON and from JSON', async () => {
    const { store } = await testStore(kind);
    const _id = new ObjectId('65a000000000000000000001');
    const path = fileOf('users.bson', BSON.serialize({ _id, when: new Date(1000) }));
    const text = '{"_id":{"$oid":"65a000000000000000000001"},"when":{"$date":"1970-01-01T00:00:01Z"}}';
    for (const source of [path, fileOf('users.json', `${text}\n`)]) {
      for (const key of ['_id.$oid', '/_id/$oid']) {
        await store.import(source, { key, indexes: ['when.$date'] });
        expect(store.collection('records').getTextSync('65a000000000000000000001')).toBe(text);
      }
    }
  });
});

test('options that have no meaning for a format are refused', async () => {
  const { store } = await testStore('in memory');
  const csv = fileOf('x.csv', 'a\n1\n');
  const refused: [ImportOptions, RegExp][] = [
    [{ layout: 'array' }, /read as csv.*leave out option layout/],
    [{ select: '/a' }, /leave out option select/],
    [{ format: 'bson', types: 'auto' }, /options.types is for the cells/],
    [{ format: 'es-bulk', mode: 'insert' }, /actions of a bulk file/],
    [{ format: 'es-bulk', onDuplicate: 'first' }, /actions of a bulk file/],
    [{ format: 'es-bulk', layout: 'object' }, /leave out options.layout/],
    [{ types: 'a=int' }, /options.types/],
    [{ format: 'xml' as never }, /must be one of/],
  ];
  for (const [options, message] of refused) {
    const error = await store.import(csv, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  }
  await expect(store.import([{ a: 1 }] as never, { format: 'csv' })).rejects.toThrow(
    /value 1 is neither bytes nor text/,
  );
  await expect(store.import(fileOf('y.csv', 'a\n'))).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
  await expect(store.import(fileOf('z.csv', 'a,a\n'))).rejects.toMatchObject({ code: 'SOURCE_BAD_HEADER' });
});
