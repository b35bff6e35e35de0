// A process of bench/warm.mjs: makes keys hot and closes the store, or opens it and times its first reads.

import { setTimeout as sleep } from 'node:timers/promises';
import { keyAt } from '../dist/datasets/index.js';
import { openStore } from '../dist/src/index.js';
import { keyValue, randomOrdinals } from './setup.mjs';

const USES = 20;
const HOT_READINGS = 10;
const READS_OF_OTHER = 40_000;
/** The hot set is loaded when nothing was for so long. */
const QUIET_MS = 150;
const LOADING_MS_MAX = 10_000;

const { out, name, ordinals, other, otherRecords, use, options } = JSON.parse(process.argv[2]);
const keys = ordinals.map((ordinal) => keyValue(keyAt(name, 1, ordinal)));
if (use) {
  const store = await openStore(out);
  for (let i = 0; i < USES; i++) read(store.collection('records'), keys);
  await store.close();
  console.log('{}');
} else {
  const others = other === undefined ? undefined : await readOther();
  const store = await openStore(out, options);
  const loaded = options.hotSet === false ? undefined : await loading(store);
  const records = store.collection('records');
  // Once more: V8 gives memory back while nothing happens.
  others?.reread();
  const first = read(records, keys);
  const hot = Array.from({ length: HOT_READINGS }, () => read(records, keys)).flat();
  console.log(JSON.stringify({ first, hot, loaded }));
  await Promise.all([store.close(), others?.close()]);
}

/** Microseconds of each read. */
function read(records, some) {
  const taken_us = new Array(some.length);
  for (let i = 0; i < some.length; i++) {
    const began_ms = performance.now();
    const record = records.getSync(some[i]);
    taken_us[i] = Math.round((performance.now() - began_ms) * 1e6) / 1e3;
    if (record === undefined) throw new Error(`${some[i]} is not there`);
  }
  return taken_us;
}

/** The same code on other data, until V8 knows it: frames that are in memory and frames that are not. */
async function readOther() {
  const store = await openStore(other, { readOnly: true, hotSet: false, frameCacheBytes: 2 ** 20 });
  const some = randomOrdinals(1000, otherRecords, 3).map((ordinal) => keyValue(keyAt(name, 1, ordinal)));
  const few = some.slice(0, 20).flatMap((key) => new Array(50).fill(key));
  for (let i = 0; i < READS_OF_OTHER / some.length; i++) {
    read(store.collection('records'), i % 2 ? some : few);
    await sleep(1);
  }
  const reread = () => read(store.collection('records'), [...few, ...few]);
  return { reread, close: () => store.close() };
}

/** Waits until the hot set is in memory; says how much it was and when the last of it came. */
async function loading(store) {
  const opened_ms = performance.now();
  let frames = 0;
  let milliseconds = 0;
  for (;;) {
    const prefetched = store.metrics().collections.records?.prefetched ?? 0;
    const now_ms = performance.now() - opened_ms;
    if (prefetched > frames) [frames, milliseconds] = [prefetched, now_ms];
    if (frames > 0 && now_ms - milliseconds > QUIET_MS) return { frames, milliseconds };
    if (now_ms > LOADING_MS_MAX) throw new Error(`no hot set was loaded within ${LOADING_MS_MAX} ms`);
    await sleep(5);
  }
}
