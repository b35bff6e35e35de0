// Tries hostile stores in a process of its own, which a test can end when it hangs. Arguments: the directory where
// hostile-values.ts made the sound store, the file with the cases (a line each), which of them to take (the first, and every
// n-th from there). Prints each step as it begins, so that one that does not end is known, and what was wrong with a case.

import { cpSync, createReadStream, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { open } from 'lmdb';
import { runImport, syncSources, verify } from '../../dist/src/api/later.js';
import { failureOf } from '../../dist/src/cli/terminal/exit.js';
import { openStore, repairStore } from '../../dist/src/index.js';
import { InProcessWorkers } from '../../dist/src/pool/in-process.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { openOld } from '../../dist/src/upkeep/repair/old-catalog.js';

const [parent = '', file = '', first = '0', step = '1', repairs = '40'] = process.argv.slice(2);
const base = join(parent, 'base');
const work = join(parent, `work-${first}`);
const store = join(work, 'store');
const backup = join(work, 'backup');
const source = join(parent, 'source.ndjson');
const INTERNAL = 70;
/** Most values that are read of a range or scan: an endless one is a fault. */
const READ_MAX = 100_000;

/** @param {unknown} what */
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** All that is beside the store. @returns {string} */
function outside() {
  const names = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/^(store|backup)(\/|$)/.test(name),
  );
  return names
    .sort()
    .map((name) => {
      const stat = statSync(join(work, name));
      return `${name} ${stat.isFile() ? `${stat.mtimeMs} ${readFileSync(join(work, name))}` : ''}`;
    })
    .join('\n');
}

/** @param {{ puts: { key: string, value: string }[] }} one */
async function make({ puts }) {
  rmSync(store, { recursive: true, force: true });
  rmSync(backup, { recursive: true, force: true });
  cpSync(base, store, { recursive: true });
  const root = open({
    path: join(store, 'index'),
    noSubdir: false,
    noSync: true,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const meta = root.openDB('meta', { encoding: 'binary', keyEncoding: 'binary' });
  root.transactionSync(() => {
    for (const { key, value } of puts) meta.putSync(Buffer.from(key, 'hex'), Buffer.from(value, 'base64'));
  });
  await root.close();
}

/** @type {string[]} */
let faults = [];
/** @type {boolean} */
let isTold = false;

/** @param {string} name @param {() => unknown} task */
async function attempt(name, task) {
  say({ step: name });
  try {
    await task();
  } catch (error) {
    const { exit, code, message } = failureOf(error);
    if (exit === INTERNAL || code === 'USAGE') faults.push(`${name}: ${message}`);
    if (code === 'CHECKSUM_MISMATCH' || code === 'STORE_TOO_NEW') isTold ||= name === 'open' || name === 'verify';
  }
}

/** @param {AsyncIterable<unknown>} items */
async function drain(items) {
  let count = 0;
  for await (const _ of items) if (++count > READ_MAX) throw new Error('there is no end to it');
}

/** Threads would be most of what it takes. */
const startWorkers = () => new InProcessWorkers(files);

/** @param {boolean} readOnly @param {(target: import('../../dist/src/import/work.js').ImportTarget & import('../../dist/src/upkeep/verify/verify.js').VerifyTarget) => unknown} task */
async function withTarget(readOnly, task) {
  await attempt('open', async () => {
    const catalog = await openRecovered({ directory: store, blobs: files }, { create: false, readOnly });
    try {
      await task({ directory: store, blobs: files, catalog, startWorkers });
    } finally {
      await catalog.close();
    }
  });
}

async function read() {
  await attempt('open', async () => {
    const opened = await openStore(store, { readOnly: true });
    try {
      for (const name of ['records', 'named', 'plain', 'synced', 'other', '../../x']) {
        const collection = opened.collection(name);
        await attempt('get', () => collection.getTextSync(name === 'named' ? 'n1' : 3));
        await attempt('get asynchronously', () => collection.get(name === 'named' ? 'n2' : 5));
        await attempt('range', () => drain(collection.range({ limit: 100 })));
        await attempt('range backwards', () => drain(collection.range({ limit: 100, reverse: true })));
        if (name === 'records') await attempt('range of an index', () => drain(collection.range({ index: 'tags' })));
        await attempt('scan', () => drain(collection.scanText()));
      }
      await attempt('stat', () => void opened.stat());
      await attempt('collections', () => void opened.collections());
      await attempt('metrics', () => void opened.metrics());
    } finally {
      await opened.close();
    }
  });
  await withTarget(true, (target) =>
    attempt('verify', async () => {
      const report = await verify(/** @type {any} */ (target), { workers: 1 });
      isTold ||= !report.isSound;
    }),
  );
}

/**
 * One of them in each case, and in the next case the next: every field has more hostile values than there are tasks.
 * @param {[string, () => unknown][]} tasks @param {number} turn
 */
async function inTurn(tasks, turn) {
  const [name, task] = /** @type {[string, () => unknown]} */ (tasks[turn % tasks.length]);
  await attempt(name, task);
}

/** @param {number} turn */
async function change(turn) {
  await attempt('open', async () => {
    const opened = await openStore(store, { hotSet: false });
    /** @param {import('../../dist/src/index.js').Transaction} tx */
    const put = (tx) => {
      for (const name of ['records', 'synced']) tx.collection(name).put({ id: 3, again: true, tags: ['t1'] });
      tx.collection('records').delete(7);
      tx.collection('plain').put({ row: 100 });
      tx.collection('named').put({ value: 1 }, 'n1');
    };
    try {
      await inTurn(
        [
          ['transaction', () => opened.transaction(put)],
          ['creation', () => opened.transaction((tx) => tx.createCollection('new', { key: 'id' }).put({ id: 1 }))],
          ['compact', () => opened.compact({ minDeadShare: 0, wait: false })],
          ['backup', () => opened.backup(backup, { copy: turn % 2 === 0 })],
        ],
        turn,
      );
    } finally {
      await opened.close();
    }
  });
  const options = { key: 'id', workers: 1, collection: 'synced' };
  await withTarget(false, (target) =>
    inTurn(
      [
        ['import that merges', () => runImport(target, [source], { ...options, mode: 'upsert' })],
        ['import that replaces', () => runImport(target, [source], { ...options, collection: 'records' })],
        ['sync', () => syncSources(target, [source], options)],
        ['verify', () => verify(target, { workers: 1 })],
      ],
      turn,
    ),
  );
}

/** @param {boolean} isWhole */
async function repair(isWhole) {
  await attempt('repair', async () => {
    if (isWhole) {
      await repairStore(store, { workers: 1 });
      const opened = await openStore(store, { readOnly: true });
      try {
        const { isSound, faults: left } = await opened.verify({ workers: 1 });
        if (!isSound) faults.push(`after the repair: ${left[0]?.message}`);
      } finally {
        await opened.close();
      }
    }
    const old = await openOld(store, undefined);
    await old?.lock.release();
    await old?.catalog.close();
  });
}

cpSync(join(parent, 'outside'), work, { recursive: true });
const before = outside();
let number = 0;
for await (const line of createInterface({ input: createReadStream(file) })) {
  const turn = number++;
  if (turn % Number(step) !== Number(first)) continue;
  const one = JSON.parse(line);
  faults = [];
  isTold = false;
  say({ name: one.name });
  await make(one);
  await read();
  await make(one);
  await change(Math.floor(turn / Number(step)));
  await make(one);
  await repair(turn % Number(repairs) === 0);
  if (one.isFound && !isTold) faults.push('neither opening nor verification told of it');
  if (outside() !== before) faults.push('something outside the store was touched');
  say({ done: one.name, faults });
}
