// Goal: transactions of all processes come one after another and are seen whole; what breaks the rules of a transaction is
// refused and changes nothing; a transaction waits for an import that merges into its collection.
// Method: real processes on one store; rules one by one.
// @node all: processes, and callbacks that are asynchronous

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/api/store.js';
import { openStore } from '../../src/index.js';
import { files } from '../../src/store/files/file-blobs.js';
import { LmdbCatalog } from '../../src/store/lmdb/catalog.js';
import { WriterLock } from '../../src/store/lock/writer-lock.js';
import type { Transaction } from '../../src/update/transaction.js';
import type { TransactionCollection } from '../../src/update/transaction-collection.js';
import { temporaryDirectory } from '../support/build-store.js';
import { valuesOf } from '../support/rows.js';

interface Row {
  readonly id: unknown;
  readonly n?: number;
}

let directory: ReturnType<typeof temporaryDirectory>;
let path: string;
let store: Store;

beforeEach(async () => {
  directory = temporaryDirectory();
  path = `${directory.path}/store`;
  store = await openStore(path);
  await store.transaction((tx) => {
    tx.createCollection('rows', { key: 'id', indexes: ['tag'] }).put({ id: 1, n: 1, tag: 'a' });
    tx.createCollection('numbered').put({ id: 'x' });
  });
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

/** A child process on the store (support/transaction-child.mjs), and the lines it says. */
function child(...args: readonly string[]) {
  const script = fileURLToPath(new URL('../support/transaction-child.mjs', import.meta.url));
  const started = spawn(process.execPath, [script, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    started.kill('SIGKILL');
  });
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value as string;
  return { line, stop: () => started.stdin.end('stop'), ended: once(started, 'close') };
}

describe('several processes', () => {
  test('see each transaction whole', async () => {
    await store.transaction((tx) => {
      for (const name of ['left', 'right']) {
        const made = tx.createCollection<Row>(name, { key: 'id' });
        for (let id = 0; id < 50; id++) made.put({ id, n: 0 });
      }
    });
    const reader = child('read');
    expect(await reader.line()).toBe('ready');
    let total = 0;
    for (let round = 1; round <= 100; round++) {
      await store.transaction((tx) => {
        const left = tx.collection<Row>('left');
        const right = tx.collection<Row>('right');
        for (let i = 0; i < 5; i++) {
          total += round;
          const [from, to] = [(round * 7 + i) % 50, (round * 11 + i) % 50];
          left.put({ id: from, n: left.get(from)!.n! + round });
          right.patch(to, { n: right.get(to)!.n! + round });
        }
      });
    }
    reader.stop();
    const seen = JSON.parse(await reader.line());
    expect(seen).toMatchObject({ torn: 0, last: total });
    await reader.ended;
  });

  test('that all add to one counter lose nothing', async () => {
    await store.transaction((tx) => tx.createCollection('counters', { key: 'id' }));
    const times = 60;
    const writers = [child('count', String(times)), child('count', String(times))];
    const counters = store.collection<Row>('counters');
    for (let i = 0; i < times; i++) {
      await store.transaction((tx) => {
        const mine = tx.collection<Row>('counters');
        mine.put({ id: 'one', n: (mine.get('one')?.n ?? 0) + 1 });
      });
    }
    for (const writer of writers) expect(JSON.parse(await writer.line())).toEqual({ done: times });
    await Promise.all(writers.map(({ ended }) => ended));
    expect(await store.transaction((tx) => tx.collection<Row>('counters').get('one')?.n)).toBe(3 * times);
    expect(store.snapshot().collection<Row>('counters').getSync('one')?.n).toBe(3 * times);
    expect(counters.count()).toBe(1);
  });
});

describe('a transaction', () => {
  test('is over with its callback', async () => {
    const kept: { tx?: Transaction; rows?: TransactionCollection<unknown> } = {};
    await store.transaction((tx) => {
      kept.tx = tx;
      kept.rows = tx.collection('rows');
    });
    for (const use of [
      () => kept.tx!.collection('rows'),
      () => kept.tx!.createCollection('late'),
      () => kept.rows!.get(1),
      () => kept.rows!.has(1),
      () => kept.rows!.count(),
      () => kept.rows!.put({ id: 2 }),
      () => kept.rows!.putText('{"id":2}'),
      () => kept.rows!.patch(1, {}),
      () => kept.rows!.patchText(1, '{}'),
      () => kept.rows!.delete(1),
    ]) {
      expect(use).toThrow(TypeError);
    }
    expect(store.collection('rows').count()).toBe(1);
  });

  test('that threw is over, too', async () => {
    let rows: TransactionCollection<unknown> | undefined;
    const failed = store.transaction((tx) => {
      rows = tx.collection('rows');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(() => rows!.put({ id: 2 })).toThrow(TypeError);
  });

  test('is not async, and has none within it', async () => {
    let late: Promise<unknown> | undefined;
    // @ts-expect-error: a callback that returns a promise does not compile.
    const asynchronous = store.transaction((tx) => {
      tx.collection('rows').put({ id: 2 });
      late = Promise.resolve().then(() => tx.collection('rows').put({ id: 2 }));
      return late;
    });
    await expect(asynchronous).rejects.toThrow(TypeError);
    await expect(late).rejects.toThrow(TypeError);
    let inner: Promise<unknown> | undefined;
    await store.transaction((tx) => {
      tx.collection('rows').put({ id: 3 });
      inner = store.transaction((nested) => nested.collection('rows').put({ id: 4 }));
      inner.catch(() => {});
    });
    await expect(inner).rejects.toThrow(TypeError);
    expect([2, 3, 4].map((id) => store.collection('rows').has(id))).toEqual([false, true, false]);
  });

  test('is refused by a store that was opened read-only, and by a closed one', async () => {
    await store.close();
    await expect(store.transaction(() => 1)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    store = await openStore(path, { readOnly: true });
    await expect(store.transaction(() => 1)).rejects.toThrow(TypeError);
    await expect(store.collection('rows').put({ id: 2 })).rejects.toThrow(TypeError);
  });

  test.each<[string, (tx: Transaction) => unknown, object | typeof TypeError]>([
    ['a record without a key', (tx) => tx.collection('rows').put({}), { code: 'BAD_RECORD', reason: 'KEY_MISSING' }],
    ['a collection that is not there', (tx) => tx.collection('none'), { code: 'COLLECTION_NOT_FOUND' }],
    ['a collection that is there', (tx) => tx.createCollection('rows'), { code: 'COLLECTION_EXISTS' }],
    ['a path that is none', (tx) => tx.createCollection('new', { key: 'a..b' }), TypeError],
    ['an empty name', (tx) => tx.createCollection(''), TypeError],
    ['a patch that is no JSON value', (tx) => tx.collection('rows').patch(1, undefined), TypeError],
    ['a patch that is no JSON text', (tx) => tx.collection('rows').patchText(1, '{'), { code: 'BAD_RECORD' }],
    ['a patch of a record without a key', (tx) => tx.collection('numbered').patch(0, {}), TypeError],
    ['an ordinal that is text', (tx) => tx.collection('numbered').delete('0'), TypeError],
  ])('with %s changes nothing', async (_, breaks, expected) => {
    const changed = store.transaction((tx) => {
      tx.collection('rows').put({ id: 2 });
      tx.createCollection('other').put({ id: 3 });
      breaks(tx);
    });
    if (expected === TypeError) await expect(changed).rejects.toThrow(TypeError);
    else await expect(changed).rejects.toMatchObject(expected);
    expect(store.collection('rows').count()).toBe(1);
    expect(store.collections()).toEqual(['numbered', 'rows']);
    // And the next one is as if nothing had been.
    await store.collection('rows').put({ id: 2, n: 2 });
    expect(await store.collection('rows').get(2)).toEqual({ id: 2, n: 2 });
  });

  test('that caught what a put threw goes on without it', async () => {
    await store.transaction((tx) => {
      const rows = tx.collection('rows');
      expect(() => rows.put({ id: {} })).toThrow();
      expect(() => rows.patch(1, { id: null })).toThrow();
      rows.put({ id: 2 });
    });
    expect(store.collection('rows').count()).toBe(2);
    expect(store.collection('rows').getSync(1)).toEqual({ id: 1, n: 1, tag: 'a' });
  });

  test('waits for an import that merges into its collection, and for no other', async () => {
    // A lock as an import holds it while it merges.
    const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
    const lock = await WriterLock.acquire(
      catalog,
      { directory: path, blobs: files },
      { operation: 'import', collection: 'rows' },
    );
    await lock.set({ merging: 'rows' });
    let runs = 0;
    let isDone = false;
    const waiting = store
      .transaction((tx) => {
        runs++;
        tx.collection('numbered').put({ id: runs });
        return tx.collection('rows').put({ id: 2 });
      })
      .finally(() => {
        isDone = true;
      });
    expect(await store.collection('numbered').put({ id: 'y' })).toBe(1);
    expect({ runs, isDone }).toEqual({ runs: 1, isDone: false });
    await lock.set({ merging: undefined });
    expect(await waiting).toBe(2);
    expect(runs).toBe(2);
    await lock.release();
    await catalog.close();
    expect(store.collection('numbered').count()).toBe(3);
  });

  test('into a large collection keeps pages, counts and order', async () => {
    const COUNT = 20_000;
    await store.transaction((tx) => {
      const big = tx.createCollection('big', { key: 'id', indexes: ['g'] });
      for (let i = 0; i < COUNT; i++) big.put({ id: (i * 7919) % COUNT, g: i % 7 });
    });
    await store.transaction((tx) => {
      const big = tx.collection<Row & { g: number }>('big');
      for (let id = 0; id < COUNT; id += 3) big.delete(id);
      for (let id = 1; id < COUNT; id += 3) big.patch(id, { g: 9 });
      expect(big.count()).toBe(COUNT - Math.ceil(COUNT / 3));
    });
    const big = store.collection<Row & { g: number }>('big');
    const ids: unknown[] = [];
    for await (const { key } of big.range()) ids.push(key);
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, id) => id).filter((id) => id % 3 !== 0));
    let nines = 0;
    for await (const { id } of valuesOf(big.find('g', 9))) if (Number(id) % 3 === 1) nines++;
    expect(nines).toBe(ids.filter((id) => Number(id) % 3 === 1).length);
  });
});
