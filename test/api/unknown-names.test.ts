// Goal: names that no collection has, such as a server takes from a URL, leave nothing behind.
// Method: many of them by each way in; then what metrics, the registry and the memory show.
// @node all: what is left in the heap
// @alone: what is left in the heap

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, type Snapshot, type StoreOptions } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const NAMES = 50_000;
const NAMES_OF_OTHERS = 5_000;
const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test.each([
  [NAMES, {}],
  [NAMES_OF_OTHERS, { freshness: 'warm' }],
  [NAMES_OF_OTHERS, { recordCacheBytes: MIB }],
] as const)('%d of them: %j', async (names, options: StoreOptions) => {
  const store = await openStore(join(scratch(), 'store'), { config: false, hotSet: false, ...options });
  onTestFinished(() => store.close());
  await store.transaction((tx) => void tx.createCollection('a', { key: 'id' }).put({ id: 1 }));
  expect(store.collection('a').getSync(1)).toEqual({ id: 1 });
  const registry = await store.metricsRegistry();
  using snapshot = store.snapshot();
  // What is made once, first.
  const ask = (name: string) => {
    expect(() => store.collection(name)).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
    expect(() => snapshot.collection(name)).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
  };
  ask('b');
  const lines = (await registry.metrics()).split('\n').length;
  const before = heapBytes();
  for (let number = 0; number < names; number++) {
    const name = `unknown-${number}`;
    // What is let go of in a turn of the event loop is free in the next.
    if (number % 1000 === 999) await setImmediate();
    let code = '';
    for (const of of [store, snapshot] as Pick<Snapshot, 'collection'>[]) {
      try {
        of.collection(name);
      } catch (error) {
        code = (error as { code: string }).code;
      }
    }
    if (code !== 'COLLECTION_NOT_FOUND') throw new Error(`${name}: ${code}`);
  }
  // A lookup with its counters has more than a kilobyte; what the engine keeps for itself differs from run to run.
  expect(heapBytes() - before).toBeLessThan(Math.max(MIB, (names * 1024) / 2));
  expect(Object.keys(store.metrics().collections)).toEqual(['a']);
  expect((await registry.metrics()).split('\n')).toHaveLength(lines);
  for (const name of ['', 'a\0b', 'x'.repeat(256)]) expect(() => store.collection(name)).toThrow(TypeError);
  for (const name of [1, null, {}]) expect(() => store.collection(name as never)).toThrow(TypeError);
});
