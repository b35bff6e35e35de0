// Goal: warming goes on while others commit, and a process that commits without end lets its own other work have its turn.
// Method: one process that does both at once; without the turns neither the timers nor the warming would ever run.

import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const COUNT = 3000;

async function newStore() {
  const store = await openStore(scratch(), { hotSet: false, freshness: 'warm' });
  onTestFinished(() => store.close());
  await store.transaction((tx) => {
    const records = tx.createCollection('records', { key: 'id' });
    for (let id = 0; id < COUNT; id++) records.put({ id, text: 'x'.repeat(50) });
  });
  await store.compact();
  return store;
}

test('many keys are warmed beside commits, from whatever state is served meanwhile', async () => {
  const store = await newStore();
  expect(store.collection().getSync(0)).toBeDefined();
  let isWarm = false;
  const writing = (async () => {
    for (let n = 0; !isWarm; n++) {
      await store.collection().put({ id: COUNT + (n % 7), n });
      await setTimeout(1);
    }
  })();
  try {
    for (let round = 0; round < 5; round++) {
      const report = await store.warm({ keys: Array.from({ length: COUNT }, (_, id) => id) });
      expect(report).toMatchObject({ records: COUNT, complete: true });
    }
  } finally {
    isWarm = true;
    await writing;
  }
});

test('transactions one after another leave turns to the rest of the process', async () => {
  const store = await newStore();
  let hasTurned = false;
  void setImmediate().then(() => {
    hasTurned = true;
  });
  let transactions = 0;
  for (; !hasTurned && transactions < 20_000; transactions++) await store.collection().put({ id: 1, transactions });
  expect(hasTurned).toBe(true);
});
