// The kernel over and over, for bench/profile.mjs: node bench/profile.mjs bench/kernel-loop.mjs <dataset> [passes]

import { readFileSync } from 'node:fs';
import { datasetFile } from '../dist/datasets/cache.js';
import { DATASETS } from '../dist/datasets/index.js';
import { scanner } from './kernel-tasks.mjs';

const BYTES = 64 * 2 ** 20;
const [name = 'nested', passes = '40'] = process.argv.slice(2);

const data = readFileSync(datasetFile({ name, bytes: BYTES, form: 'ndjson' }));
const scan = scanner(data, DATASETS[name].key);
let best_ms = Number.POSITIVE_INFINITY;
for (let pass = 0; pass < Number(passes); pass++) {
  const began_ms = performance.now();
  scan();
  best_ms = Math.min(best_ms, performance.now() - began_ms);
}
console.error(`${name}: ${(data.byteLength / 1e3 / best_ms).toFixed(0)} MB/s in the best of ${passes} passes`);
