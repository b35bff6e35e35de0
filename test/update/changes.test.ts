// Goal: what transactions changed is kept, dropped or refused as the import is asked to. Method: each kind of collection, and each
// kind of change, on disk and in memory. Other processes, watching and the command line: changes-beside.test.ts.
// @encrypted: its stores are made with the options of the environment

import { describe, expect, test } from 'vitest';
import { memory, type OnChanged } from '../../dist/src/index.js';
import { edited, held, KEPT, KEYED, opened, type Row, rows } from '../support/edited-rows.js';
import { fileWith, scratch } from '../support/import-files.js';

const throwing = (): never => {
  throw new RangeError('no');
};

describe('an import that replaces a collection', () => {
  test.each([
    ['a directory', scratch],
    ['memory', memory],
  ] as const)('keeps the changes, in %s', async (_, where) => {
    const store = await opened(where());
    await edited(store);
    const { changes, records } = await store.import(rows('second'), KEYED);
    expect({ changes, stored: records.stored }).toEqual({ changes: { kept: 4, dropped: 0 }, stored: 4 });
    expect(await held(store)).toEqual(KEPT);
    // Once more: they are known as changes still.
    await store.import(rows('second'), KEYED);
    expect(await held(store)).toEqual(KEPT);
    const { faults } = await store.verify();
    expect(faults).toEqual([]);
  });

  test('drops them where it is asked to, and knows of none afterwards', async () => {
    const store = await opened();
    await edited(store);
    const { changes } = await store.import(rows('second'), { ...KEYED, changes: 'drop' });
    expect(changes).toEqual({ kept: 0, dropped: 4 });
    expect(await held(store)).toEqual(rows('second'));
    const again = await store.import(rows('third'), { ...KEYED, changes: 'refuse' });
    expect(again).not.toHaveProperty('changes');
    // A deletion is given up, too, where there is no record that it could be kept from.
    await store.collection('records').delete(0);
    await store.import(rows('fourth').slice(1), { ...KEYED, changes: 'drop' });
    await store.import(rows('fifth'), KEYED);
    expect(await held(store)).toEqual(rows('fifth'));
  });

  test('refuses before it reads anything, and says how many there are', async () => {
    const store = await opened();
    await edited(store);
    const before = await held(store);
    const refused = store.import(fileWith('not JSON at all'), { ...KEYED, changes: 'refuse' });
    await expect(refused).rejects.toMatchObject({
      code: 'COLLECTION_EDITED',
      message: expect.stringContaining('4 records'),
    });
    expect(await held(store)).toEqual(before);
  });

  test('asks onChanged what to store: with the record as it was, as it is, and as it comes', async () => {
    const store = await opened();
    await edited(store);
    const asked: unknown[] = [];
    const { changes } = await store.import(rows('second'), {
      ...KEYED,
      onChanged: (previous, now, incoming, key) => {
        asked.push([previous, now, incoming, key]);
        if (key === 1) return { id: 1, text: 'merged' };
        if (key === 2) return undefined;
        return key === 3 ? incoming : now;
      },
    });
    const [first, second] = [rows('first'), rows('second')];
    expect(asked).toEqual([
      [first[1], { id: 1, text: 'put' }, second[1], 1],
      [first[2], { ...first[2], patched: true }, second[2], 2],
      [first[3], undefined, second[3], 3],
      [undefined, { id: 9, text: 'new' }, undefined, 9],
    ]);
    expect(changes).toEqual({ kept: 3, dropped: 1 });
    expect(await held(store)).toEqual([second[0], { id: 1, text: 'merged' }, second[3], { id: 9, text: 'new' }]);
  });

  test.each([
    ['throws', throwing, RangeError],
    ['is async', async () => undefined, TypeError],
    ['returns a record without a key', () => ({ text: 'without a key' }), Error],
  ] as [string, OnChanged, new () => Error][])('changes nothing where onChanged %s', async (_, onChanged, error) => {
    const store = await opened();
    await edited(store);
    const before = await held(store);
    await expect(store.import(rows('second'), { ...KEYED, onChanged })).rejects.toThrow(error);
    expect(await held(store)).toEqual(before);
    expect((await store.verify()).faults).toEqual([]);
  });

  test('keeps all digits of what was put and patched', async () => {
    const store = await opened();
    await store.import(fileWith('{"id":1,"n":1}\n{"id":2,"n":2}\n', 'a.ndjson'), { key: 'id' });
    const collection = store.collection('records');
    await collection.putText('{"id":1,"n":12345678901234567890.10}');
    await collection.patchText(2, '{"m":0.10000000000000000001}');
    await store.import(fileWith('{"id":1,"n":5}\n{"id":2,"n":6.00}\n', 'a.ndjson'), { key: 'id' });
    expect(collection.getTextSync(1)).toBe('{"id":1,"n":12345678901234567890.10}');
    expect(collection.getTextSync(2)).toBe('{"id":2,"n":6.00,"m":0.10000000000000000001}');
  });

  test('keeps what a collection has that no import ever gave a record', async () => {
    const store = await opened();
    await store.transaction((tx) => {
      const collection = tx.createCollection<Row>('records', { key: 'id' });
      for (const row of rows('put', 2)) collection.put(row);
    });
    await store.import(
      [
        { id: 1, text: 'imported' },
        { id: 5, text: 'imported' },
      ],
      { key: 'id', mode: 'upsert' },
    );
    expect(await held(store)).toEqual([
      { id: 0, text: 'put' },
      { id: 1, text: 'imported' },
      { id: 5, text: 'imported' },
    ]);
    const { changes } = await store.import(
      [
        { id: 0, text: 'last' },
        { id: 1, text: 'last' },
      ],
      { key: 'id' },
    );
    expect(changes).toEqual({ kept: 1, dropped: 0 });
    expect(await held(store)).toEqual([
      { id: 0, text: 'put' },
      { id: 1, text: 'last' },
    ]);
  });

  test('of named records and of composite keys', async () => {
    const store = await opened();
    await store.import(fileWith('{"a":{"n":1},"b":{"n":1},"c":{"n":1}}'), { collection: 'named', layout: 'object' });
    const named = store.collection('named');
    await named.patch('a', { p: 1 });
    await named.delete('b');
    await store.import(fileWith('{"a":{"n":2},"b":{"n":2},"c":{"n":2}}'), { collection: 'named', layout: 'object' });
    expect(await named.getMany(['a', 'b', 'c'])).toEqual([{ n: 2, p: 1 }, undefined, { n: 2 }]);
    const both = { collection: 'both', key: ['a', 'b'] } as const;
    await store.import(
      [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
      ],
      both,
    );
    await store.collection('both').put({ a: 1, b: 2, put: true });
    await store.import(
      [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
      ],
      both,
    );
    expect(await store.collection('both').get([1, 2])).toEqual({ a: 1, b: 2, put: true });
  });

  test('refuses to keep them where the new records have other keys, and drops them where it is asked to', async () => {
    const store = await opened();
    await edited(store);
    const before = await held(store);
    const others = rows('second').map(({ id, text }) => ({ no: id, text }));
    await expect(store.import(others, { key: 'no' })).rejects.toMatchObject({
      code: 'COLLECTION_EDITED',
      message: expect.stringContaining('at path no'),
    });
    expect(await held(store)).toEqual(before);
    const { changes } = await store.import(others, { key: 'no', changes: 'drop' });
    expect(changes).toEqual({ kept: 0, dropped: 4 });
    expect(await held(store)).toEqual(others);
    expect((await store.verify()).faults).toEqual([]);
    await store.import(others, { changes: 'refuse' });
  });

  test('without a key: what was appended is appended again; a deletion is refused', async () => {
    const store = await opened();
    await store.import([{ t: 'a' }, { t: 'b' }], {});
    const collection = store.collection('records');
    await collection.put({ t: 'put' });
    await store.import([{ t: 'c' }], {});
    expect(await held(store)).toEqual([{ t: 'c' }, { t: 'put' }]);
    await collection.delete(0);
    await expect(store.import([{ t: 'd' }], {})).rejects.toMatchObject({ code: 'COLLECTION_EDITED' });
    expect(await held(store)).toEqual([{ t: 'put' }]);
    await store.import([{ t: 'd' }], { changes: 'drop' });
    expect(await held(store)).toEqual([{ t: 'd' }]);
  });
});

test('an upsert says itself what counts; other changes stay changes', async () => {
  const store = await opened();
  await edited(store);
  const { changes } = await store.import(
    [
      { id: 1, text: 'upserted' },
      { id: 3, text: 'back' },
    ],
    { ...KEYED, mode: 'upsert' },
  );
  expect(changes).toEqual({ kept: 0, dropped: 2 });
  await store.import(rows('second'), KEYED);
  expect(await held(store)).toEqual([rows('second')[0], rows('second')[1], KEPT[2], rows('second')[3], KEPT[3]]);
  const kept = await store.import([{ id: 2, text: 'upserted' }], { ...KEYED, mode: 'upsert', changes: 'keep' });
  expect(kept.changes).toEqual({ kept: 1, dropped: 0 });
  expect(await store.collection('records').get(2)).toEqual({ id: 2, text: 'upserted', patched: true });
});
