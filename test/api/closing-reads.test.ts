// Goal: from the moment `close` is called nothing gives an old answer. What is asked then fails with STORE_CLOSED; what was
// under way ends rightly, or with that.
// Method: a change is acknowledged, `close` is called and not awaited, and everything that reads or writes is asked in the same
// turn and in each one until the store is closed. The model is the number that was put last.
// @node all: the turns of the event loop

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Collection, type Freshness, memory, openStore, type Snapshot, type Store } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';

interface Row {
  readonly id: number;
  readonly value: number;
}

const ROUNDS = 5;
/** One more than are begun at once by `getMany`: the rest is read after the others. */
const IDS = [...Array(65).keys()];
const numberOf = (row: Row | undefined) => row?.value;

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

/** Everything that reads: each gives the value of the record. */
const READS: Record<string, (rows: Collection<Row>) => unknown> = {
  getSync: (rows) => numberOf(rows.getSync(1)),
  get: async (rows) => numberOf(await rows.get(1)),
  getTextSync: (rows) => JSON.parse(rows.getTextSync(1)!).value,
  getText: async (rows) => JSON.parse((await rows.getText(1))!).value,
  getMany: async (rows) => (await rows.getMany(IDS)).map(numberOf)[1],
  range: async (rows) => numberOf((await first(rows.range({ gte: 1 })))?.value),
  scan: async (rows) => numberOf((await first(rows.scan()))?.value),
  lines: async (rows) =>
    JSON.parse(
      Buffer.from((await first(rows.lines()))!)
        .toString()
        .split('\n')[0]!,
    ).value,
};
/** What says something of the newest state in other words, or changes it. */
const REST: Record<string, (rows: Collection<Row>, store: Store, snapshot: Snapshot) => unknown> = {
  has: (rows) => rows.has(1),
  count: (rows) => rows.count(),
  'stat of a collection': (rows) => rows.stat(),
  collection: (_, store) => store.collection('rows'),
  collections: (_, store) => store.collections(),
  stat: (_, store) => store.stat(),
  metrics: (_, store) => store.metrics(),
  snapshot: (_, store) => store.snapshot(),
  'a snapshot taken before': (_, __, snapshot) => snapshot.collection('rows'),
  put: (rows) => rows.put({ id: 1, value: -1 }),
  transaction: (_, store) => store.transaction(() => {}),
  import: (_, store) => store.import('nowhere.ndjson'),
  verify: (_, store) => store.verify(),
  compact: (_, store) => store.compact(),
  warm: (_, store) => store.warm(),
  watch: (_, store) => store.watch('nowhere'),
  instrument: (_, store) => store.instrument(),
};

async function outcomeOf(ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}

let scratch: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  scratch = temporaryDirectory();
});
afterEach(() => scratch.remove());

const FRESHNESS: Freshness[] = ['immediate', 'warm', { maxStaleMs: 0 }, { maxStaleMs: 60_000 }];

describe.each([
  ['on disk', () => join(scratch.path, 'store')],
  ['in memory', () => memory()],
])('%s', (_place, placeOf) => {
  test.each(FRESHNESS)('freshness %j', async (freshness) => {
    const place = placeOf();
    for (const recordCacheBytes of [0, 1 << 20]) {
      for (let round = 1; round <= ROUNDS; round++) {
        const store = await openStore(place, { config: false, freshness, recordCacheBytes });
        const change = async (value: number) =>
          store.transaction((tx) => {
            const isThere = store.collections().includes('rows');
            const rows = isThere ? tx.collection<Row>('rows') : tx.createCollection<Row>('rows', { key: 'id' });
            for (const id of IDS) rows.put({ id, value });
          });
        await change(-round);
        // Files to be read, and records in the index.
        if (round % 2 === 0) await store.compact();
        const rows = store.collection<Row>('rows');
        // A state is served from here on.
        for (const read of Object.values(READS)) await read(rows);
        const snapshot = store.snapshot();
        await change(round);

        const isNewest = freshness === 'immediate' || (typeof freshness === 'object' && freshness.maxStaleMs === 0);
        const begun = Object.entries(READS).map(([name, read]) => [name, outcomeOf(() => read(rows))] as const);
        let isClosed = false;
        const closing = store.close().then(() => {
          isClosed = true;
        });
        const asked: [string, Promise<unknown>][] = [];
        const askAll = () => {
          for (const [name, read] of Object.entries(READS)) asked.push([name, outcomeOf(() => read(rows))]);
          for (const [name, ask] of Object.entries(REST))
            asked.push([name, outcomeOf(() => ask(rows, store, snapshot))]);
        };
        askAll();
        await Promise.resolve();
        do {
          askAll();
          await setImmediate();
        } while (!isClosed);
        askAll();
        await closing;
        for (const [name, outcome] of asked) expect([name, await outcome]).toEqual([name, 'STORE_CLOSED']);
        const allowed = isNewest ? [round, 'STORE_CLOSED'] : [round, -round, 'STORE_CLOSED'];
        for (const [name, outcome] of begun) expect(allowed, name).toContain(await outcome);
      }
    }
  });

  test('an iteration under way gives what it began with, or fails; it does not end early', async () => {
    const store = await openStore(placeOf(), { config: false });
    await store.transaction((tx) => {
      const rows = tx.createCollection<Row>('rows', { key: 'id' });
      for (let id = 0; id < 1000; id++) rows.put({ id, value: id });
    });
    await store.compact();
    const rows = store.collection<Row>('rows');
    const steps = [rows.range(), rows.scan()].map((items) => items[Symbol.asyncIterator]());
    for (const step of steps) await step.next();
    const neverBegun = rows.scan()[Symbol.asyncIterator]();
    const closing = store.close();
    await expect(neverBegun.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    for (const step of steps) {
      let seen = 1;
      const failure = await outcomeOf(async () => {
        for (;;) {
          const { done, value } = await step.next();
          if (done) return seen;
          expect(value.value.value).toBe(seen++);
        }
      });
      expect([1000, 'STORE_CLOSED']).toContain(failure);
    }
    await closing;
  });
});
