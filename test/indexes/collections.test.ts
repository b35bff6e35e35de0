// Goal: drop, rename and clear change a collection as a whole or not at all, leave nothing behind, and take nothing from who
// reads; deleteRange deletes what a range of the same bounds reads.
// Method: what is left on disk, verification and a second process; processes that are killed; a Map for the ranges.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyBounds, memory, openStore, type Store } from '../../dist/src/index.js';
import { compareKeys, encodeKey } from '../../dist/src/keys/encode.js';
import { CLI } from '../support/cli.js';
import { runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const SOUND = { faults: [], leftovers: { trees: [], files: [], temporary: [] } };
const LINES = Array.from({ length: 300 }, (_, id) => JSON.stringify({ id, tag: `t${id % 7}` }));

async function made(where: Parameters<typeof openStore>[0] = scratch()): Promise<Store> {
  const store = await openStore(where, { hotSet: false });
  const source = fileWith([...LINES, '{"id":'].join('\n'), 'events.ndjson');
  const rules = { key: 'id', indexes: ['tag'], onBadRecord: 'quarantine' } as const;
  for (const collection of ['events', 'others']) await store.import(source, { collection, ...rules });
  await store.collection('events').put({ id: 'inline', tag: 't1' });
  await store.collection('events').delete(3);
  return store;
}

async function sound(store: Store): Promise<void> {
  const { faults, leftovers } = await store.verify({ workers: 1 });
  expect({ faults, leftovers }).toEqual(SOUND);
}

const ids = async (rows: AsyncIterable<{ readonly primaryKey: unknown }>) => {
  const all: unknown[] = [];
  for await (const { primaryKey } of rows) all.push(primaryKey);
  return all;
};
const all = async (found: AsyncIterable<unknown>) => {
  const items: unknown[] = [];
  for await (const one of found) items.push(one);
  return items;
};
const quarantined = async (store: Store) => (await store.quarantine.files()).map(({ collection }) => collection);

describe('drop', () => {
  test('removes everything of the collection, and nothing of the others', async () => {
    const store = await made();
    expect(await store.drop('events')).toMatchObject({ collection: 'events', records: 300 });
    expect(store.collections()).toEqual(['others']);
    expect(() => store.collection('events')).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
    await expect(store.drop('events')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    expect(await quarantined(store)).toEqual(['others']);
    expect(readdirSync(join(store.directory, 'shards'))).toHaveLength(1);
    await sound(store);
    await store.import(fileWith('{"id":1}\n{"id":2}'), { collection: 'events', key: 'id' });
    expect(store.collection('events').count()).toBe(2);
    expect(store.collection('others').count()).toBe(300);
    await store.close();
  });

  test('takes nothing from who reads: iterations, snapshots, another process', async () => {
    const store = await made();
    const other = await openStore(store.directory, { readOnly: true });
    const events = other.collection('events');
    const snapshot = other.snapshot();
    const begun = events.range({ index: 'tag' });
    const read = [(await begun.next()).value!.value];
    await store.drop('events');
    for await (const { value } of begun) read.push(value);
    expect(read).toHaveLength(300);
    expect(await ids(snapshot.collection('events').find('tag', 't1'))).toHaveLength(44);
    snapshot.release();
    const gone = { code: 'COLLECTION_NOT_FOUND' };
    await expect(ids(events.find('tag', 't1', { freshness: 'immediate' }))).rejects.toMatchObject(gone);
    await expect(events.get(1, { freshness: 'immediate' })).rejects.toMatchObject(gone);
    await other.close();
    await store.close();
    // The next to open it removes what the readers still needed.
    const again = await openStore(store.directory);
    expect(readdirSync(join(store.directory, 'shards'))).toHaveLength(1);
    await again.close();
  });

  test('waits for a writer, and a transaction that begins after it finds no collection', async () => {
    const store = await made();
    let dropping: Promise<unknown> | undefined;
    const onProgress = () => {
      dropping ??= store.drop('events');
    };
    const source = fileWith(LINES.join('\n'));
    await store.import(source, { collection: 'events', key: 'id', mode: 'upsert', onDuplicate: 'last', onProgress });
    await dropping;
    const late = store.transaction((tx) => tx.collection('events').put({ id: 1 }));
    await expect(late).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    await sound(store);
    await store.close();
  });
});

describe('rename', () => {
  test('keeps records, indexes, rejected records and sources', async () => {
    const store = await made();
    const folder = scratch();
    fileWith('{"n":1}', 'a.json', folder);
    fileWith('{"n":2}', 'b.json', folder);
    const watcher = await store.watch(folder, { collection: 'events2' });
    await watcher.close();
    const before = await all(store.collection('events').range({ index: 'tag' }));
    await store.rename('events', 'résumé/2025');
    await store.rename('events2', 'events3');
    expect(store.collections().sort()).toEqual(['events3', 'others', 'résumé/2025']);
    const renamed = store.collection('résumé/2025');
    expect(await all(renamed.range({ index: 'tag' }))).toEqual(before);
    expect((await quarantined(store)).sort()).toEqual(['others', 'résumé/2025']);
    await renamed.put({ id: 'x', tag: 'y' });
    await store.compact();
    await sound(store);
    await expect(store.rename('others', 'résumé/2025')).rejects.toMatchObject({ code: 'COLLECTION_EXISTS' });
    await expect(store.rename('events', 'z')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    await expect(store.rename('others', '')).rejects.toThrow(TypeError);
    // Nothing of the folder is read again: it is known under the new name.
    const again = await store.watch(folder, { collection: 'events3' });
    expect(store.collection('events3').count()).toBe(2);
    await again.close();
    await store.close();
  });
});

test.each(['disk', 'memory'])('clear leaves key and indexes, on %s', async (where) => {
  const store = await made(where === 'disk' ? scratch() : memory());
  const events = store.collection('events');
  expect(await store.clear('events')).toMatchObject({ records: 300 });
  expect([events.count(), await ids(events.find('tag', 't1')), await events.get(1)]).toEqual([0, [], undefined]);
  await sound(store);
  await events.put({ id: 1, tag: 'new' });
  expect(await ids(events.find('tag', 'new'))).toEqual([1]);
  await store.import(fileWith(LINES.join('\n')), { collection: 'events', key: 'id', mode: 'upsert' });
  expect(await ids(events.find('tag', 't1'))).toHaveLength(43);
  await sound(store);
  await store.close();
});

const COMMANDS = {
  drop: ['drop', 'events', '--yes'],
  rename: ['rename', 'events', 'new'],
  clear: ['clear', 'events', '--yes'],
};
test.each([
  ['drop', 'collection.change'],
  ['drop', 'collection.changed'],
  ['rename', 'collection.change'],
  ['clear', 'collection.changed'],
] as const)('%s killed at %s: the old or the new state, and the next one sweeps', async (command, point) => {
  const store = await made();
  await store.close();
  const killed = spawnSync(process.execPath, [CLI, ...COMMANDS[command], '--store', store.directory], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: `${point}=kill` },
  });
  expect(killed.signal).toBe('SIGKILL');
  const isDone = point === 'collection.changed';
  const again = await openStore(store.directory, { hotSet: false });
  const names = isDone && command === 'drop' ? ['others'] : ['events', 'others'];
  expect(again.collections()).toEqual(names);
  expect(await quarantined(again)).toEqual(names);
  if (names.includes('events')) expect(again.collection('events').count()).toBe(isDone ? 0 : 300);
  await sound(again);
  await again.close();
});

describe('deleteRange', () => {
  const key = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.string({ maxLength: 2 }), fc.boolean());
  const bounds = fc.oneof(
    fc.record({ gte: key }, { requiredKeys: ['gte'] }),
    fc.record({ gt: key, lte: key }),
    fc.record({ gte: key, lt: key }),
    fc.record({ lt: key }),
    fc.record({ prefix: fc.string({ maxLength: 1 }) }),
  );
  const step = fc.oneof(fc.record({ put: key }), fc.record({ remove: key }), fc.record({ range: bounds }));

  test('deletes what a range with these bounds reads, its own changes too', async () => {
    const store = await openStore(memory());
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(key), fc.array(step, { maxLength: 12 }), async (stored, steps) => {
        const name = `c${n++}`;
        const model = new Map<string, unknown>();
        const id = (of: unknown) => Buffer.from(encodeKey(of as string)).toString('latin1');
        await store.transaction((tx) => {
          const records = tx.createCollection(name, { key: 'id', indexes: ['id'] });
          for (const one of stored) model.set(id(one), records.put({ id: one }));
        });
        await store.transaction((tx) => {
          const records = tx.collection(name);
          for (const one of steps) {
            if ('put' in one) model.set(id(one.put), records.put({ id: one.put }));
            else if ('remove' in one) expect(records.delete(one.remove)).toBe(model.delete(id(one.remove)));
            else {
              const within = [...model].filter(([, value]) => isWithin(value, one.range as KeyBounds));
              expect(records.deleteRange(one.range as KeyBounds)).toBe(within.length);
              for (const [gone] of within) model.delete(gone);
              expect(records.count()).toBe(model.size);
            }
          }
        });
        const left = await all(store.collection(name).scan());
        expect(left).toHaveLength(model.size);
        await store.drop(name);
      }),
      { numRuns: runs(60) },
    );
    await sound(store);
    await store.close();
  });

  /** By the order of values, which the encoding of keys has by its own tests. */
  function isWithin(value: unknown, { gt, gte, lt, lte, prefix }: KeyBounds): boolean {
    if (prefix !== undefined) return typeof value === 'string' && value.startsWith(prefix as string);
    const compared = (bound: unknown) => compareKeys(encodeKey(value as string), encodeKey(bound as string));
    return (
      (gt === undefined || compared(gt) > 0) &&
      (gte === undefined || compared(gte) >= 0) &&
      (lt === undefined || compared(lt) < 0) &&
      (lte === undefined || compared(lte) <= 0)
    );
  }

  test('refuses what has no bounds, wrong ones, or no keys', async () => {
    const store = await openStore(memory());
    await store.transaction((tx) => {
      tx.createCollection('keyed', { key: 'id' });
      tx.createCollection('pair', { key: ['a', 'b'] });
      tx.createCollection('plain').put({ id: 1 });
    });
    for (const wrong of [{}, undefined, { limit: 1, gt: 1 }, { gt: 1, gte: 1 }, { lt: ['a', 1] }]) {
      await expect(store.collection('keyed').deleteRange(wrong as never)).rejects.toThrow(TypeError);
    }
    await expect(store.collection('plain').deleteRange({ lt: 7 })).rejects.toThrow(/has no key/);
    for (const id of ['aa', 'ab', 'b']) await store.collection('keyed').put({ id });
    expect(await store.collection('keyed').deleteRange({ prefix: 'a', lt: 'ab' })).toBe(1);
    const pairs = store.collection('pair');
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) await pairs.put({ a, b });
    expect(await pairs.deleteRange({ prefix: [1] })).toBe(3);
    expect(await pairs.deleteRange({ gt: [1], lte: [2, 1] })).toBe(2);
    expect(pairs.count()).toBe(4);
    await store.close();
  });
});
