// Publishes often, or follows another process that does, reads in every way, and prints how many objects of each class there
// are then, after a few publications and after many.
//
//   node --expose-gc held-objects.mjs <store> <transactions | imports | follow> <freshness, JSON>
//   standard output: a line of JSON { "few": { "Generation": 2, … }, "many": { … } }

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { queryObjects } from 'node:v8';
import { Snapshot } from '../../dist/src/api/snapshot.js';
import { openStore } from '../../dist/src/index.js';
import { Generation } from '../../dist/src/lookup/index/generation.js';
import { Tree } from '../../dist/src/lookup/index/tree.js';
import { Lookup } from '../../dist/src/lookup/lookup.js';
import { ServedState } from '../../dist/src/lookup/warm/served-state.js';
import { CatalogReader } from '../../dist/src/store/catalog/read.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';
import { Overlay } from '../../dist/src/update/overlay/overlay.js';
import { Transaction } from '../../dist/src/update/transaction.js';

const OF_STORES = { Generation, Lookup, ServedState, Snapshot, Tree, CatalogReader, ShardReader, Overlay, Transaction };
/** All of them have it as an ancestor here: V8 walks through the whole heap for each class it is asked for. */
class OfStore {}
for (const one of Object.values(OF_STORES)) {
  let oldest = one.prototype;
  while (![Object.prototype, OfStore.prototype].includes(Object.getPrototypeOf(oldest))) {
    oldest = Object.getPrototypeOf(oldest);
  }
  Object.setPrototypeOf(oldest, OfStore.prototype);
}
const CLASSES = { OfStore, Generation, AbortSignal, AbortController, Promise };
const FEW = 5;
const MANY = { transactions: 60, imports: 15, follow: 20 };
const IDS = 5;

const [directory, how, freshness] = /** @type {[string, 'transactions' | 'imports' | 'follow', string]} */ (
  process.argv.slice(2)
);
const given = JSON.parse(freshness);
const source = `${directory}.ndjson`;

const maker = await openStore(directory, { hotSet: false });
await maker.transaction((tx) => {
  for (const name of ['left', 'right']) {
    const collection = tx.createCollection(name, { key: 'id', indexes: ['round'] });
    for (let id = 0; id < IDS; id++) collection.put({ id, round: 0 });
  }
});
await maker.close();

const store = await openStore(directory, { hotSet: false, freshness: given, recordCacheBytes: 1 << 20 });
const follows = how === 'follow';
const writer = follows
  ? spawn(process.execPath, [
      fileURLToPath(new URL('generation-writer.mjs', import.meta.url)),
      ...[directory, String(MANY.follow), String(IDS)],
    ])
  : undefined;
const ended = writer && once(writer, 'exit');
const lines = writer && createInterface({ input: writer.stdout })[Symbol.asyncIterator]();

/** One publication, by whoever it is. @param {number} round */
async function publish(round) {
  if (lines) {
    await lines.next();
    return;
  }
  const rows = Array.from({ length: IDS }, (_, id) => ({ id, round }));
  if (how === 'imports') {
    const text = rows.map((row) => JSON.stringify(row)).join('\n');
    writeFileSync(source, text);
    const { signal } = new AbortController();
    // Cut in two it has a thread, which a small import has not.
    const cut = round % 2 === 0 && { spanBytes: Math.ceil(text.length / 2) };
    await store.import(source, {
      collection: 'left',
      key: 'id',
      indexes: ['round'],
      changes: 'drop',
      workers: 1,
      signal,
      ...cut,
    });
  } else {
    await store.transaction((tx) => {
      for (const row of rows) tx.collection('left').put(row);
    });
    if (round % 10 === 0) await store.compact({ minDeadShare: 0, signal: new AbortController().signal });
  }
}

/** Reads in every way, until the round is seen. @param {number} round */
async function read(round) {
  const left = store.collection('left');
  for (;;) {
    const seen = /** @type {{ round: number }} */ (left.getSync(1)).round;
    if (seen === round) break;
    await setImmediate();
  }
  await left.getMany([1, 2, 3]);
  left.getTextSync(4);
  for await (const _ of left.find('round', round)) break;
  for await (const _ of left.range({ gte: 2 })) break;
  for await (const _ of left.scan()) break;
  await store.warm({ collection: 'left', keys: [1, 2], signal: new AbortController().signal });
  const snapshot = store.snapshot();
  snapshot.collection('left').getSync(1);
  for await (const _ of snapshot.collection('right').scan()) break;
  snapshot.release();
}

/** @param {Record<string, Function>} classes @returns {Promise<Record<string, number>>} */
async function counts(classes = CLASSES) {
  for (let i = 0; i < 5; i++) {
    /** @type {any} */ (globalThis).gc();
    await setImmediate();
  }
  return Object.fromEntries(
    Object.entries(classes).map(([name, one]) => [name, queryObjects(one, { format: 'count' })]),
  );
}

// Held from the beginning to the end: what it reads stays, and nothing of what comes after.
const held = store.collection('left').scan();
await held.next();

/** @type {Awaited<ReturnType<typeof counts>>} */
let few = {};
for (let round = 1; round <= MANY[how]; round++) {
  await publish(round);
  await read(round);
  if (round === FEW) few = await counts();
  writer?.stdin.write('\n');
}
const many = await counts();
/** For the message of a test that fails. */
const each = (many.OfStore ?? 0) > (few.OfStore ?? 0) + 4 ? await counts(OF_STORES) : {};
await held.return(undefined);
await ended;
await store.close();
console.log(JSON.stringify({ few, many, each }));
