// Goal: sources that deliver an older version of a collection are imported as that version: what is stored is what an import before
// the migrations would have become, byte for byte, with its indexes. What cannot be migrated is a bad record.
// Method: two stores, one that imports and then evolves, and one that evolves and then imports; examples whose outcome is known.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ImportOptions, memory, openStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { randomFrom } from '../support/random.js';
import { VersionedModel } from '../support/versioned.js';

const OPTIONS = { collection: 'things', workers: 1 } as const;
const OPS = [
  { op: 'rename', path: 'id', to: 'no' },
  { op: 'rename', path: 'mail', to: 'email' },
  { op: 'retype', path: 'price', from: 'string', to: 'number' },
  { op: 'add', path: 'country', value: 'DE' },
] as const;
const NDJSON = '{"id":1,"mail":"a","price":"1.50"}\n{"id":2,"mail":"b","price":"7"}\n';

/** An empty collection of version 1. */
async function evolved(options?: StoreOptions, where: string | ReturnType<typeof memory> = memory()): Promise<Store> {
  const store = await openStore(where, options);
  await store.transaction((transaction) => {
    transaction.createCollection('things', { key: 'id', indexes: ['mail'], schemaVersion: 0 });
  });
  await store.evolve({ collection: 'things', from: 0, to: 1, ops: OPS }, { workers: 1 });
  return store;
}

async function stateOf(store: Store, indexes: readonly string[]) {
  const things = store.collection('things');
  const lines: Uint8Array[] = [];
  for await (const some of things.lines()) lines.push(some);
  const keys: unknown[] = [];
  for (const index of indexes) {
    for await (const { key, primaryKey } of things.rangeText({ index })) keys.push([index, key, primaryKey]);
  }
  return [Buffer.concat(lines).toString(), keys];
}

async function recordsOf(store: Store): Promise<unknown[]> {
  const [lines] = (await stateOf(store, [])) as [string];
  return lines.trim() === ''
    ? []
    : lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
}

describe('an import of an older version', () => {
  test('stores what an import before the migrations has become, byte for byte', async () => {
    for (let seed = 0; seed < runs(12); seed++) {
      const random = randomFrom(seedOfTurn(1 + seed));
      const model = new VersionedModel([['tag'], ['mail'], ['inner', 'name']]);
      const texts = Array.from({ length: 30 }, (_, id) => {
        return JSON.stringify(model.random(random, id)).replace(/}$/, ',"raw":1.0e2,"big":[12345678901234567890]}');
      });
      const isNamed = seed % 2 === 0;
      const source = isNamed
        ? fileWith(`{${texts.map((text, id) => `"k${id}":${text}`).join(',')}}`, 'things.json')
        : fileWith(texts.join('\n'), 'things.ndjson');
      const indexes = model.indexes.map((path) => path.join('.'));
      const options: ImportOptions = { ...OPTIONS, ...(isNamed ? { layout: 'object' } : { key: 'id' }), indexes };
      const [first, second] = [await openStore(memory()), await openStore(memory())];
      await first.import(source, options);
      // Of the same kind, and with one record that is replaced.
      await second.import(source, { ...options, limit: 1 });
      for (let version = 0; version < 3; version++) {
        const migration = model.migration(random, 'things');
        for (const store of [first, second]) await store.evolve(migration, { workers: 1 });
        model.apply(migration);
      }
      await second.import(source, { ...options, schemaVersion: 0 });
      const paths = model.indexes.map((path) => path.join('.'));
      expect(await stateOf(second, paths)).toEqual(await stateOf(first, paths));
      expect(await stateOf(second, [])).toEqual(await stateOf(first, []));
      for (const store of [first, second]) await store.close();
    }
  });

  test('takes the paths of the key and of indexes of its version, and those of the newest', async () => {
    for (const { key, index } of [
      { key: 'id', index: 'mail' },
      { key: 'no', index: 'email' },
    ]) {
      const store = await evolved();
      await store.import(fileWith(NDJSON, 'a.ndjson'), { ...OPTIONS, key, indexes: [index], schemaVersion: 0 });
      expect(await stateOf(store, ['email'])).toEqual([
        '{"no":1,"email":"a","price":1.50,"country":"DE"}\n{"no":2,"email":"b","price":7,"country":"DE"}\n',
        [
          ['email', 'a', 1],
          ['email', 'b', 2],
        ],
      ]);
      await store.close();
    }
  });

  test('is that of the version of the store, if it says none', async () => {
    const store = await evolved({ collections: { things: { schemaVersion: 0 } } });
    await store.import(fileWith(NDJSON, 'a.ndjson'), { ...OPTIONS, key: 'id', mode: 'upsert' });
    expect(store.collection('things').getSync(2)).toEqual({ id: 2, mail: 'b', price: '7' });
    expect(store.collection('things', { schemaVersion: 1 }).getSync(2)).toMatchObject({ no: 2, price: 7 });
    const two = fileWith('{"a":[{"id":3,"price":"1"}],"b":[{"x":"1"}]}', 'two.json');
    const collections = { things: { select: '/a', key: 'id', mode: 'upsert' }, others: { select: '/b' } } as const;
    await store.import(two, { collections, workers: 1 });
    expect(store.collection('things').getSync(3)).toEqual({ id: 3, price: '1' });
    expect(store.collection('others').getSync(0)).toEqual({ x: '1' });
    await store.close();
  });

  test('has bad records: those that cannot be migrated, and those that are not valid in the newest version', async () => {
    const store = await evolved({ schemaVersion: 0 }, scratch());
    const bad = `${NDJSON}{"id":3,"price":"free"}\n{"id":4,"price":"-1"}\n`;
    const options = { ...OPTIONS, key: 'id', schemaVersion: 0 } as const;
    await expect(store.import(fileWith(bad, 'bad.ndjson'), options)).rejects.toMatchObject({
      code: 'BAD_RECORD',
      reason: 'MIGRATION_FAILED',
      message: expect.stringMatching(/line 3.*retype.*"price" is no number/s),
    });
    const validate = '{"properties":{"price":{"type":"number","minimum":0}}}';
    const report = await store.import(fileWith(bad, 'bad.ndjson'), { ...options, validate, onBadRecord: 'quarantine' });
    expect(report.records).toMatchObject({ read: 4, stored: 2, rejected: 2 });
    const name = report.quarantine as string;
    expect(await store.quarantine.retry(name)).toMatchObject({ accepted: 0, refused: [{ number: 1 }, { number: 2 }] });
    // Of the newest version, whatever the version of the store.
    const corrected = [{ number: 1, text: '{"no":3,"price":3}' }];
    expect(await store.quarantine.retry(name, { corrected })).toMatchObject({ accepted: 1, left: 1 });
    expect(store.collection('things').getSync(3)).toEqual({ id: 3, price: '3' });
    await store.close();
  });

  test('of a version that the collection does not have is refused', async () => {
    const store = await evolved();
    const options = { ...OPTIONS, key: 'id', schemaVersion: 2 } as const;
    await expect(store.import(fileWith(NDJSON, 'a.ndjson'), options)).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
      message: expect.stringContaining('the versions 0 to 1'),
    });
    await expect(
      store.import(fileWith(NDJSON, 'a.ndjson'), { ...options, collection: 'new', schemaVersion: 1 }),
    ).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
    await store.finalizeMigrations('things');
    await expect(store.import(fileWith(NDJSON, 'a.ndjson'), { ...options, schemaVersion: 0 })).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
    });
    expect(await recordsOf(store)).toEqual([]);
    await store.close();
  });

  test('of a watched folder goes on after a migration', async () => {
    const { path, remove } = makeDirectory();
    const store = await openStore(memory(), { schemaVersion: 0 });
    const write = (id: number, price: string) =>
      writeFileSync(join(path, `${id}.ndjson`), `{"id":${id},"price":"${price}"}\n`);
    for (const id of [1, 2, 3]) write(id, '1');
    const seen = () => new Promise((resolve) => void store.on('watch', resolve));
    const options = { ...OPTIONS, key: 'id', stabilityMs: 10, maxWaitMs: 20, pollMs: 20, poll: 'always' } as const;
    const watcher = await store.watch(path, options);
    await store.evolve({ collection: 'things', from: 0, to: 1, ops: OPS }, { workers: 1 });
    const next = seen();
    write(2, '2.50');
    await next;
    expect(store.collection('things', { schemaVersion: 1 }).getSync(2)).toEqual({ no: 2, price: 2.5, country: 'DE' });
    expect(store.collection('things').getSync(1)).toEqual({ id: 1, price: '1' });
    expect(store.collection('things').count()).toBe(3);
    await watcher.close();
    await store.close();
    remove();
  });
});
