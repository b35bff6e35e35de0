// A loop of lookups for bench/profile.mjs: node bench/profile.mjs bench/lookup-loop.mjs <dataset> [cached|random] [seconds]

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetFile } from '../dist/datasets/cache.js';
import { DATASETS, keyAt } from '../dist/datasets/index.js';
import { makeStore, openRecords } from './lookup-stores.mjs';
import { countLines, keyValue, randomOrdinals } from './setup.mjs';

const BYTES = 64 * 2 ** 20;
const [name = 'flat', kind = 'cached', seconds = '5'] = process.argv.slice(2);

const source = datasetFile({ name, bytes: BYTES, form: 'ndjson' });
const folder = mkdtempSync(join(tmpdir(), 'gristmill-loop-'));
try {
  const out = await makeStore(folder, source, '--key', DATASETS[name].key);
  const size = statSync(source).size;
  const { records, close } = await openRecords(out, kind === 'cached' ? 2 * size : Math.floor(size / 8));
  const amount = kind === 'cached' ? 1000 : 100_000;
  const keys = randomOrdinals(amount, await countLines(source)).map((ordinal) => keyValue(keyAt(name, 1, ordinal)));
  const end_ms = performance.now() + Number(seconds) * 1e3;
  let at = 0;
  while (performance.now() < end_ms) {
    for (let i = 0; i < 100; i++) records.getSync(keys[at++ % amount]);
    // Fences are loaded between turns of the event loop.
    if (at % 1000 === 0) await new Promise(setImmediate);
  }
  console.error(`${name}, ${kind}: ${((Number(seconds) * 1e6) / at).toFixed(2)} µs a lookup, ${at} lookups`);
  await close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
