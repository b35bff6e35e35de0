// A process that has a store open and exports it once, to a sink that throws everything away: what bench/export.mjs measures.
// Prints seconds, CPU seconds, and the peak of its memory.

import { built } from './setup.mjs';

const [directory, options] = process.argv.slice(2);
const { openStore } = await built('src/index.js');
const store = await openStore(directory, { readOnly: true, hotSet: false });
const records = store.collection('records');
const began_ms = performance.now();
const before = process.cpuUsage();
let bytes = 0;
for await (const chunk of records.stream(JSON.parse(options))) bytes += chunk.byteLength;
const { user, system } = process.cpuUsage(before);
const wallSeconds = (performance.now() - began_ms) / 1e3;
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ wallSeconds, cpuSeconds: (user + system) / 1e6, peakBytes, bytes }));
await store.close();
