// Goal: whatever a callback of a transaction calls, throws or returns, the store is sound afterwards, and every way of reading
// it agrees with every other. Method: as in transaction-misuse.test.ts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CollectionOptions, openStore, type Snapshot } from '../../dist/src/index.js';
import { MergeUnderWay } from '../../dist/src/update/group.js';
import { all, Misused, ROWS, type Row } from '../support/misuse.js';
import { valuesOf } from '../support/rows.js';

let misused: Misused;

beforeEach(async () => {
  misused = await Misused.begin();
});
afterEach(() => misused.end());

describe('methods of the store within the callback', () => {
  test('read what was committed before, new collections not yet', async () => {
    let snapshot: Snapshot | undefined;
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      tx.createCollection('new', { key: 'id' }).put({ id: 1 });
      const rows = misused.store.collection<Row>('rows');
      expect([rows.count(), rows.getSync(3), rows.has(1)]).toEqual([2, undefined, true]);
      expect(misused.store.collections()).toEqual(['numbered', 'rows']);
      expect(misused.store.stat().collections.map(({ name }) => name)).toEqual(['numbered', 'rows']);
      expect(() => misused.store.collection('new')).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
      snapshot = misused.store.snapshot();
      expect(snapshot.collection('rows').count()).toBe(2);
    });
    expect(snapshot!.collection('rows').count()).toBe(2);
    expect(snapshot!.collections()).toEqual(['numbered', 'rows']);
    snapshot!.release();
    expect(misused.store.collection('new').count()).toBe(1);
    await misused.expectSound([...ROWS, { id: 3, tag: 'c' }], ['new']);
  });

  test('of a snapshot read what it holds, however much was committed since', async () => {
    const snapshot = misused.store.snapshot();
    await misused.store.transaction((tx) => {
      const rows = tx.collection<Row>('rows');
      rows.put({ id: 1, tag: 'x' });
      rows.delete(2);
      tx.createCollection('new', { key: 'id' }).put({ id: 1 });
    });
    // Their records get a place in a file, and the lines they were go: each is looked for where the snapshot has it.
    await misused.store.compact();
    let within: unknown;
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      const rows = snapshot.collection<Row>('rows');
      within = [snapshot.collections(), rows.count(), rows.getSync(1), rows.getSync(2), rows.has(3)];
    });
    expect(within).toEqual([['numbered', 'rows'], 2, ...ROWS, false]);
    const rows = snapshot.collection<Row>('rows');
    expect([snapshot.collections(), rows.count(), await all(valuesOf(rows.find('tag', 'x')))]).toEqual([
      ['numbered', 'rows'],
      2,
      [],
    ]);
    snapshot.release();
    await misused.expectSound(
      [
        { id: 1, tag: 'x' },
        { id: 3, tag: 'c' },
      ],
      ['new'],
    );
  });

  test('that take long begin when it is over', async () => {
    const begun: Promise<unknown>[] = [];
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      begun.push(
        misused.store.compact(),
        misused.store.verify({ workers: 1 }),
        misused.store.warm({ collection: 'rows', whole: true }),
      );
    });
    await Promise.all(begun);
    expect(await begun[1]).toMatchObject({ isSound: true });
    await misused.expectSound([...ROWS, { id: 3, tag: 'c' }]);
  });

  test('close: what it has changed is committed, and the store closed', async () => {
    let closing: Promise<void> | undefined;
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      closing = misused.store.close();
      tx.collection('rows').put({ id: 4, tag: 'd' });
    });
    await closing;
    misused.store = await openStore(misused.path);
    await misused.expectSound([...ROWS, { id: 3, tag: 'c' }, { id: 4, tag: 'd' }]);
  });

  test('do not keep a collection that came to nothing: one of its name may be another', async () => {
    const made = misused.store.transaction((tx) => {
      tx.createCollection('new', { key: 'id', indexes: ['left'] });
      expect(() => misused.store.collection('new')).toThrow();
      throw new Error('midway');
    });
    await expect(made).rejects.toThrow('midway');
    await misused.store.transaction((tx) =>
      tx.createCollection('new', { key: 'id', indexes: ['right'] }).put({ id: 1, right: 7 }),
    );
    expect(await all(valuesOf(misused.store.collection('new').find('right', 7)))).toEqual([{ id: 1, right: 7 }]);
    expect(misused.store.collection('new').count()).toBe(1);
    await misused.expectSound(ROWS, ['new']);
  });
});

describe('a callback', () => {
  test('that throws midway leaves nothing, whatever it has changed', async () => {
    const failed = misused.store.transaction((tx) => {
      const rows = tx.collection<Row>('rows');
      rows.put({ id: 3, tag: 'c' });
      rows.delete(1);
      rows.patch(2, { tag: 'x' });
      tx.collection('numbered').put({ n: 1 });
      tx.createCollection('new').put({});
      throw new Error('midway');
    });
    await expect(failed).rejects.toThrow('midway');
    await misused.expectSound();
  });

  test('that is async changes nothing, neither before nor after its first await', async () => {
    let late: unknown;
    // @ts-expect-error: it does not compile, so it is a program in JavaScript that does this.
    const failed = misused.store.transaction(async (tx) => {
      const rows = tx.collection<Row>('rows');
      rows.delete(1);
      await Promise.resolve();
      try {
        rows.put({ id: 3, tag: 'c' });
      } catch (error) {
        late = error;
      }
    });
    await expect(failed).rejects.toThrow('must not be async');
    expect(late).toBeInstanceOf(TypeError);
    await misused.expectSound();
  });

  test.each([undefined, null, 'rows', {}, Promise.resolve()])('that is none (%s) is refused', async (change) => {
    await expect(misused.store.transaction(change as never)).rejects.toThrow('a transaction needs a callback');
    await misused.expectSound();
  });

  test('that makes a collection twice is told so, and goes on with the first', async () => {
    await misused.store.transaction((tx) => {
      const made = tx.createCollection<Row>('new', { key: 'id' });
      const exists = expect.objectContaining({ code: 'COLLECTION_EXISTS' });
      expect(() => tx.createCollection('new')).toThrow(exists);
      expect(() => tx.createCollection('rows')).toThrow(exists);
      expect(() => tx.createCollection('bad', { key: 'a..b' })).toThrow(TypeError);
      expect(() => tx.createCollection('bad', { index: ['a'] } as CollectionOptions)).toThrow(TypeError);
      expect(tx.collection('new')).toBe(made);
      tx.createCollection('second', { key: 'id', indexes: ['tag'] }).put({ id: 1, tag: 'z' });
      made.put({ id: 1, tag: 'y' });
    });
    const [made, second] = [misused.store.collection<Row>('new'), misused.store.collection<Row>('second')];
    expect([made.getSync(1), second.getSync(1)]).toEqual([
      { id: 1, tag: 'y' },
      { id: 1, tag: 'z' },
    ]);
    expect(await all(valuesOf(second.find('tag', 'z')))).toEqual([{ id: 1, tag: 'z' }]);
    await misused.expectSound(ROWS, ['new', 'second']);
  });

  test('that catches what tells of an import under way begins again all the same', async () => {
    const { Transactions } = await import('../../dist/src/update/transact.js');
    const { files } = await import('../../dist/src/store/files/file-blobs.js');
    const { LmdbCatalog } = await import('../../dist/src/store/lmdb/catalog.js');
    const catalog = await LmdbCatalog.open(misused.path, { create: false, readOnly: false });
    let runs = 0;
    const stop = new AbortController();
    const transactions = new Transactions({
      catalog,
      place: { directory: misused.path, blobs: files },
      lookup: (name) => {
        // As it is thrown where an import is merging; there is none, so the second time it is over.
        throw runs === 1 ? new MergeUnderWay(name) : new Error('second run');
      },
      admitted: (read) => read(),
      committed: () => {},
      logsRecords: false,
      closing: stop.signal,
    });
    const changing = transactions.run((tx) => {
      runs++;
      tx.collection('rows');
    }, {});
    await expect(changing).rejects.toThrow('second run');
    expect(runs).toBe(2);
    await catalog.close();
    await misused.expectSound();
  });
});
