// Which state a read sees: the newest, or the one that was served until the hot set of the newest is in memory, or the
// same while that is not too old. And who lets go of what.
// Method: publications through a catalog of its own, noticed as another process's would be, a fake clock, and a gate in
// front of warming, so that a switch takes as long as the test wants; what must be seen is told by a model of a few lines.

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError, openStore, type ReadOptions, type StoreEvents, type StoreOptions } from '../src/index.js';
import { Generation } from '../src/lookup/generation.js';
import { Served } from '../src/lookup/served.js';
import { ServedState } from '../src/lookup/served-state.js';
import { Warming } from '../src/lookup/warm.js';
import type { Store } from '../src/store/store.js';
import type { Catalog } from '../src/store/types.js';
import { PLACES, publishRecords, type TestPlace } from './support/build-store.js';

const COUNT = 200;
/** How often a store looks for publications. */
const LOOK_MS = 50;

interface Row {
  readonly id: number;
  readonly edition: number;
}

describe.each(PLACES)('%s', (_, newPlace) => {
  let place: TestPlace;
  let catalog: Catalog;
  let store: Store | undefined;
  /** Opens the gate for one warming. */
  const gates: (() => void)[] = [];
  let switches = 0;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    const { run } = Warming.prototype;
    vi.spyOn(Warming.prototype, 'run').mockImplementation(async function (this: Warming, steps) {
      await new Promise<void>((resolve) => gates.push(resolve));
      return run.call(this, steps);
    });
    const { retire } = ServedState.prototype;
    vi.spyOn(ServedState.prototype, 'retire').mockImplementation(function (this: ServedState, newer) {
      switches++;
      return retire.call(this, newer);
    });
    switches = 0;
    await begin();
  });
  afterEach(async () => {
    await end();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  async function begin(): Promise<void> {
    place = newPlace();
    catalog = await place.openCatalog();
    await publish(1);
  }
  async function end(): Promise<void> {
    const closing = store?.close();
    for (const open of gates.splice(0)) open();
    await closing;
    store = undefined;
    await catalog.close();
    place.remove();
  }

  async function open(options: StoreOptions): Promise<Store> {
    store = await openStore(place.where, { hotSet: false, ...options });
    return store;
  }

  async function publish(edition: number, name = 'records'): Promise<void> {
    const records = Array.from({ length: COUNT }, (_, id) => ({ text: JSON.stringify({ id, edition }), key: id }));
    await publishRecords(catalog, place, records, { name, recordsPerShard: COUNT });
  }

  /** Lets the store notice what was published. */
  const look = (): void => void vi.advanceTimersByTime(LOOK_MS);

  async function until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await setImmediate();
  }

  /** Lets the switch under way come to its end. */
  async function warmUp(): Promise<void> {
    const before = switches;
    gates.shift()!();
    await until(() => switches > before);
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }

  type Step = 'publish' | 'look' | 'warm up' | number | NonNullable<ReadOptions['freshness']>;

  const steps = fc.array(
    fc.oneof(
      fc.constantFrom<Step>('publish', 'look', 'warm up'),
      fc.constantFrom<Step>(1, 9, 60, 300).map((ms) => ms),
      fc.constantFrom<Step>('immediate', 'warm', { maxStaleMs: 0 }, { maxStaleMs: 40 }, { maxStaleMs: 200 }),
    ),
    { minLength: 15, maxLength: 40 },
  );

  test('a read sees what the model says, in any order of publications, looks, switches and reads', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (list, isWarmByDefault) => {
        await end();
        await begin();
        const freshness = isWarmByDefault ? 'warm' : 'immediate';
        const collection = (await open({ freshness })).collection<Row>();
        /** When each edition was published; the served one, the one it is being switched to. */
        const published = [performance.now()];
        let served: number | undefined;
        let target: number | undefined;
        /** The newest that was noticed, and the last time it was the served one. */
        let known = 1;
        let currentAt = 0;
        let takenAt = 0;
        let timerBegan = 0;
        const newest = (): number => published.length;
        const looked = (): void => {
          if (served === undefined) return;
          known = newest();
          if (served === known) currentAt = performance.now();
          else if (target === undefined) {
            target = known;
            takenAt = performance.now();
          }
        };
        const expected = (given: ReadOptions['freshness']): number => {
          if (given === 'immediate') return newest();
          if (served === undefined) {
            [served, known, currentAt] = [newest(), newest(), performance.now()];
          }
          if (given === 'warm' || typeof given !== 'object') return served;
          if (performance.now() - currentAt <= given.maxStaleMs) return served;
          if (served === known) looked();
          return served === known ? served : newest();
        };
        for (const step of list) {
          if (step === 'publish') {
            await publish(newest() + 1);
            published.push(performance.now());
          } else if (step === 'look' || typeof step === 'number') {
            const ms = step === 'look' ? LOOK_MS : step;
            // The timer runs from the first read on; its looks are at multiples of its period from there: one by one.
            for (let i = 0; i < ms; i++) {
              vi.advanceTimersByTime(1);
              if (served !== undefined && (performance.now() - timerBegan) % LOOK_MS === 0) looked();
            }
          } else if (step === 'warm up') {
            if (target === undefined) continue;
            await warmUp();
            [served, target, currentAt] = [target, undefined, takenAt];
            looked();
          } else {
            const wasServed = served !== undefined;
            const row = { id: 7, edition: expected(step) };
            if (!wasServed) timerBegan = performance.now();
            // An immediate read is at most ten milliseconds late.
            if (row.edition === newest()) vi.setSystemTime(Date.now() + 11);
            expect(collection.getSync(7, { freshness: step })).toEqual(row);
            if (typeof step === 'object') {
              const mustHave = published.filter((at) => at < performance.now() - step.maxStaleMs).length;
              expect(row.edition).toBeGreaterThanOrEqual(mustHave);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  test('until the hot set is warm every way of reading sees the old state, and then all of them the new one', async () => {
    await publish(1, 'others');
    const { collection } = bound(await open({ freshness: 'warm' }));
    const [records, others] = [collection<Row>('records'), collection<Row>('others')];
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
    store!.on('generation', (event) => generations.push(event));
    expect(await seen()).toEqual([1]);
    await publish(2, 'others');
    await publish(2);
    look();
    expect(await seen()).toEqual([1]);
    vi.setSystemTime(Date.now() + 11);
    expect(await seen({ freshness: 'immediate' })).toEqual([2]);
    expect(await seen({ freshness: { maxStaleMs: 0 } })).toEqual([2]);
    expect(generations).toEqual([]);
    await warmUp();
    expect(await seen()).toEqual([2]);
    await until(() => generations.length === 2);
    expect(generations).toEqual([
      { collection: 'others', generation: 3, warmed: 1, milliseconds: expect.any(Number) },
      { collection: 'records', generation: 4, warmed: 4, milliseconds: expect.any(Number) },
    ]);
  });

  test('what is begun in the old state ends in it, also when that has been let go of', async () => {
    const { collection } = bound(await open({ freshness: 'warm' }));
    const records = collection<Row>('records');
    records.getSync(0);
    await publish(2);
    look();
    const range = records.range();
    const scan = records.scan();
    const rows = [(await range.next()).value!.value, (await scan.next()).value!.value];
    const many = records.getMany([...Array(COUNT).keys()]);
    const one = records.get(COUNT - 1);
    await warmUp();
    expect(records.getSync(0)?.edition).toBe(2);
    for await (const { value } of range) rows.push(value);
    for await (const { value } of scan) rows.push(value);
    rows.push(...((await many) as Row[]), (await one) as Row);
    expect(rows).toHaveLength(3 * COUNT + 1);
    expect(new Set(rows.map(({ edition }) => edition))).toEqual(new Set([1]));
  });

  test('a transaction of this process is noticed at once', async () => {
    const { collection } = bound(await open({ freshness: 'warm' }));
    const records = collection<Row>('records');
    records.getSync(7);
    await records.put({ id: 7, edition: 2 });
    expect(records.getSync(7)?.edition).toBe(1);
    expect(records.getSync(7, { freshness: 'immediate' })?.edition).toBe(2);
    await warmUp();
    expect(records.getSync(7)?.edition).toBe(2);
  });

  test('a collection that comes later is read in its newest state until then', async () => {
    const { collection } = bound(await open({ freshness: 'warm' }));
    collection<Row>('records').getSync(0);
    await publish(1, 'later');
    expect(collection<Row>('later').getSync(3)).toEqual({ id: 3, edition: 1 });
    expect(collection<Row>('later').count()).toBe(COUNT);
  });

  test('the old state is let go of though nobody reads', async () => {
    await open({ freshness: 'warm' });
    store!.collection<Row>('records').getSync(0);
    await publish(2);
    const behind = (): number | undefined => store!.stat().readers.oldest?.behind;
    expect(behind()).toBeGreaterThan(0);
    look();
    await warmUp();
    // What the publisher committed behind itself is newer still; the state is taken again.
    vi.advanceTimersByTime(2000);
    expect(behind()).toBe(0);
    expect(store!.stat().generation).toBe(2);
  });

  test.each([false, true])(
    'the files of the old state are removed behind it by who has changed the store: %s',
    async (isWriter) => {
      const { collection } = bound(await open({ freshness: 'warm' }));
      const records = collection<Row>('records');
      records.getSync(0);
      const files = (): number => place.blobs.list(join(place.directory, 'shards')).length;
      if (isWriter) {
        await records.put({ id: 0, edition: 1 });
        await warmUp();
      }
      await publish(2);
      look();
      await warmUp();
      expect(files()).toBe(2);
      vi.advanceTimersByTime(1000);
      if (isWriter) await until(() => files() === 1);
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      expect(files()).toBe(isWriter ? 1 : 2);
      expect(records.getSync(0)?.edition).toBe(2);
    },
  );

  test('where reads are immediate a served state that nobody reads any more is let go of, and looked for no longer', async () => {
    await open({});
    const records = store!.collection<Row>('records');
    const looks = vi.spyOn(Served.prototype, 'look');
    vi.advanceTimersByTime(1000);
    expect(looks).not.toHaveBeenCalled();
    records.getSync(0, { freshness: 'warm' });
    vi.advanceTimersByTime(5000);
    records.getSync(0, { freshness: { maxStaleMs: 1000 } });
    vi.advanceTimersByTime(9000);
    expect(switches).toBe(0);
    vi.advanceTimersByTime(2000);
    expect(switches).toBe(1);
    looks.mockClear();
    vi.advanceTimersByTime(1000);
    expect(looks).not.toHaveBeenCalled();
    await publish(2);
    expect(records.getSync(0, { freshness: 'warm' })?.edition).toBe(2);
  });

  test('a hot set that cannot be loaded is a warning, and no reason to stay old', async () => {
    const { collection } = bound(await open({ freshness: 'warm' }));
    const warnings: StoreEvents['warning'][] = [];
    store!.on('warning', (event) => warnings.push(event));
    const records = collection<Row>('records');
    records.getSync(0);
    await publish(2);
    look();
    const failing = vi.spyOn(Generation.prototype, 'place').mockImplementation(() => {
      throw new GristmillError('CHECKSUM_MISMATCH', 'a page is damaged');
    });
    await warmUp();
    failing.mockRestore();
    expect(records.getSync(0)?.edition).toBe(2);
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([{ about: 'generation', error: expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }) }]);
  });
});

function bound(store: Store) {
  return { collection: <T>(name: string) => store.collection<T>(name) };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
