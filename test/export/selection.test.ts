// Goal: an export has exactly the records that were asked for, in the order that was asked for, whatever transactions and
// compactions made of the shards. Method: random changes of a collection with a secondary index, in shards of a few frames; the
// oracles are the texts of `rangeText`, `getText` and `scanText`, and for CSV csv-parse and JSON.parse.

import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store, type StreamOptions } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { DECODERS, exported, textsIn } from '../support/exported.js';
import { fileWith } from '../support/import-files.js';
import { HAS_ZSTD, testStore } from '../support/import-store.js';

const RECORDS = 3000;
const record = (id: number, edition = 0) => ({ id, tags: [id % 7, id % 3], edition, text: 'x'.repeat(id % 90) });

/** A store with dead records in files, holes in shards and records inline. */
async function changedStore(): Promise<Store> {
  const { store, run } = await testStore('in memory');
  const lines = Array.from({ length: RECORDS }, (_, id) => `${JSON.stringify(record(id))}\n`).join('');
  await run(lines, { key: 'id', indexes: ['tags'] });
  const records = store.collection('records');
  await records.deleteRange({ gte: 100, lt: 900 });
  await store.compact({ minDeadShare: 0.1 });
  await records.deleteRange({ gte: 2000, lt: 2010 });
  await store.transaction((transaction) => {
    for (let id = 0; id < 60; id += 2) transaction.collection('records').put(record(id, 1));
  });
  return store;
}

const all = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

async function smallStore(): Promise<Store> {
  const { store, run } = await testStore('in memory');
  await run([0, 1, 2].map((id) => JSON.stringify(record(id))).join('\n'), { key: 'id', indexes: ['tags'] });
  return store;
}

describe('a part of a collection', () => {
  test('is what range and getText give, in the order of keys, and in source order each record once', async () => {
    const changed = await changedStore();
    const records = changed.collection('records');
    const sourceOrder = await textsIn(records);
    const bound = fc.nat(RECORDS + 10);
    const anyRange = fc.oneof(
      fc.record({ gte: bound, lt: bound, reverse: fc.boolean(), limit: fc.constantFrom(5, 2000, undefined) }),
      fc.record({ index: fc.constant('tags'), gte: fc.nat(6), lte: fc.nat(6) }),
      fc.record({ keys: fc.array(bound, { maxLength: 40 }) }),
    );
    const property = fc.asyncProperty(anyRange, async (range: StreamOptions) => {
      const { keys, ...bounds } = range;
      const texts: string[] = [];
      if (keys === undefined) for await (const { text } of records.rangeText(bounds)) texts.push(text);
      else for (const key of keys) texts.push(...[records.getTextSync(key)].filter((text) => text !== undefined));
      expect((await exported(records, range)).toString()).toBe(all(texts));
      const chosen = new Set(texts);
      const inSource = (await exported(records, { ...range, order: 'source' })).toString();
      expect(inSource).toBe(all(sourceOrder.filter((text) => chosen.has(text))));
    });
    await fc.assert(property, { numRuns: runs(40) });
  });

  test('all records, with every codec, frames copied or not', async () => {
    const records = (await changedStore()).collection('records');
    const text = all(await textsIn(records));
    for (const compress of ['none', 'gz', 'br', 'zst'] as const) {
      if (compress === 'zst' && !HAS_ZSTD) continue;
      for (const level of compress === 'none' ? [undefined] : [undefined, 1]) {
        expect(DECODERS[compress](await exported(records, { compress, level })).toString()).toBe(text);
      }
    }
    const singleFrame = await exported(records, { compress: 'zst', singleFrame: true });
    if (HAS_ZSTD) expect(DECODERS.zst(singleFrame).toString()).toBe(text);
    expect(singleFrame.indexOf(Buffer.from('28b52ffd', 'hex'), 4)).toBe(-1);
  });

  test('pretty, object by key, and an empty collection', async () => {
    const records = (await smallStore()).collection('records');
    const few = { lt: 3 };
    const values = [0, 1, 2].map((id) => record(id));
    const pretty = await exported(records, { ...few, format: 'array', pretty: true });
    expect(pretty.toString()).toBe(`${JSON.stringify(values, undefined, 2)}\n`);
    const object = await exported(records, { ...few, format: 'object', pretty: true });
    expect(object.toString()).toBe(`${JSON.stringify({ ...values }, undefined, 2)}\n`);
    expect(JSON.parse((await exported(records, { gte: 10, lt: 10, format: 'json' })).toString())).toEqual([]);
    expect(JSON.parse((await exported(records, { gte: 10, lt: 10, format: 'object' })).toString())).toEqual({});
  });

  test('options that contradict each other are refused', async () => {
    const records = (await smallStore()).collection('records');
    const wrong: StreamOptions[] = [
      { pretty: true },
      { singleFrame: true },
      { columns: ['a'] },
      { level: 3 },
      { compress: 'gz', level: 10 },
      { keys: [1], lt: 3 },
      { format: 'xml' as 'csv' },
    ];
    for (const options of wrong) expect(() => records.stream(options)).toThrow(TypeError);
  });
});

describe('CSV', () => {
  async function csvOf(values: readonly unknown[], options?: StreamOptions): Promise<string[][]> {
    const store = await openStore(memory());
    await store.import(fileWith(values.map((value) => JSON.stringify(value)).join('\n')), { layout: 'values' });
    const bytes = await exported(store.collection('records'), { format: 'csv', ...options });
    await store.close();
    return parse(bytes, { relax_column_count: false });
  }

  test('has the text of strings, and the JSON of everything else', async () => {
    const anyCell = fc.oneof(
      fc.string(),
      fc.constantFrom('a"b', 'a,b', 'a\nb', '\r', '', ' x ', '1', 'true'),
      fc.jsonValue(),
    );
    const anyRecord = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), anyCell, { minKeys: 1, maxKeys: 4 });
    const property = fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), async (given) => {
      const values = given.map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
      const [columns, ...rows] = await csvOf(values);
      expect(new Set(columns)).toEqual(new Set(values.flatMap(Object.keys)));
      const expected = values.map((value) =>
        columns!.map((name) => cellOf(Object.hasOwn(value, name) ? value[name] : null)),
      );
      expect(rows).toEqual(expected);
    });
    await fc.assert(property, { numRuns: runs(60) });
  });

  const cellOf = (value: unknown): string => {
    if (value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  };

  test('columns that are named, and a surrogate without its other half', async () => {
    expect(await csvOf([{ a: 1, b: '\ud800' }, { b: 2 }], { columns: ['b', 'c'] })).toEqual([
      ['b', 'c'],
      ['"\\ud800"', ''],
      ['2', ''],
    ]);
  });

  test('types come back where types auto reads them', async () => {
    const values = [{ a: 1.5, b: '1.5', c: true, d: 'true', e: '' }];
    const store = await openStore(memory());
    await store.import(fileWith(JSON.stringify(values)), {});
    const csv = fileWith(await exported(store.collection('records'), { format: 'csv' }), 'all.csv');
    await store.import(csv, { collection: 'again', types: 'auto' });
    expect(await textsIn(store.collection('again'))).toEqual(values.map((value) => JSON.stringify(value)));
    await store.close();
  });

  test('records that are no objects are refused', async () => {
    await expect(csvOf([{ a: 1 }, [2]])).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
  });
});
