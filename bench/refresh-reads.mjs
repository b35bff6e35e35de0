// A process of bench/refresh.mjs: a thousand readers of one key, period after period.

import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../dist/src/index.js';

const PAUSE_MS = 10;

const { out, key, readers, periods: wanted, ttl_ms, options } = JSON.parse(process.argv[2]);
const store = await openStore(out, {
  ...{ readOnly: true, hotSet: false, frameCacheBytes: 0 },
  ...{ recordCacheBytes: 2 ** 22, recordTtlMs: ttl_ms, ...options },
});
const records = store.collection('records');
let renewals = 0;
const failures = [];
store.on('refresh', ({ outcome, error }) => {
  if (outcome === 'failed') failures.push(String(error));
  else renewals++;
});
await records.get(key);

const periods = [];
const rounds_ms = [];
const began_ms = performance.now();
let before = counts();
for (let period = 0; period < wanted; period++) {
  while (performance.now() - began_ms < (period + 1) * ttl_ms) {
    const round_ms = performance.now();
    const values = await Promise.all(Array.from({ length: readers }, () => records.get(key)));
    rounds_ms.push(performance.now() - round_ms);
    if (values.some((value) => value?.id !== key)) throw new Error(`${key} is not there`);
    await sleep(PAUSE_MS);
  }
  const now = counts();
  periods.push(Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]])));
  before = now;
}
if (failures.length > 0) throw new Error(`refreshes failed: ${failures[0]}`);
console.log(JSON.stringify({ periods, refreshes: renewals, rounds_ms: rounds_ms.map((ms) => +ms.toFixed(3)) }));
await store.close();

/** What readers met, and what was loaded for them, ahead or while they waited. */
function counts() {
  const { reads, refreshes } = store.metrics().collections.records;
  return {
    ...{ reads: reads.total, fresh: reads.recordCache, stale: reads.stale },
    ...{ waited: reads.disk + reads.shared + reads.frameCache, loads: reads.disk + refreshes.done },
  };
}
