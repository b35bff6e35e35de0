// What the others of bench/stalls.mjs are kept waiting by: a process that opens the store, replaces, upserts or compacts,
// closes it, and says how long each of its transactions took.

import { openStore } from '../dist/src/index.js';
import { now_ms } from './stalls-clock.mjs';
import { watchTransactions } from './stalls-watch.mjs';

const { out, change, source, key, index } = JSON.parse(process.argv[2]);
const steps = [];
watchTransactions((step) => steps.push(step));
const from = now_ms();
const store = await openStore(out, { hotSet: false });
if (change === 'compact') await store.compact();
else await store.import(source, { key, indexes: [index], mode: change, workers: 1 });
await store.close();
console.log(JSON.stringify({ from, to: now_ms(), steps }));
