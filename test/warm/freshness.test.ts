// Which state a read sees: the newest, or the one that was served until the hot set of the newest is in memory, or the
// same while that is not too old. And who lets go of what.
// Method: a fake clock, and a gate in front of warming, so that a switch takes as long as the test wants.

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError, type ReadOptions, type StoreEvents } from '../../src/index.js';
import { Generation } from '../../src/lookup/index/generation.js';
import { Served } from '../../src/lookup/warm/served.js';
import { CatalogReader } from '../../src/store/catalog/read.js';
import { LmdbCatalog } from '../../src/store/lmdb/catalog.js';
import { PLACES } from '../support/build-store.js';
import { COUNT, type Row, ServedStore, turns, until } from '../support/served-store.js';

describe.each(PLACES)('%s', (_, newPlace) => {
  let served: ServedStore;

  beforeEach(async () => {
    served = await ServedStore.make(newPlace);
  });
  afterEach(() => served.end());

  test('until the hot set is warm every way of reading sees the old state, and then all of them the new one', async () => {
    await served.publish(1, 'others');
    const store = await served.open({ freshness: 'warm' });
    const [records, others] = [store.collection<Row>('records'), store.collection<Row>('others')];
    const seen = async (options?: ReadOptions): Promise<number[]> => {
      const many = await records.getMany([...Array(COUNT).keys()], options);
      const ways = [
        records.getSync(3, options),
        await records.get(4, options),
        JSON.parse(records.getTextSync(5, options)!),
        JSON.parse((await records.getText(6, options))!),
        ...many,
        ...(await all(records.range({ gte: 10, lt: 20, ...options }))).map(({ value }) => value),
        ...(await all(records.scan(options))).map(({ value }) => value),
        ...Buffer.concat(await all(records.lines(options)))
          .toString()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
        others.getSync(3, options),
      ];
      return [...new Set(ways.map((row) => row!.edition))];
    };
    const generations: StoreEvents['generation'][] = [];
    store.on('generation', (event) => generations.push(event));
    expect(await seen()).toEqual([1]);
    await served.publish(2, 'others');
    await served.publish(2);
    served.look();
    expect(await seen()).toEqual([1]);
    vi.setSystemTime(Date.now() + 11);
    expect(await seen({ freshness: 'immediate' })).toEqual([2]);
    expect(await seen({ freshness: { maxStaleMs: 0 } })).toEqual([2]);
    expect(generations).toEqual([]);
    await served.warmUp();
    expect(await seen()).toEqual([2]);
    await until(() => generations.length === 2);
    expect(generations).toEqual([
      { collection: 'others', generation: 3, warmed: 1, milliseconds: expect.any(Number) },
      { collection: 'records', generation: 4, warmed: 4, milliseconds: expect.any(Number) },
    ]);
  });

  test('what is begun in the old state ends in it, also when that has been let go of', async () => {
    const store = await served.open({ freshness: 'warm' });
    const records = store.collection<Row>('records');
    records.getSync(0);
    await served.publish(2);
    served.look();
    const range = records.range();
    const scan = records.scan();
    const rows = [(await range.next()).value!.value, (await scan.next()).value!.value];
    const many = records.getMany([...Array(COUNT).keys()]);
    const one = records.get(COUNT - 1);
    await served.warmUp();
    expect(records.getSync(0)?.edition).toBe(2);
    for await (const { value } of range) rows.push(value);
    for await (const { value } of scan) rows.push(value);
    rows.push(...((await many) as Row[]), (await one) as Row);
    expect(rows).toHaveLength(3 * COUNT + 1);
    expect(new Set(rows.map(({ edition }) => edition))).toEqual(new Set([1]));
  });

  test('a transaction of this process is noticed at once', async () => {
    const store = await served.open({ freshness: 'warm' });
    const records = store.collection<Row>('records');
    records.getSync(7);
    await records.put({ id: 7, edition: 2 });
    expect(records.getSync(7)?.edition).toBe(1);
    expect(records.getSync(7, { freshness: 'immediate' })?.edition).toBe(2);
    await served.warmUp();
    expect(records.getSync(7)?.edition).toBe(2);
  });

  test('a collection that comes later is read in its newest state until then', async () => {
    const store = await served.open({ freshness: 'warm' });
    store.collection<Row>('records').getSync(0);
    await served.publish(1, 'later');
    expect(store.collection<Row>('later').getSync(3)).toEqual({ id: 3, edition: 1 });
    expect(store.collection<Row>('later').count()).toBe(COUNT);
  });

  test('the old state is let go of though nobody reads', async () => {
    const store = await served.open({ freshness: 'warm' });
    store.collection<Row>('records').getSync(0);
    await served.publish(2);
    const behind = (): number | undefined => store.stat().readers.oldest?.behind;
    expect(behind()).toBeGreaterThan(0);
    served.look();
    await served.warmUp();
    // What the publisher committed behind itself is newer still; the state is taken again.
    vi.advanceTimersByTime(2000);
    expect(behind()).toBe(0);
    expect(store.stat().generation).toBe(2);
  });

  test.each([false, true])(
    'the files of the old state are removed behind it by who has changed the store: %s',
    async (isWriter) => {
      const store = await served.open({ freshness: 'warm' });
      const records = store.collection<Row>('records');
      records.getSync(0);
      const files = (): number => served.place.blobs.list(join(served.place.directory, 'shards')).length;
      if (isWriter) {
        await records.put({ id: 0, edition: 1 });
        await served.warmUp();
      }
      await served.publish(2);
      served.look();
      await served.warmUp();
      expect(files()).toBe(2);
      vi.advanceTimersByTime(1000);
      if (isWriter) await until(() => files() === 1);
      await turns(10);
      expect(files()).toBe(isWriter ? 1 : 2);
      expect(records.getSync(0)?.edition).toBe(2);
    },
  );

  test('where reads are immediate a served state that nobody reads any more is let go of, and looked for no longer', async () => {
    const store = await served.open({});
    const records = store.collection<Row>('records');
    const looks = vi.spyOn(Served.prototype, 'look');
    vi.advanceTimersByTime(1000);
    expect(looks).not.toHaveBeenCalled();
    records.getSync(0, { freshness: 'warm' });
    vi.advanceTimersByTime(5000);
    records.getSync(0, { freshness: { maxStaleMs: 1000 } });
    vi.advanceTimersByTime(9000);
    expect(served.switches).toBe(0);
    vi.advanceTimersByTime(2000);
    expect(served.switches).toBe(1);
    looks.mockClear();
    vi.advanceTimersByTime(1000);
    expect(looks).not.toHaveBeenCalled();
    await served.publish(2);
    expect(records.getSync(0, { freshness: 'warm' })?.edition).toBe(2);
  });

  test('looking that fails is a warning, once, and goes on: nobody stays old because of it', async () => {
    const store = await served.open({ freshness: 'warm' });
    const warnings: StoreEvents['warning'][] = [];
    store.on('warning', (event) => warnings.push(event));
    const records = store.collection<Row>('records');
    records.getSync(0);
    const failing = vi.spyOn(CatalogReader.prototype, 'generation').mockImplementation(() => {
      throw new GristmillError('IO_ERROR', 'no slot for a reader is free');
    });
    await served.publish(2);
    for (let looks = 0; looks < 5; looks++) served.look();
    failing.mockRestore();
    served.look();
    await served.warmUp();
    expect(records.getSync(0)?.edition).toBe(2);
    expect(warnings).toEqual([{ about: 'generation', error: expect.objectContaining({ code: 'IO_ERROR' }) }]);
  });

  test('where no state can be held reads see the newest', async () => {
    const store = await served.open({ freshness: 'warm' });
    const records = store.collection<Row>('records');
    const failing = vi.spyOn(LmdbCatalog.prototype, 'snapshot').mockImplementation(() => {
      throw new GristmillError('IO_ERROR', 'no slot for a reader is free');
    });
    expect(records.getSync(0)).toEqual({ id: 0, edition: 1 });
    failing.mockRestore();
    expect(records.getSync(0, { freshness: { maxStaleMs: 10 } })).toEqual({ id: 0, edition: 1 });
  });

  test('a freshness that is none is a TypeError, and so is one of a snapshot', async () => {
    const store = await served.open({});
    const records = store.collection<Row>('records');
    for (const freshness of ['hot', 7, { maxStaleMs: -1 }, {}, null]) {
      const options = { freshness } as ReadOptions;
      expect(() => records.getSync(0, options)).toThrow(TypeError);
      expect(() => records.count(options)).toThrow(TypeError);
      await expect(records.get(0, options)).rejects.toThrow(TypeError);
      await expect(records.range(options).next()).rejects.toThrow(TypeError);
    }
    const snapshot = store.snapshot();
    const held = snapshot.collection<Row>('records');
    expect(held.getSync(0)).toEqual({ id: 0, edition: 1 });
    expect(() => held.getSync(0, { freshness: 'warm' })).toThrow(TypeError);
    snapshot.release();
  });

  test('a hot set that cannot be loaded is a warning, and no reason to stay old', async () => {
    const store = await served.open({ freshness: 'warm' });
    const warnings: StoreEvents['warning'][] = [];
    store.on('warning', (event) => warnings.push(event));
    const records = store.collection<Row>('records');
    records.getSync(0);
    await served.publish(2);
    served.look();
    const failing = vi.spyOn(Generation.prototype, 'place').mockImplementation(() => {
      throw new GristmillError('CHECKSUM_MISMATCH', 'a page is damaged');
    });
    await served.warmUp();
    failing.mockRestore();
    expect(records.getSync(0)?.edition).toBe(2);
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([{ about: 'generation', error: expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }) }]);
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
