// Goal: changes are made in the order of the calls, whether a call waits for its commit or not, and whatever was prepared
// before another commit came. Method: random calls of transactions with and without waiting, on two stores of one directory,
// whose commit threads and synchronous transactions meet; a list in a record says in which order they were made. And what
// goes to the commit thread comes out of it as it was.
// @node all: threads

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, type Store, type Transaction } from '../../dist/src/index.js';
import { decodeChanges, encodeChanges, type MadeRecord } from '../../dist/src/update/overlay/changes.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';

const step = fc.constantFrom('put', 'put', 'sync', 'turn', 'throw', 'read', 'all', 'other');

test('in the order of the calls, beside another store of the directory', async () => {
  const path = `${scratch()}/store`;
  const stores: Store[] = [await openStore(path), await openStore(path)];
  await stores[0]!.transaction((tx) => tx.createCollection('lists', { key: 'id' }));
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const id = round++;
      const append = (of: string, n: number) => (tx: Transaction) => {
        const lists = tx.collection<{ id: string; made: number[] }>('lists');
        const made = lists.get(of)?.made ?? [];
        lists.put({ id: of, made: [...made, n] });
        return made.length;
      };
      const [own, other] = [`own ${id}`, `other ${id}`];
      const expected: number[] = [];
      let otherCount = 0;
      const open: Promise<unknown>[] = [];
      for (const [n, what] of steps.entries()) {
        if (what === 'put' || what === 'sync') {
          expected.push(n);
          if (what === 'put') open.push(stores[0]!.transaction(append(own, n)));
          else open.push(Promise.resolve(stores[0]!.transactionSync(append(own, n))));
        } else if (what === 'throw') {
          const failing = stores[0]!.transaction((tx) => {
            append(own, n)(tx);
            throw new RangeError('meant');
          });
          open.push(failing.catch((error: unknown) => expect(error).toBeInstanceOf(RangeError)));
        } else if (what === 'read') {
          const length = expected.length;
          const read = stores[0]!.transaction((tx) => tx.collection<{ made: number[] }>('lists').get(own)?.made.length);
          open.push(read.then((found) => expect(found ?? 0).toBe(length)));
        } else if (what === 'other') {
          open.push(stores[1]!.transaction(append(other, n)));
          otherCount++;
        } else if (what === 'turn') await setImmediate();
        else await Promise.all(open);
      }
      await Promise.all(open);
      // Each store knows at once of what it has committed itself.
      const madeIn = (of: string, store: Store) =>
        store.collection<{ made: number[] }>('lists').getSync(of)?.made ?? [];
      expect(madeIn(own, stores[0]!)).toEqual(expected);
      expect(new Set(madeIn(other, stores[1]!)).size).toBe(otherCount);
    }),
    { numRuns: runs(60) },
  );
  for (const store of stores) {
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  }
});

test('a callback runs once where no other process commits, whatever was done before it', async () => {
  const path = `${scratch()}/store`;
  const store = await openStore(path);
  let runsOfCallback = 0;
  let transactions = 0;
  const put = async () => {
    transactions++;
    await store.transaction((tx) => tx.collection('rows').put({ id: ++runsOfCallback }));
  };
  await store.transaction((tx) => tx.createCollection('rows', { key: 'id' }));
  for (const work of [
    async () => {},
    () => store.compact({ minDeadShare: 0 }),
    () => store.createIndex('rows', 'id', { workers: 1 }),
    () => store.verify({ workers: 1 }),
    () => store.import([[{ id: 5, twice: true }]], { collection: 'rows', key: 'id', mode: 'upsert', workers: 1 }),
    () => store.import([[{ id: 1 }]], { collection: 'others', key: 'id', workers: 1 }),
    () => store.drop('others'),
    async () => store.snapshot().release(),
    async () => store.transactionSync((tx) => tx.collection('rows').put({ id: 'sync' })),
    () => store.backup(`${path} copy`),
  ]) {
    await work();
    await put();
    await Promise.all([put(), put()]);
  }
  expect(runsOfCallback).toBe(transactions);
  await store.close();
});

test('changes come out of their bytes as they were', () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  const line = fc.string({ unit: 'grapheme' });
  const record = fc.record({ line, secondary: fc.array(fc.array(bytes, { maxLength: 3 }), { maxLength: 3 }) });
  const change = fc.oneof(
    fc.record({ key: bytes }),
    fc.record({ key: bytes, record }),
    fc.record({ key: bytes, record, patches: fc.array(fc.json(), { maxLength: 2 }) }),
  );
  const collection = fc.record({
    name: fc.string(),
    keyed: fc.array(change, { maxLength: 5 }),
    appended: fc.array(record, { maxLength: 3 }),
    deleted: fc.array(fc.nat(), { maxLength: 3 }),
  });
  const numbers = fc.record({ nextCollection: fc.nat(), nextTree: fc.nat() });
  fc.assert(
    fc.property(numbers, fc.array(collection, { maxLength: 3 }), (free, collections) => {
      const changes = { numbers: free, created: [], collections };
      // Lines come out as the bytes of their texts.
      const stored = (one: MadeRecord) => ({ ...one, line: new Uint8Array(Buffer.from(one.line)) });
      const expected = collections.map(({ keyed, appended, ...rest }) => ({
        ...rest,
        keyed: keyed.map((one) => ('record' in one ? { ...one, record: stored(one.record) } : one)),
        appended: appended.map(stored),
      }));
      expect(decodeChanges(encodeChanges(changes))).toEqual({ ...changes, collections: expected });
    }),
    { numRuns: runs(200) },
  );
});
