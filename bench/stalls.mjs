// Question: how long do reads, commits to the same and to another collection, and openings wait while an import publishes or a
// compaction runs?
// Data: flat as NDJSON, an eighth of the bench's bytes, with an index of its countries; to upsert, every second record of it;
// another collection of a thousand small records. Method: real processes on one store, each with one thing to do: two read
// random keys (`getSync`; freshness `immediate`, `warm`), two put one record a transaction (into the same collection,
// into another), one opens and closes the store, read-only and for writing in turns. In each round nothing else happens for a while;
// then another process replaces the collection by an import, one upserts into it, one compacts the store. A wait is from the
// call to its answer. What a put waited for, and how long each transaction of the others took, is measured by itself.
// Reading: how long somebody may have to wait is said by the longest wait of a round; of these the median over the rounds is
// the figure to look at, for whatever else runs on the machine makes single ones longer. There is no bar.

import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore } from '../dist/src/index.js';
import { reported } from './harness.mjs';
import { countLines } from './setup.mjs';
import { now_ms } from './stalls-clock.mjs';
import { stallReport } from './stalls-report.mjs';

const NAME = 'flat';
/** The import is such a part of the bench's bytes. */
const SHARE = 1 / 8;
const INDEX = 'country';
const ROUNDS = { full: 7, quick: 2 };
const QUIET_MS = { full: 3000, quick: 1000 };
/** What comes after a change is its doing too: readers load what is new. */
const SETTLE_MS = 500;
const OTHER_RECORDS = 1000;
const ROLES = [
  { role: 'read', freshness: 'immediate' },
  { role: 'read', freshness: 'warm' },
  { role: 'put', collection: 'records' },
  { role: 'put', collection: 'other' },
  { role: 'open' },
];
const CHANGES = ['replace', 'upsert', 'compact'];

export const question =
  'How long do reads, commits to the same and to another collection, and openings wait while an import publishes or a compaction runs?';
export const method =
  'Processes that each do one thing: `getSync` of random keys, one put a transaction, opening and closing the store. Meanwhile another ' +
  'process replaces the collection (one worker), upserts every second record, compacts. A wait is from the call to its answer. The longest ' +
  'wait is the median of those of the rounds, in brackets the longest of all: other work on the machine makes single ones longer. "But for ' +
  'want of a core" leaves out the time in which the main thread of who waits could have gone on and other work had the core. ' +
  'Transactions have the names of the functions that ask for them: `#flush` writes a batch of pages of new trees.';

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'stalls-'));
  const size = Math.floor(bytes * SHARE);
  const processes = [];
  try {
    const source = datasets.file({ name: NAME, bytes: size, form: 'ndjson' });
    const half = join(folder, 'half.ndjson');
    writeFileSync(half, everySecondLine(readFileSync(source)));
    const out = await makeStore(join(folder, 'store'), source, datasets.key(NAME));
    const task = { out, name: NAME, records: await countLines(source) };
    for (const role of ROLES) processes.push(await started({ ...task, ...role }));
    const rounds = quick ? ROUNDS.quick : ROUNDS.full;
    const spans = [];
    const changes = [];
    for (let round = 0; round < rounds; round++) {
      console.error(`stalls: round ${round + 1} of ${rounds}`);
      await passed(SETTLE_MS);
      spans.push(await quiet(quick ? QUIET_MS.quick : QUIET_MS.full));
      for (const change of CHANGES) {
        const options = {
          out,
          change,
          source: change === 'upsert' ? half : source,
          key: datasets.key(NAME),
          index: INDEX,
        };
        const done = await reported('stalls-change.mjs', options);
        await passed(SETTLE_MS);
        spans.push({ phase: change, from: done.from, to: done.to + SETTLE_MS });
        changes.push({ change, ...done });
      }
    }
    const waits = Object.assign({}, ...(await Promise.all(processes.map((one) => one.phases(spans)))));
    return stallReport({ bytes: size, waits, changes });
  } finally {
    for (const one of processes) one.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeStore(out, source, key) {
  const store = await openStore(out, { create: true, hotSet: false });
  await store.import(source, { key, indexes: [INDEX] });
  await store.transaction((tx) => {
    const other = tx.createCollection('other', { key: 'id' });
    for (let id = 0; id < OTHER_RECORDS; id++) other.put({ id, name: `other ${id}` });
  });
  await store.close();
  return out;
}

/** One of those that wait, when it is about to begin. */
async function started(task) {
  const script = fileURLToPath(new URL('stalls-process.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify(task)], { stdio: ['ignore', 2, 2, 'ipc'] });
  const exited = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`stalls-process.mjs ended with ${code ?? signal}`)));
  });
  exited.catch(() => {});
  const said = () => Promise.race([new Promise((resolve) => child.once('message', resolve)), exited]);
  await said();
  return {
    phases: async (spans) => {
      child.send(spans);
      return (await said()).phases;
    },
    end: () => child.kill('SIGKILL'),
  };
}

async function quiet(milliseconds) {
  const from = now_ms();
  await passed(milliseconds);
  return { phase: 'nothing else', from, to: now_ms() };
}

function everySecondLine(text) {
  const lines = [];
  for (let at = 0, line = 0; at < text.length; line++) {
    const end = text.indexOf(10, at) + 1 || text.length;
    if (line % 2 === 0) lines.push(text.subarray(at, end));
    at = end;
  }
  return Buffer.concat(lines);
}
