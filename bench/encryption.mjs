// Question: what does encryption cost an import, a lookup and a transaction?
// Data: nested and flat as NDJSON. Method: imports by the command into a new store, plain, encrypted with hidden keys and
// encrypted with plaintext keys, in turns. Lookups and transactions of three stores in this process, in turns: records of
// cached frames; records at random without a frame cache, so that each is read from its file, checked and decompressed; puts of
// one record, each durable. CPU seconds of all threads stand beside the wall, since other processes may be on the cores too.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initStore, openStore } from '../dist/src/index.js';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, summary } from './harness.mjs';
import { inTurns } from './micro.mjs';
import { rounded } from './report.mjs';
import { randomOrdinals } from './setup.mjs';

const MAIN = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const DATASETS = ['nested', 'flat'];
const INDEXES = { nested: [], flat: ['name'] };
/** The first is what the others are compared with. */
const KINDS = { plain: 'plain', hidden: 'encrypted, hidden keys', plaintext: 'encrypted, plaintext keys' };
const ENCRYPTED = ['hidden', 'plaintext'];
const RUNS = 7;
const QUICK_RUNS = 3;
const RECORDS = 50_000;
const READS = 1000;

export const question = 'What does encryption cost an import, a lookup and a transaction?';
export const method =
  'Imports into new stores, in turns; medians (smallest to largest). Lookups and transactions: three stores of ' +
  `${RECORDS} records in one process, in turns. Cold: without a frame cache.`;

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'encryption-'));
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 });
  try {
    const imports = [];
    for (const name of DATASETS) imports.push(await importsOf({ name, bytes, quick, datasets, folder, keyFile }));
    return report(imports, await operationsOf(folder, keyFile, quick));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function importsOf({ name, bytes, quick, datasets, folder, keyFile }) {
  const source = datasets.file({ name, bytes, form: 'ndjson' });
  const out = join(folder, name);
  const index = INDEXES[name].flatMap((path) => ['--index', path]);
  const variants = Object.keys(KINDS).map((kind) => {
    const key = kind === 'plain' ? [] : ['--key-file', keyFile];
    const { command, args } = gristmillImport(source, out, '--key', datasets.key(name), ...index, ...key);
    // An encrypted store is there before it is imported into.
    const before = () => {
      rmSync(out, { recursive: true, force: true });
      if (kind !== 'plain') init(out, '--encrypt', '--keys', kind, ...key);
    };
    return { name: kind, command, args, before };
  });
  const runs = await alternate(variants, quick ? QUICK_RUNS : RUNS);
  for (const [kind, all] of runs) {
    const failed = all.find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`import of ${name}, ${kind}: ${reasonOf(failed)}`);
  }
  return { name, runs };
}

function init(store, ...flags) {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'init', '--store', store, ...flags]);
  if (status !== 0) throw new Error(`init: ${stderr}`);
}

const record = (id, edition) => ({ id, edition, name: `user ${id}`, text: `some words of record ${id} `.repeat(8) });

async function operationsOf(folder, keyFile, quick) {
  const source = join(folder, 'records.ndjson');
  writeFileSync(source, Array.from({ length: RECORDS }, (_, id) => `${JSON.stringify(record(id, 0))}\n`).join(''));
  const stores = [];
  const open = async (kind, options) => {
    const encryption = kind === 'plain' ? {} : { encryption: { keyFile } };
    const store = await openStore(join(folder, kind), { ...encryption, ...options });
    stores.push(store);
    return store;
  };
  try {
    const tasks = { hot: [], cold: [], put: [] };
    for (const kind of Object.keys(KINDS)) {
      if (kind !== 'plain') await initStore(join(folder, kind), { encryption: { keyFile }, keys: kind });
      const store = await open(kind, {});
      await store.import(source, { collection: 'all', key: 'id' });
      const cold = (await open(kind, { readOnly: true, frameCacheBytes: 0, hotSet: false })).collection('all');
      const next = sequence();
      tasks.hot.push(readsOf(kind, store.collection('all'), 1));
      tasks.cold.push(readsOf(kind, cold, 2));
      tasks.put.push({ name: kind, isAsync: true, run: () => store.collection('all').put(next()) });
    }
    const rounds = quick ? 3 : 10;
    return {
      hot: await inTurns(tasks.hot, { rounds, iterations: 20, warmups: 20 }),
      cold: await inTurns(tasks.cold, { rounds, iterations: 3, warmups: 3 }),
      put: await inTurns(tasks.put, { rounds, iterations: 50, warmups: 50 }),
    };
  } finally {
    for (const store of stores) await store.close();
  }
}

function readsOf(name, collection, seed) {
  const keys = randomOrdinals(READS, RECORDS, seed);
  const run = () => {
    for (const key of keys) if (collection.getSync(key)?.id !== key) throw new Error(`${key} is not there`);
  };
  return { name, operations: READS, run };
}

function sequence() {
  const ids = randomOrdinals(RECORDS, RECORDS, 3);
  let at = 0;
  return () => record(ids[at++ % RECORDS], at);
}

function report(imports, operations) {
  const range = ({ median, min, max }) => `${rounded(median)} (${rounded(min)} to ${rounded(max)})`;
  const of = (runs, what) => summary(runs.map((run) => run[what]));
  const importRows = imports.flatMap(({ name, runs }) =>
    [...runs].map(([kind, all]) => [name, KINDS[kind], range(of(all, 'cpuSeconds')), range(of(all, 'wallSeconds'))]),
  );
  const rows = Object.entries({ hot: 'getSync, hot', cold: 'getSync, cold', put: 'put, durable' }).map(
    ([what, text]) => [text, ...Object.keys(KINDS).map((kind) => rounded(operations[what].get(kind).median))],
  );
  const compared = (what, limit, measure) =>
    ENCRYPTED.map((kind) => atMost(`${what}, ${KINDS[kind]} ÷ plain`, limit, measure(kind) / measure('plain'), '×'));
  const micros = (what) => (kind) => operations[what].get(kind).median;
  return {
    tables: [
      { title: 'imports', headers: ['data', 'store', 'CPU s', 'wall s'], rows: importRows },
      { title: 'µs an operation, medians', headers: ['what', ...Object.values(KINDS)], rows },
    ],
    bars: [
      ...imports.flatMap(({ name, runs }) =>
        compared(`import of ${name}, wall`, BARS.encrypted.import, (kind) => of(runs.get(kind), 'wallSeconds').median),
      ),
      ...compared('hot getSync', BARS.encrypted.hot, micros('hot')),
      ...compared('cold getSync', BARS.encrypted.cold, micros('cold')),
      ...compared('put', BARS.encrypted.put, micros('put')),
    ],
    results: { imports: imports.map(({ name, runs }) => ({ name, runs: [...runs] })), operations },
  };
}
