// Goal: changes of several processes are whole and in the order of each process's calls; whatever was acknowledged is there
// after a kill; waiting for another process, or for a store of the same directory, stops neither the event loop nor the
// other. Method: real processes, really killed; an import's lock as it holds it while it merges.
// @node all: processes, threads

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { WriterLock } from '../../dist/src/store/lock/writer-lock.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { all } from '../support/misuse.js';
import { until } from '../support/until.js';

let path: string;
let store: Store;

beforeEach(async () => {
  path = `${scratch()}/store`;
  store = await openStore(path);
  await store.transaction((tx) => {
    tx.createCollection('rows', { key: 'id', indexes: ['n'] });
    tx.createCollection('others', { key: 'id' });
  });
});
afterEach(() => store.close());

/** A child process on the store (support/group-child.mjs), and the lines that it has said. */
function child(args: readonly string[], failpoints = '', acknowledge: 'durable' | 'committed' = 'durable') {
  const script = fileURLToPath(new URL('../support/group-child.mjs', import.meta.url));
  const env = { ...process.env, GRISTMILL_FAILPOINTS: failpoints, GRISTMILL_ACKNOWLEDGE: acknowledge };
  const started = spawn(process.execPath, [script, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env });
  onTestFinished(() => {
    started.kill('SIGKILL');
  });
  const lines: string[] = [];
  createInterface({ input: started.stdout }).on('line', (line) => lines.push(line));
  return { lines, kill: () => started.kill('SIGKILL'), stdin: started.stdin, ended: once(started, 'close') };
}

/** The numbers that a child has put, in the order of the records. */
async function numbersOf(name: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { value } of store.collection<{ id: string; n: number }>('rows').scan()) {
    if (value.id.startsWith(`${name}-`)) numbers.push(value.n);
  }
  return numbers;
}

describe('a process that is killed', () => {
  test('leaves what it was told of, and its calls up to some one, in their order', async () => {
    for (let round = 0; round < runs(3); round++) {
      const names = [`a${round}`, `b${round}`];
      const children = names.map((name, i) => child(['put', name], '', i === 0 ? 'durable' : 'committed'));
      const enough = 200 + 100 * round;
      // This process writes meanwhile, too.
      const own = Array.from({ length: 100 }, (_, n) => store.collection('rows').put({ id: `own${round}-${n}`, n }));
      await until(() => children.every(({ lines }) => lines.length > enough));
      for (const { kill } of children) kill();
      await Promise.all(children.map(({ ended }) => ended));
      await Promise.all(own);
      for (const [i, { lines }] of children.entries()) {
        const numbers = await numbersOf(names[i]!);
        expect(numbers).toEqual(Array.from(numbers, (_, n) => n));
        // The last line may be cut off.
        expect(numbers.length).toBeGreaterThan(Math.max(...lines.slice(0, -1).map(Number)));
      }
      expect(await numbersOf(`own${round}`)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    }
    expect(await store.verify()).toMatchObject({ isSound: true });
  });

  test.each([
    ['transaction.commit', 0],
    ['catalog.commit', 0],
    ['catalog.committed', 1],
  ])('at %s leaves all of its group, or nothing', async (failpoint, isCommitted) => {
    const killed = child(['put', 'a'], `${failpoint}=kill`);
    await killed.ended;
    expect(killed.lines).toEqual([]);
    const numbers = await numbersOf('a');
    expect(numbers).toEqual(Array.from(numbers, (_, n) => n));
    expect(numbers.length > 0).toBe(isCommitted === 1);
    await store.collection('rows').put({ id: 'after', n: 1 });
    expect(await store.verify()).toMatchObject({ isSound: true });
  });
});

describe('waiting', () => {
  test('for the transaction of another process leaves the event loop free, and the store readable', async () => {
    const holder = child(['hold']);
    await until(() => holder.lines.includes('held'));
    const rows = store.collection<{ id: string }>('rows');
    let isDone = false;
    const put = rows.put({ id: 'own' }).finally(() => {
      isDone = true;
    });
    // An import has its own transactions. It waits as well.
    const imported = store.import([{ id: 1 }], { collection: 'imported', key: 'id' });
    for (let turns = 0; turns < 200; turns++) {
      await setImmediate();
      expect(rows.getSync('own')).toBeUndefined();
    }
    expect(isDone).toBe(false);
    holder.stdin.write('x');
    await put;
    await imported;
    await holder.ended;
    expect((await all(rows.scan())).map(({ value }) => value.id)).toEqual(['held', 'own']);
  });

  test('for a process that is busy ends: it gives its turn back, and gets another one', async () => {
    const script = fileURLToPath(new URL('../support/group-child.mjs', import.meta.url));
    const put = store.collection('rows').put({ id: 'own' });
    // Nothing of this thread goes on until the other process has committed.
    execFileSync(process.execPath, [script, path, 'one', 'other'], { stdio: 'inherit' });
    await put;
    const ids: string[] = [];
    for await (const { value } of store.collection<{ id: string }>('rows').scan()) ids.push(value.id);
    expect(ids).toEqual(['other', 'own']);
  });

  test('of stores of one directory, in one process, ends, however their transactions meet', async () => {
    const other = await openStore(path);
    const changes: Promise<unknown>[] = [];
    for (let n = 0; n < 50; n++) {
      const [first, second] = n % 2 === 0 ? [store, other] : [other, store];
      changes.push(first.collection('rows').put({ id: `async-${n}`, n }));
      second.transactionSync((tx) => tx.collection('rows').put({ id: `sync-${n}`, n }));
      if (n % 10 === 0) changes.push(openStore(path).then((third) => third.close()));
      if (n % 5 === 0) await setImmediate();
    }
    await Promise.all(changes);
    await other.close();
    expect(store.collection('rows').count()).toBe(100);
    expect(await store.verify()).toMatchObject({ isSound: true });
  });

  test('for an import that merges keeps the order of the changes to its collection, and delays no other', async () => {
    const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
    const place = { directory: path, blobs: files };
    const lock = await WriterLock.acquire(catalog, place, { operation: 'import', collection: 'rows' });
    await lock.set({ merging: 'rows' });
    const done: string[] = [];
    const [rows, others] = [store.collection('rows'), store.collection('others')];
    const note = (name: string) => () => done.push(name);
    const held = [rows.put({ id: 'x', n: 1 }).then(note('first')), rows.put({ id: 'x', n: 2 }).then(note('second'))];
    await others.put({ id: 1 }).then(note('other'));
    held.push(rows.patch('x', { n: 3 }).then(note('third')));
    await others.put({ id: 2 }).then(note('other'));
    expect(() => store.transactionSync((tx) => tx.collection('rows').put({ id: 'y' }))).toThrow(
      expect.objectContaining({ code: 'STORE_BUSY' }),
    );
    expect(done).toEqual(['other', 'other']);
    await lock.set({ merging: undefined });
    await Promise.all(held);
    await lock.release();
    await catalog.close();
    expect(done).toEqual(['other', 'other', 'first', 'second', 'third']);
    expect((await all(rows.scan())).map(({ value }) => value)).toEqual([{ id: 'x', n: 3 }]);
  });

  test('for an import that merges ends with STORE_CLOSED when the store is closed', async () => {
    const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
    const place = { directory: path, blobs: files };
    const lock = await WriterLock.acquire(catalog, place, { operation: 'import', collection: 'rows' });
    await lock.set({ merging: 'rows' });
    const held = store.collection('rows').put({ id: 'x' });
    const refused = expect(held).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await store.collection('others').put({ id: 1 });
    await store.close();
    await refused;
    await lock.release();
    await catalog.close();
    store = await openStore(path);
    expect([store.collection('rows').count(), store.collection('others').count()]).toEqual([0, 1]);
  });
});
