// A process that stays for thousands of generations: reads all the time in every freshness, publishes when it is told to,
// and says what it takes. Run with --expose-gc.
//
//   node --expose-gc resident.mjs <store> <scratch directory>
//   standard input, a line each: "publish N", "measure"        standard output: "published", {"heap":…,"rss":…,"descriptors":…}

import { readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

/** Keys of the collection that everything is done with. */
export const KEYS = 600;
/** Publications from one compaction, and import of the small collection, to the next. */
const UPKEEP_EVERY = 100;

const [directory, scratch] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory, { config: false, recordCacheBytes: 1 << 20, frameCacheBytes: 1 << 20 });
/** @type {import('../../dist/src/index.js').Collection<any>} */
const records = store.collection('records');
/** @param {string} line */
const say = (line) => writeSync(1, `${line}\n`);
let count = 0;

async function publish() {
  const n = ++count;
  await records.put({ id: n % KEYS, n, text: 'x'.repeat(n % 200) });
  if (n % UPKEEP_EVERY !== 0) return;
  const source = join(scratch, `${process.pid}.ndjson`);
  writeFileSync(source, Array.from({ length: 50 }, (_, id) => JSON.stringify({ id, n })).join('\n'));
  await store.import(source, { collection: 'small', key: 'id', workers: 1, spanBytes: 500 });
  await store.compact({ minDeadShare: 0.1 });
}

async function read() {
  for (let i = 0; ; i++) {
    const key = (i * 7) % KEYS;
    for (const freshness of /** @type {const} */ (['immediate', 'warm'])) records.getSync(key, { freshness });
    await records.get(key, { freshness: { maxStaleMs: 5 } });
    if (i % 200 === 0) {
      const snapshot = store.snapshot();
      for await (const _ of snapshot.collection('records').range({ limit: 20 }));
      snapshot.release();
    }
    await setImmediate();
  }
}

void read();
for await (const line of createInterface({ input: process.stdin })) {
  const [command, n] = line.split(' ');
  if (command === 'publish') {
    for (let i = 0; i < Number(n); i++) await publish();
    say('published');
  }
  if (command === 'measure') {
    // What waits for a timer, a served state of before, has its time to go.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await setImmediate();
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    say(JSON.stringify({ heap: heapUsed + external, rss, descriptors: readdirSync('/proc/self/fd').length }));
  }
}
process.exit(0);
