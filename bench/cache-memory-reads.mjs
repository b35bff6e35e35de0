// The process whose memory bench/cache-memory.mjs looks at: node --expose-gc bench/cache-memory-reads.mjs '{"out":…}'

import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { keyAt } from '../dist/datasets/index.js';
import { openStore } from '../dist/src/index.js';
import { keyValue, randomOrdinals } from './setup.mjs';

const { out, name, records, reads, samples: wanted, options } = JSON.parse(process.argv[2]);
const keys = randomOrdinals(reads, records, 7).map((ordinal) => keyValue(keyAt(name, 1, ordinal)));
const store = await openStore(out, { readOnly: true, ...options });
const collection = store.collection('records');

const samples = [];
const before = await memory();
const anonBefore = anonBytes();
let anonMost = anonBefore;
for (let sample = 0, at = 0; sample < wanted; sample++) {
  for (const end = Math.round((reads * (sample + 1)) / wanted); at < end; at++) {
    const value = collection.getSync(keys[at]);
    if (value === undefined) throw new Error(`${keys[at]} is not there`);
    // Fences and the like are loaded between turns of the event loop.
    if (at % 1000 === 0) await turn();
  }
  samples.push({ reads: at, bytes: (await memory()) - before });
  anonMost = Math.max(anonMost, anonBytes());
}
const filled = Object.fromEntries(store.metrics().caches.map(({ cache, bytes }) => [cache, bytes]));
console.log(JSON.stringify({ samples, anonBytes: anonMost - anonBefore, filled }));
await store.close();

/** What is in use once all garbage is gone. Buffers are freed beside the collection, so it is asked for twice. */
async function memory() {
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function anonBytes() {
  const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [0, 0];
  return Number(kilobytes) * 1024;
}
