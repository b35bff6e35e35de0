// Question: what does a durable change cost, alone, from many callers and ten thousand at a time, against lmdb-js and SQLite;
// how long does it keep the event loop; and is a record that a transaction has put read as fast as one of an import?
// Data: records of some 100 bytes made here, 100,000 of them in each store before anything is timed. Method: both stores on
// the same disk, in turns; lmdb-js with overlappingSync off, so that either has synced when its put is over.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openEnvironment } from 'lmdb';
import { openStore } from '../dist/src/index.js';
import { atLeast, atMost, BARS } from './bars.mjs';
import { inTurns } from './micro.mjs';
import { rounded } from './report.mjs';
import { randomOrdinals } from './setup.mjs';
import { callersOf, longestStalls } from './transactions-callers.mjs';

const STORED = 100_000;
const MANY = 10_000;
const READS = 1000;
const RIVALS = ['gristmill', 'lmdb-js', 'better-sqlite3'];
const INDEXES = ['user.email', 'tags'];

export const question =
  'What does a durable change cost, alone, from many callers or ten thousand at a time, against lmdb-js?';
export const method =
  `${STORED} records in each store, keys at random among them. One put: a transaction each, synced, in turns with lmdb-js ` +
  `\`transactionSync\` of one put (overlappingSync off, same disk). Many: ${MANY} puts in one transaction. ` +
  'Callers: each awaits its put before the next; lmdb-js `put`, better-sqlite3 with WAL and synchronous=FULL. ' +
  'Stalls: how late a timer was, but for want of a core.';

const record = (id, edition) => ({
  id,
  edition,
  user: { name: `user ${id}`, email: `user-${id % 5000}@example.com` },
  tags: [`t${id % 10}`, `u${id % 100}`],
});

export async function run({ quick, scratch }) {
  const folder = mkdtempSync(join(scratch, 'transactions-'));
  const store = await openStore(join(folder, 'store'));
  const lmdb = openEnvironment({ path: join(folder, 'lmdb'), overlappingSync: false, noSubdir: false });
  try {
    await fill(store, lmdb, folder);
    const single = await inTurns(singleTasks(store, lmdb), { rounds: quick ? 3 : 10, iterations: 50, warmups: 50 });
    const many = await inTurns(manyTasks(store, lmdb), { rounds: quick ? 3 : 10, iterations: 1, warmups: 1 });
    const reads = await inTurns(readTasks(store), { rounds: quick ? 3 : 10, iterations: 10, warmups: 10 });
    const next = sequence(4);
    const callers = await callersOf(folder, store.collection('plain'), lmdb, next, quick);
    const stalls = await longestStalls(join(folder, 'store'), store.collection('plain'), next);
    return report(single, many, reads, callers, stalls);
  } finally {
    await Promise.all([store.close(), lmdb.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(store, lmdb, folder) {
  const records = Array.from({ length: STORED }, (_, id) => record(id, 0));
  const source = join(folder, 'source.ndjson');
  writeFileSync(source, records.map((value) => `${JSON.stringify(value)}\n`).join(''));
  for (const collection of ['plain', 'shards']) await store.import(source, { collection, key: 'id' });
  await store.import(source, { collection: 'indexed', key: 'id', indexes: INDEXES });
  await store.transaction((tx) => {
    const inline = tx.createCollection('inline', { key: 'id' });
    for (const value of records) inline.put(value);
  });
  lmdb.transactionSync(() => {
    for (const value of records) lmdb.putSync(value.id, value);
  });
}

function singleTasks(store, lmdb) {
  const plain = store.collection('plain');
  const indexed = store.collection('indexed');
  const nextOurs = sequence(1);
  const nextIndexed = sequence(1);
  const nextLmdb = sequence(1);
  return [
    { name: 'gristmill put', isAsync: true, run: () => plain.put(nextOurs()) },
    { name: 'lmdb-js put, synced', run: () => putIn(lmdb, [nextLmdb()]) },
    { name: 'gristmill put, two indexes', isAsync: true, run: () => indexed.put(nextIndexed()) },
  ];
}

function manyTasks(store, lmdb) {
  const next = sequence(2);
  const batch = () => Array.from({ length: MANY }, next);
  const putAll = (name) => {
    const values = batch();
    return store.transaction((tx) => {
      const collection = tx.collection(name);
      for (const value of values) collection.put(value);
    });
  };
  return [
    { name: `gristmill, ${MANY} puts`, isAsync: true, operations: MANY, run: () => putAll('plain') },
    { name: `lmdb-js, ${MANY} puts`, operations: MANY, run: () => putIn(lmdb, batch()) },
    { name: `gristmill, ${MANY} puts, two indexes`, isAsync: true, operations: MANY, run: () => putAll('indexed') },
  ];
}

function readTasks(store) {
  const keys = randomOrdinals(READS, STORED, 3);
  const read = (collection) => {
    for (const key of keys) if (collection.getSync(key)?.id !== key) throw new Error(`${key} is not there`);
  };
  return ['inline', 'shards'].map((name) => {
    const collection = store.collection(name);
    return { name: `getSync, ${name}`, operations: READS, run: () => read(collection) };
  });
}

/** Records with keys at random, another edition each time. */
function sequence(seed) {
  const ids = randomOrdinals(STORED, STORED, seed);
  let at = 0;
  return () => record(ids[at++ % STORED], at);
}

function putIn(lmdb, values) {
  lmdb.transactionSync(() => {
    for (const value of values) lmdb.putSync(value.id, value);
  });
}

function report(single, many, reads, callers, stalls) {
  const all = [...single, ...many, ...reads];
  const one = single.get('gristmill put').median / single.get('lmdb-js put, synced').median;
  const perSecond = 1e6 / many.get(`gristmill, ${MANY} puts`).median;
  return {
    tables: [
      {
        title: 'µs an operation',
        headers: ['what', 'median', 'p99', 'min'],
        rows: all.map(([name, { median, p99, min }]) => [name, rounded(median), rounded(p99), rounded(min)]),
      },
      {
        title: 'µs a put, by callers',
        headers: ['callers', 'gristmill', 'lmdb-js', 'better-sqlite3'],
        rows: callers.map((row) => [row.callers, ...RIVALS.map((name) => rounded(row[name]))]),
      },
      {
        title: 'longest that a timer was late, ms',
        headers: ['nothing else', '10000 awaited puts', 'a put beside a transaction of 5 s'],
        rows: [[stalls.idle, stalls.awaited, stalls.held].map(rounded)],
      },
    ],
    bars: [
      ...callers.map((row) => {
        const what = `puts of ${row.callers} callers, speed relative to lmdb-js`;
        return atLeast(
          what,
          row.callers === 1 ? BARS.putAloneOfLmdb : BARS.putsOfLmdb,
          row['lmdb-js'] / row.gristmill,
          '×',
        );
      }),
      ...callers.slice(1).map((row) => {
        const what = `puts of ${row.callers} callers, speed relative to better-sqlite3`;
        return atLeast(what, BARS.putsOfSqlite, row['better-sqlite3'] / row.gristmill, '×');
      }),
      atMost('longest stall during 10000 awaited puts', BARS.putStallMs, stalls.awaited, 'ms'),
      atMost('longest stall beside a transaction of 5 s of another process', BARS.putStallMs, stalls.held, 'ms'),
      atMost('transaction of one put ÷ lmdb-js put, synced', BARS.transactionOfLmdb, one, '×'),
      atLeast(`${MANY} puts in one transaction`, BARS.putsPerSecond, perSecond, 'puts a second'),
    ],
    headlines: [
      [
        `${MANY} puts in one transaction`,
        `${rounded(perSecond)} a second`,
        `lmdb-js: ${rounded(1e6 / many.get(`lmdb-js, ${MANY} puts`).median)} a second`,
      ],
    ],
    results: { ...Object.fromEntries(all), callers, stalls },
  };
}
