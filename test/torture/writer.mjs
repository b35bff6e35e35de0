// The program that gets killed: plays operations of a history on a store and acknowledges each on standard output when,
// and only when, the library has told it that it is done.
//
//   node writer.mjs <store> <seed> <round, JSON> [inline]
//   standard input, a line each: "open", "prepare N", "run N", "run N M", "loop N" (from N until killed), "close"
//   standard output: "ready", "opened", "prepared", "done N <generation>", "failed N <error, JSON>", "closed"
//
// `inline`: spans are scanned in this thread, so that every system call is made by one of two threads, in one order.

import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
// Loaded by the first import otherwise, in the middle of what is to be observed.
import { WorkerPool } from '../../dist/src/api/later.js';
import { openStore, repairStore } from '../../dist/src/index.js';
import { unwrap } from '../../dist/src/parallel/wire.js';
import * as worker from '../../dist/workers/import-worker.js';
import { History, INDEX, KEY } from './model.mjs';

/** About half of what an upsert imports. */
const UPSERT_SPAN_BYTES = 5000;

const [directory, seed, round, how] = /** @type {[string, string, string, string?]} */ (process.argv.slice(2));
const history = new History(seed, JSON.parse(round));
const source = join(tmpdir(), `gristmill-writer-${process.pid}.ndjson`);
process.on('exit', () => rmSync(source, { force: true }));

if (how === 'inline') {
  WorkerPool.prototype.scan = async (task) => unwrap(await worker.scan(task));
  WorkerPool.prototype.merge = async (task) => unwrap(worker.merge(task));
}

/** @type {import('../../dist/src/index.js').Store | undefined} */
let store;

/** @param {string} line */
const say = (line) => writeSync(1, `${line}\n`);

async function opened() {
  store ??= await openStore(directory);
  return store;
}

async function close() {
  await store?.close();
  store = undefined;
}

/** The operation whose source is written. */
let prepared = 0;

/** Writes what operation n imports, so that it does not count as part of it. @param {number} n */
function prepare(n) {
  writeFileSync(source, [...history.operation(n).puts.values()].join('\n'));
  prepared = n;
}

/** @param {number} n */
async function play(n) {
  const { kind, puts, deletes } = history.operation(n);
  const store = await opened();
  if (kind === 'replace' || kind === 'upsert') {
    if (prepared !== n) prepare(n);
    // Cut in two it has a thread, which a small import has not: there are operations of either kind.
    const cut = kind === 'upsert' && how !== 'inline' && { spanBytes: UPSERT_SPAN_BYTES };
    await store.import(source, { key: KEY, indexes: [INDEX], mode: kind, changes: 'drop', workers: 1, ...cut });
  }
  if (kind === 'transaction') {
    await store.transaction((transaction) => {
      const records = transaction.collection('records');
      for (const text of puts.values()) records.putText(text);
      for (const id of deletes) records.delete(id);
    });
  }
  if (kind === 'index') {
    await store.createIndex('records', 'n', { workers: 1 });
    await store.dropIndex('records', 'n');
  }
  if (kind === 'collection') {
    if (!store.collections().includes('spare')) await store.transaction((tx) => void tx.createCollection('spare'));
    await store.drop('spare');
  }
  if (kind === 'backup') await store.backup(`${directory}.backup`);
  if (kind === 'repair') {
    await close();
    await repairStore(directory, { workers: 1 });
    return (await opened()).stat().generation;
  }
  if (kind === 'compact') await store.compact({ minDeadShare: 0.1 });
  if (kind === 'put') for (const text of puts.values()) await store.collection('records').putText(text);
  return store.stat().generation;
}

/** @param {number} n @returns whether it was done */
async function run(n) {
  try {
    say(`done ${n} ${await play(n)}`);
    return true;
  } catch (error) {
    const { code, message, file, bytesNeeded } = /** @type {any} */ (error);
    say(`failed ${n} ${JSON.stringify({ code, message, file, bytesNeeded })}`);
    return false;
  }
}

/** @type {Record<string, (from: number, to: number) => Promise<void>>} */
const commands = {
  async open() {
    await opened();
    say('opened');
  },
  async prepare(n) {
    prepare(n);
    say('prepared');
  },
  async run(from, to) {
    for (let n = from; n <= (to || from); n++) await run(n);
  },
  async loop(from) {
    for (let n = from; ; n++) if (!(await run(n))) return;
  },
  async close() {
    await close();
    say('closed');
  },
};

// The thread that makes asynchronous calls exists from here on.
await stat('.');
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', from, to] = line.split(' ');
  await commands[name]?.(Number(from), Number(to));
}
