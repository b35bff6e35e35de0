// A process of bench/refresh.mjs: a thousand readers of one key, period after period.

import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../dist/src/index.js';

const PAUSE_MS = 10;

const { out, key, readers, periods: wanted, ttl_ms, options, changes = false } = JSON.parse(process.argv[2]);
const store = await openStore(out, {
  ...{ hotSet: false, frameCacheBytes: 0 },
  ...{ recordCacheBytes: 2 ** 22, recordTtlMs: ttl_ms, ...options },
});
const records = store.collection('records');
const failures = [];
store.on('refresh', ({ error }) => error !== undefined && failures.push(error));
await records.get(key);

const periods = [];
const rounds_ms = [];
const began_ms = performance.now();
let before = counts();
for (let period = 0; period < wanted; period++) {
  const period_ms = performance.now();
  let isChanged = !changes;
  const changing = changes ? change(period + 2).finally(() => (isChanged = true)) : undefined;
  // On a slow machine a change takes longer than a period.
  while (performance.now() - period_ms < ttl_ms || !isChanged) {
    const round_ms = performance.now();
    const values = await Promise.all(Array.from({ length: readers }, () => records.get(key)));
    rounds_ms.push(+(performance.now() - round_ms).toFixed(3));
    if (values.some((value) => value?.id !== key)) throw new Error(`${key} is not there`);
    await sleep(PAUSE_MS);
  }
  await changing;
  const now = counts();
  periods.push(Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]])));
  before = now;
}
const elapsed_ms = performance.now() - began_ms;
if (failures.length > 0) throw failures[0];
const renewals = periods.reduce((sum, period) => sum + period.renewals, 0);
console.log(JSON.stringify({ periods, renewals, elapsed_ms, rounds_ms }));
await store.close();

/** What readers met, and what was done for them. */
function counts() {
  const { reads, confirmed, refreshes } = store.metrics().collections.records;
  return {
    ...{ reads: reads.total, fresh: reads.recordCache - confirmed, stale: reads.stale, lookedUp: confirmed },
    ...{ waited: reads.disk + reads.shared + reads.frameCache, loads: reads.disk, renewals: refreshes.done },
  };
}

/** Another record under the key, in another place. */
async function change(edition) {
  const source = `${out}-${edition}.ndjson`;
  writeFileSync(source, `${JSON.stringify({ id: key, edition })}\n`);
  await store.import(source, { key: 'id', mode: 'upsert', workers: 1 });
}
