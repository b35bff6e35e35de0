// The processes of bench/stalls.mjs that are kept waiting: each does one thing again and again, in a store that it has open,
// and notes how long it took. At the end it is told when what happened, and says what its samples were then.

import { setTimeout as passed } from 'node:timers/promises';
import { keyAt } from '../dist/datasets/index.js';
import { openStore } from '../dist/src/index.js';
import { keyValue, randomOrdinals } from './setup.mjs';
import { now_ms, phasesOf, queued_ms, Samples } from './stalls-clock.mjs';
import { watchGate, watchReads, watchTransactions } from './stalls-watch.mjs';

/** Between two looks of a reader, and two commits, and two openings: nobody is to fill a core. */
const PAUSE_MS = { read: 1, put: 5, open: 20 };
const READS_PER_TURN = 8;
const KEYS = 100_000;

const { role, out, name, records, collection, freshness } = JSON.parse(process.argv[2]);
const keys = randomOrdinals(KEYS, records, 7).map((at) => keyValue(keyAt(name, 1, at)));
const samples = {};
const samplesOf = (what) => (samples[what] = new Samples());
let isOver = false;
let steps = [];

process.on('message', (spans) => {
  isOver = true;
  running.then(() => {
    const phases = Object.entries(samples).map(([what, some]) => [what, phasesOf(some, spans, explain)]);
    process.send({ phases: Object.fromEntries(phases) }, () => process.disconnect());
  });
});
if (role === 'put') watchTransactions((step) => steps.push(step));
let gate_ms = 0;
if (role === 'open') watchGate((ms) => (gate_ms += ms));
const explain = role === 'read' ? watchReads() : undefined;
const running = { read, put, open }[role]();
process.send('ready');

/** A read is timed by itself; how late a timer of the same process is says what else keeps its event loop. */
async function read() {
  const store = await openStore(out, { readOnly: true, freshness, hotSet: false });
  const reads = store.collection('records');
  const timers = samplesOf(`a timer of a process that reads ${freshness}`);
  const gets = samplesOf(`getSync, ${freshness}`);
  for (let next = 0, queued = queued_ms(); !isOver; ) {
    const due = now_ms() + PAUSE_MS.read;
    await passed(PAUSE_MS.read);
    const late = Math.max(0, now_ms() - due);
    const before = queued_ms();
    timers.add(due, late, before - queued);
    let longest = { at: 0, ms: 0 };
    for (let i = 0; i < READS_PER_TURN; i++) {
      const at = now_ms();
      if (reads.getSync(keys[next++ % KEYS]) === undefined) throw new Error('a record that always exists is not there');
      const ms = now_ms() - at;
      const [shorter, longer] = ms > longest.ms ? [longest, { at, ms }] : [{ at, ms }, longest];
      if (i > 0) gets.add(shorter.at, shorter.ms, 0);
      longest = longer;
    }
    // Asking costs as much as a read: what a turn waited for a core counts for its longest read.
    queued = queued_ms();
    gets.add(longest.at, longest.ms, queued - before);
  }
  await store.close();
}

/** One record a transaction. What a put waited for is told by its parts. */
async function put() {
  const store = await openStore(out, { hotSet: false });
  const puts = store.collection(collection);
  const isSame = collection === 'records';
  const some = samplesOf(isSame ? 'put, same collection' : 'put, another collection');
  for (let next = 0; !isOver; ) {
    const id = isSame ? keys[next++ % KEYS] : next++ % 1000;
    steps = [];
    await timed(
      some,
      () => puts.put({ id, name: `put ${next}`, country: 'XX' }),
      () => partsOf(steps),
    );
    await passed(PAUSE_MS.put);
  }
  await store.close();
}

async function open() {
  const readOnlys = samplesOf('opening, read-only');
  const writings = samplesOf('opening, for writing');
  const closings = samplesOf('closing');
  for (let next = 0; !isOver; next++) {
    const readOnly = next % 2 === 0;
    let store;
    gate_ms = 0;
    const opened = async () => (store = await openStore(out, { readOnly, hotSet: false }));
    await timed(readOnly ? readOnlys : writings, opened, () => ({ gate: gate_ms }));
    gate_ms = 0;
    await timed(
      closings,
      () => store.close(),
      () => ({ gate: gate_ms }),
    );
    await passed(PAUSE_MS.open);
  }
}

async function timed(some, work, parts = () => {}) {
  const queued = queued_ms();
  const at = now_ms();
  await work();
  const ms = now_ms() - at;
  some.add(at, ms, queued_ms() - queued, parts());
}

/** Refused tries are of a collection that is merged into: between them the put waits for its end. */
function partsOf(all) {
  const last = all.at(-1);
  return {
    tries: all.length,
    merge: last.begun - all[0].begun,
    lock: last.locked - last.begun,
    change: last.changed - last.locked,
    gate: last.entered - last.changed,
    commit: last.over - last.entered,
  };
}
