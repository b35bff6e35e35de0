// npm run demo: the whole of gristmill in a minute, in a fresh clone. Makes a big file, imports it with the command
// line a user would type, then looks records up through the library, saying how long each step took.

import { spawn } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { inRoot, setUp } from './setup.mjs';

const NAME = 'nested';
const BYTES = 128 * 2 ** 20;
const STORE = 'demo-store';
/** Ordinals of the records that are looked up: spread over the file, so that each is in another frame. */
const LOOKUPS = [12_345, 31_000, 8_888, 20_001, 27_182];
const WARM_UP = 3_000;
const SECONDARY = 'user.id';

/** @param {string} text */
const title = (text) => console.log(`\n\u2500\u2500 ${text}`);

/** The data set: one JSON array on a single line. */
async function makeSource() {
  const { DATASETS } = await import('../dist/datasets/index.js');
  const { datasetFile } = await import('../dist/datasets/cache.js');
  const dataset = DATASETS[NAME];
  title('data');
  console.log(`${NAME}: ${dataset.description}`);
  const began = performance.now();
  const path = datasetFile({ name: NAME, bytes: BYTES, form: 'array' });
  const took = ((performance.now() - began) / 1000).toFixed(1);
  const megabytes = (statSync(path).size / 1e6).toFixed(0);
  console.log(`${relative(inRoot('.'), path)}: ${megabytes} MB, ONE JSON array on a single line (${took} s to make)`);
  return { path, dataset };
}

/**
 * Runs the command line as a user does, with the terminal handed on.
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
function gristmill(...args) {
  console.log(`$ gristmill ${args.join(' ')}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRoot('dist/src/cli/main.js'), ...args], {
      cwd: inRoot('.'),
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`demo: gristmill ${args[0]} ended with ${signal ?? code}`));
    });
  });
}

/**
 * Looks a few records up by key, twice each: their frame read from the shard, then found in the frame cache.
 * @param {any} records
 */
async function lookUp(records) {
  const { keyAt } = await import('../dist/datasets/index.js');
  title('lookups by primary key, in microseconds');
  // Code that has run a few times only is still interpreted: look other records up first, in frames at the beginning.
  for (let i = 0; i < WARM_UP; i++) records.getTextSync(keyValue(keyAt(NAME, 1, i)));
  console.log(`(after ${WARM_UP.toLocaleString('en-US')} others, so that the code is compiled)`);
  console.log('key                   from the shard  from the cache  record');
  for (const ordinal of LOOKUPS) {
    const key = keyValue(keyAt(NAME, 1, ordinal));
    const [first, text] = timed(() => records.getTextSync(key));
    const [again] = timed(() => records.getTextSync(key));
    console.log(`${String(key).padEnd(20)} ${column(first)} ${column(again)}  ${clip(text)}`);
  }
}

/**
 * One range over a secondary index, beginning at the value a record has.
 * @param {any} records
 */
async function showRange(records) {
  title(`the first 5 records by ${SECONDARY}`);
  const began = performance.now();
  for await (const { key, value } of records.range({ index: SECONDARY, limit: 5 })) {
    console.log(`${String(key).padEnd(20)} ${clip(JSON.stringify(value))}`);
  }
  console.log(`(${(performance.now() - began).toFixed(1)} ms)`);
}

/**
 * Ids beyond 2^53 are BigInts; uuids are strings.
 * @param {string} key
 */
function keyValue(key) {
  if (!/^\d+$/.test(key)) return key;
  return Number.isSafeInteger(Number(key)) ? Number(key) : BigInt(key);
}

/**
 * @template T
 * @param {() => T} work
 * @returns {[number, T]} microseconds, result
 */
function timed(work) {
  const began = process.hrtime.bigint();
  const result = work();
  return [Number(process.hrtime.bigint() - began) / 1000, result];
}

/** @param {number} microseconds */
const column = (microseconds) => microseconds.toFixed(1).padStart(15);

/** @param {string} text */
const clip = (text) => (text.length > 60 ? `${text.slice(0, 59)}\u2026` : text);

async function main() {
  await setUp();
  const { path, dataset } = await makeSource();

  title('import');
  rmSync(inRoot(STORE), { recursive: true, force: true });
  const indexes = dataset.indexes.slice(0, 2).flatMap((/** @type {string} */ index) => ['--index', index]);
  await gristmill('import', relative(inRoot('.'), path), '--store', STORE, '--key', dataset.key, ...indexes);

  const { openStore } = await import('../dist/src/index.js');
  const store = await openStore(inRoot(STORE));
  try {
    const records = store.collection('records');
    await lookUp(records);
    await showRange(records);
  } finally {
    await store.close();
  }

  const { keyAt } = await import('../dist/datasets/index.js');
  title(`the store is yours to play with, in ./${STORE}`);
  for (const line of [
    `node dist/src/cli/main.js get ${keyAt(NAME, 1, 100)} --store ${STORE}`,
    `node dist/src/cli/main.js range --store ${STORE} --index ${SECONDARY} --limit 3`,
    `node dist/src/cli/main.js export --store ${STORE} | head -n 2`,
    `node dist/src/cli/main.js stat --store ${STORE}`,
    `zstd -dc ${STORE}/shards/*.zst | head -n 1      # a shard is plain zstd-compressed NDJSON`,
  ]) {
    console.log(`  ${line}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
