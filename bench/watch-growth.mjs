// A process of bench/watch.mjs: watches an NDJSON file that grows.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../dist/src/index.js';
import { following, recordText } from './watch-loop.mjs';

const CHUNK_BYTES = 2 ** 22;
const COLLECTION = 'lines';

const { folder, bytes, addedBytes, rounds } = JSON.parse(process.argv[2]);
const source = join(folder, 'growing.ndjson');
let id = 0;

grow(bytes / 4);
const store = await openStore(join(folder, 'lines-store'));
const began = following(store);
const watcher = await store.watch(source, { collection: COLLECTION, key: 'id' });
const first = { ...(await began.ended(watcher, isThere)), written: bytes / 4 };
first.seconds = first.elapsed_ms / 1e3;
const quarter = await added();
const bulkFollower = following(store);
grow((bytes * 3) / 4);
const bulk = { ...(await bulkFollower.ended(watcher, isThere)), written: (bytes * 3) / 4 };
const whole = await added();
await watcher.close();

const began_ms = performance.now();
const anew = following(store);
const report = await store.import(source, { collection: 'anew', key: 'id' });
const milliseconds = performance.now() - began_ms;
const imported = { ...(await anew.ended()), bytes: report.bytes.source, written: report.bytes.source, milliseconds };
imported.seconds = milliseconds / 1e3;
console.log(JSON.stringify({ first, steps: [quarter, whole], bulk, whole: imported }));
await store.close();

async function added() {
  const steps = [];
  for (let round = 0; round < rounds; round++) {
    const follower = following(store);
    grow(addedBytes);
    steps.push({ ...(await follower.ended(watcher, isThere)), written: addedBytes });
  }
  return steps;
}

/** Adds about so many bytes of whole records. */
function grow(wanted) {
  let left = wanted;
  while (left > 0) {
    const lines = [];
    for (let size = 0; size < Math.min(left, CHUNK_BYTES); ) {
      const line = `${recordText(id++, 0)}\n`;
      lines.push(line);
      size += line.length;
    }
    const chunk = lines.join('');
    appendFileSync(source, chunk);
    left -= chunk.length;
  }
}

function isThere() {
  return store.collections().includes(COLLECTION) && store.collection(COLLECTION).getSync(id - 1) !== undefined;
}
