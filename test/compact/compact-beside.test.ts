// Goal: a compaction takes nothing from transactions that commit meanwhile, wherever between two of its steps they do.
// Method: records that were acknowledged, counted beside; puts between all steps of compactions of several collections,
// from the same process and from another one. Before the open shard was left alone, the first round lost records.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const WRITER = fileURLToPath(new URL('../support/acknowledging-writer.mjs', import.meta.url));
const NAMES = [...'abcdefg'];

async function newStore(): Promise<Store> {
  const store = await openStore(scratch(), { hotSet: false });
  await store.transaction((tx) => {
    for (const name of NAMES) tx.createCollection(name, { key: 'id', indexes: ['even'] }).put({ id: 0, even: true });
  });
  return store;
}

async function expectAll(store: Store, name: string, ids: readonly number[]): Promise<void> {
  const collection = store.collection<{ id: number }>(name);
  expect(collection.count()).toBe(ids.length);
  const scanned: number[] = [];
  for await (const { value } of collection.scan()) scanned.push(value.id);
  expect(scanned.sort((a, b) => a - b)).toEqual(ids);
  expect((await collection.getMany(ids)).map((found) => found?.id)).toEqual(ids);
}

test('records put between the steps of a compaction are kept', async () => {
  const store = await newStore();
  const acknowledged = new Map(NAMES.map((name) => [name, [0]]));
  let next = 1;
  for (let round = 0; round < 3; round++) {
    let isDone = false;
    const compaction = store.compact({ minDeadShare: 0 }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const name = NAMES[next % NAMES.length]!;
      await store.collection(name).put({ id: next, even: next % 2 === 0 });
      acknowledged.get(name)!.push(next++);
      await setImmediate();
    }
    await compaction;
    for (const [name, ids] of acknowledged) await expectAll(store, name, ids);
    const { faults, leftovers } = await store.verify({ workers: 1 });
    expect({ faults, leftovers }).toEqual({ faults: [], leftovers: { trees: [], files: [], temporary: [] } });
  }
  // Nothing of it is inline any more when nobody writes.
  await store.compact();
  expect(NAMES.map((name) => store.collection(name).stat().inline)).toEqual(NAMES.map(() => 0));
  await store.close();
});

test('so are those that another process puts', async () => {
  const store = await newStore();
  for (const [i, name] of ['a', 'd'].entries()) {
    const first = 1 + 100_000 * i;
    const writer = spawn(process.execPath, [WRITER, store.directory, name, String(first)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(writer, 'close');
    const acknowledged = [0];
    let heard = () => {};
    createInterface({ input: writer.stdout }).on('line', (line) => {
      acknowledged.push(Number(line));
      heard();
    });
    for (let round = 1; round <= 3; round++) {
      const goal = acknowledged.length + 5;
      await new Promise<void>((resolve) => {
        heard = () => acknowledged.length >= goal && resolve();
        heard();
      });
      await store.compact({ minDeadShare: 0 });
    }
    writer.stdin.end();
    expect((await ended)[0]).toBe(0);
    await expectAll(store, name, acknowledged);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  }
  await store.close();
});
