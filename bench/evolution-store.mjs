// Versions in a store, for the bench of evolution: cached reads of records that are behind, a dry run next to `verify`, and what `apply`
// takes and writes. Everything in one process; processor time is that of all its threads.

import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { summary } from './harness.mjs';
import { dataSize, rounded } from './report.mjs';
import { built, countLines, keyValue, randomOrdinals } from './setup.mjs';

/** Text of the stores that are read: one of them gets fifty migrations, each of which looks at all of it. */
const READ_BYTES = 2 ** 24;
/** Keys that are read again and again: the newer texts of so many are kept. */
const HOT_KEYS = 500;
const READ_TURNS = { full: 30, quick: 10 };
const DRY_RUNS = { full: 7, quick: 3 };
const SMALL_RECORDS = { full: 3_000_000, quick: 300_000 };

const renames = (count) =>
  Array.from({ length: count }, (_, i) => ({
    op: 'rename',
    path: `user.${i === 0 ? 'name' : `name${i}`}`,
    to: `name${i + 1}`,
  }));
const STORES = { none: [], one: renames(1), fifty: renames(50) };
const migration = (from, op) => ({ collection: 'c', from, to: from + 1, ops: [op] });

export async function inStores({ bytes, quick, datasets, scratch }) {
  const nested = (size) => datasets.file({ name: 'nested', bytes: size, form: 'ndjson' });
  const { importFile, openStore, close } = await opener(scratch);
  const stores = {};
  for (const [name, ops] of Object.entries(STORES)) {
    await importFile(name, nested(READ_BYTES), datasets.key('nested'));
    stores[name] = await openStore(name);
    for (const [from, op] of ops.entries()) await stores[name].evolve(migration(from, op));
  }
  const records = await countLines(nested(READ_BYTES));
  const keysOf = (count) => randomOrdinals(count, records).map((at) => keyValue(datasets.keyAt('nested', at)));
  const reads = readTable(stores, keysOf, quick);
  await importFile('dry', nested(bytes), datasets.key('nested'));
  const dry = await dryTable(await openStore('dry'), quick, dataSize(bytes));
  for (const store of Object.values(stores)) await store.close();
  const small = join(scratch, 'small.ndjson');
  const count = SMALL_RECORDS[quick ? 'quick' : 'full'];
  await writeSmall(small, count);
  await importFile('small', small, 'id', { profile: true });
  const applied = await applyTable(await openStore('small'), count);
  await close();
  return [...reads, dry, applied];
}

async function opener(scratch) {
  const library = await built('src/index.js');
  const opened = [];
  const openStore = async (name) => {
    const store = await library.openStore(join(scratch, name), { hotSet: false, frameCacheBytes: 2 ** 30 });
    opened.push(store);
    return store;
  };
  const importFile = async (name, source, key, options = {}) => {
    const store = await library.openStore(join(scratch, name), { hotSet: false });
    await store.import(source, { collection: 'c', key, ...options });
    await store.close();
  };
  return { openStore, importFile, close: () => Promise.all(opened.map((store) => store.close())) };
}

function readTable(stores, keysOf, quick) {
  const turns = READ_TURNS[quick ? 'quick' : 'full'];
  return [
    ['read again and again', keysOf(HOT_KEYS)],
    ['of more records than texts are kept of', keysOf(8 * HOT_KEYS)],
  ].map(([what, keys]) => {
    const samples = {};
    for (let turn = 0; turn < turns + 3; turn++) {
      for (const [name, store] of Object.entries(stores)) {
        const c = store.collection('c');
        for (const method of ['getTextSync', 'getSync']) {
          const microseconds = cpuOf(() => readAll(c, method, keys)) / keys.length;
          const id = `${method} ${name}`;
          samples[id] ??= [];
          // The first turns bring frames into memory.
          if (turn >= 3) samples[id].push(microseconds);
        }
      }
    }
    const ratio = (method, name, base) =>
      summary(samples[`${method} ${name}`].map((one, i) => one / samples[`${method} ${base}`][i])).median.toFixed(2);
    return {
      title: `cached reads, ${what}: µs of processor time`,
      headers: ['read', 'none pending', 'one', 'fifty', 'one ÷ none', 'fifty ÷ one'],
      rows: ['getTextSync', 'getSync'].map((method) => [
        method,
        ...Object.keys(stores).map((name) => rounded(summary(samples[`${method} ${name}`]).median)),
        ratio(method, 'one', 'none'),
        ratio(method, 'fifty', 'one'),
      ]),
    };
  });
}

function readAll(collection, method, keys) {
  for (const key of keys) if (collection[method](key) === undefined) throw new Error(`no record ${key}`);
}

async function dryTable(store, quick, size) {
  const [one] = STORES.one;
  const tasks = {
    verify: () => store.verify({ workers: 1 }),
    'dry run of one rename': () => store.evolve(migration(0, one), { dryRun: true, workers: 1 }),
  };
  const samples = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let turn = 0; turn < 1 + DRY_RUNS[quick ? 'quick' : 'full']; turn++) {
    for (const [name, task] of Object.entries(tasks)) {
      const microseconds = await cpuOfLater(task);
      // The first turn starts threads and compiles.
      if (turn > 0) samples[name].push(microseconds / 1e6);
    }
  }
  const rows = Object.entries(samples).map(([name, seconds]) => {
    const ratio = summary(seconds.map((one, i) => one / samples.verify[i])).median;
    return [name, rounded(summary(seconds).median), ratio.toFixed(2)];
  });
  return { title: `a dry run, nested, ${size}`, headers: ['', 'CPU s', '÷ verify'], rows };
}

async function applyTable(store, count) {
  const operations = [
    ['rename, which the profile proves', { op: 'rename', path: 'name', to: 'title' }],
    ['remove, which cannot fail', { op: 'remove', path: 'city' }],
    ['rename, without a profile', { op: 'rename', path: 'title', to: 'name' }],
  ];
  const rows = [];
  for (const [from, [name, op]] of operations.entries()) {
    const [began, before] = [performance.now(), written()];
    const { frames } = await store.evolve(migration(from, op));
    const milliseconds = performance.now() - began;
    rows.push([name, rounded(milliseconds), before === undefined ? '–' : rounded((written() - before) / 1024), frames]);
  }
  const headers = ['', 'ms', 'KiB written', 'frames read'];
  return { title: `apply, ${count.toLocaleString('en')} records, no index touched`, headers, rows };
}

async function writeSmall(path, count) {
  const stream = createWriteStream(path);
  for (let from = 0; from < count; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, count - from) }, (_, i) =>
      JSON.stringify({ id: from + i, name: `Person ${from + i}`, city: `City ${i % 100}`, score: i % 1000 }),
    );
    if (!stream.write(`${lines.join('\n')}\n`)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end();
  await finished(stream);
}

/** Bytes that this process has given to the system to write. Undefined where the system does not say. */
function written() {
  if (!existsSync('/proc/self/io')) return undefined;
  return Number(/^wchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

function cpuOf(task) {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function cpuOfLater(task) {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
