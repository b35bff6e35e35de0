// The stores of the lookup bench: gristmill's, made by its command line, and lmdb-js with a put per record, made by the rival.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open as openEnvironment } from 'lmdb';
import { openStore } from '../dist/src/index.js';
import { contender, gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { runProcess } from './harness.mjs';
import { keyValue, warm } from './setup.mjs';

/** Imports a source; the path of the store. */
export async function makeStore(folder, source, ...options) {
  const out = join(folder, 'store');
  await must(gristmillImport(source, out, ...options));
  return out;
}

/** A collection of it, with its files in the page cache. */
export async function openRecords(out, frameCacheBytes) {
  for (const file of readdirSync(out, { recursive: true }).map((name) => join(out, name))) {
    if (statSync(file).isFile()) await warm(file);
  }
  const store = await openStore(out, { readOnly: true, frameCacheBytes });
  return { records: store.collection('records'), close: () => store.close() };
}

/** The same records in lmdb-js as texts, under the keys a careful program takes from JSON.parse. */
export async function makeLmdb(folder, { dataset, source }) {
  const out = join(folder, 'lmdb');
  const rival = contender('lmdb-put', { dataset, form: 'ndjson', source, out });
  await must(rival);
  const isInteger = rival.args[rival.args.indexOf('--key-type') + 1] === 'integer';
  const environment = openEnvironment({ path: out, encoding: 'string', noSubdir: false, readOnly: true });
  return {
    get: (key) => environment.get(key),
    keyOf: (text) => (isInteger ? keyValue(text) : text),
    close: () => environment.close(),
  };
}

async function must({ name, command, args }) {
  const run = await runProcess(command, args);
  if (run.exitCode !== 0) throw new Error(`${name}: ${reasonOf(run)}`);
}
