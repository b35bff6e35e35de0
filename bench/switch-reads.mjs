// The reading process of bench/switch.mjs. It starts the imports too, as processes of their own.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { keyAt } from '../dist/datasets/index.js';
import { openStore } from '../dist/src/index.js';
import { gristmillImport } from './contenders.mjs';
import { percentiles } from './latencies.mjs';
import { keyValue, randomOrdinals } from './setup.mjs';

const READS_PER_SECOND = 20_000;
const BUCKET_MS = 100;
const READS_PER_CHECK = 100;
const KEYS_PER_CHECK = 40;
const SETTLE_MS = 400;
const SWITCH_MS_MAX = 15_000;
/** Reads before anything counts: V8 and the hot set. */
const WARM_UP_MS = 1500;
const SAMPLES_MAX = 4_000_000;

const { folder, sources, name, key, records, hotKeys, freshness } = JSON.parse(process.argv[2]);
const valuesOf = (count, seed) => randomOrdinals(count, records, seed).map((at) => keyValue(keyAt(name, 1, at)));
const hot = valuesOf(hotKeys, 5);
const others = valuesOf(5000, 6);

const home = mkdtempSync(join(folder, 'stores-'));
const [out, elsewhere] = [join(home, 'store'), join(home, 'other')];
for (const store of [out, elsewhere]) await imported(sources[0], store);
const store = await openStore(out, { freshness, hotSet: false });
const collection = store.collection('records');

const state = { failed: 0, mixed: 0, checks: 0, backwards: 0, edition: 0, stopped: false };
const due = new Float64Array(SAMPLES_MAX);
const micros = new Float64Array(SAMPLES_MAX);
let answered = 0;
let began_ms = performance.now();
const switches = [];
const seconds = () => (performance.now() - began_ms) / 1e3;
store.on('generation', ({ warmed, milliseconds }) => switches.push({ seconds: seconds(), warmed, milliseconds }));

const reading = read();
await passed(WARM_UP_MS);
answered = 0;
switches.length = 0;
const imports = [];
for (const source of sources.slice(1)) {
  await phase('another store', source, elsewhere);
  const before = state.edition;
  await phase('the store', source, out, () => state.edition > before);
}
state.stopped = true;
await reading;
await store.close();
console.log(JSON.stringify(report()));
rmSync(home, { recursive: true, force: true });

/** One import, the switch it leads to, and a while after it. */
async function phase(into, source, target, isOver = () => true) {
  const from = seconds();
  await imported(source, target, '--workers', '1');
  const imported_s = seconds();
  while (!isOver()) {
    if (seconds() - imported_s > SWITCH_MS_MAX / 1e3) throw new Error('the new generation is not served');
    await passed(5);
  }
  await passed(SETTLE_MS);
  imports.push({ into, from, to: imported_s, over: seconds() });
}

/** Reads are due at fixed times; what is due is read, and its latency is from when it was due. */
async function read() {
  began_ms = performance.now();
  const per_ms = READS_PER_SECOND / 1e3;
  for (let next = 0; !state.stopped; ) {
    const now_ms = performance.now();
    for (const end = (now_ms - began_ms) * per_ms; next < end; next++) {
      const due_ms = began_ms + next / per_ms;
      collection.get(hot[(next * 7919) % hot.length]).then(
        ({ edition }) => {
          if (answered === SAMPLES_MAX) return;
          due[answered] = due_ms - began_ms;
          micros[answered++] = (performance.now() - due_ms) * 1e3;
          if (edition < state.edition) state.backwards++;
          else state.edition = edition;
        },
        (error) => {
          state.failed++;
          console.error(error);
        },
      );
      if (next % READS_PER_CHECK === 0) void check(next);
    }
    await turn();
  }
}

/** One call sees one generation. */
async function check(at) {
  const some = Array.from({ length: KEYS_PER_CHECK }, (_, i) => (i % 2 ? others : hot)[(at + i * 31) % hot.length]);
  try {
    const editions = new Set((await collection.getMany(some)).map(({ edition }) => edition));
    state.checks++;
    if (editions.size > 1) state.mixed++;
  } catch (error) {
    state.failed++;
    console.error(error);
  }
}

function report() {
  const inside = (into) => imports.filter((one) => one.into === into).map(({ from, over }) => [from * 1e3, over * 1e3]);
  const of = (into) => {
    const spans = inside(into);
    const samples = [];
    for (let i = 0; i < answered; i++) {
      if (spans.some(([from, to]) => due[i] >= from && due[i] < to)) samples.push(micros[i]);
    }
    return percentiles(samples);
  };
  const { failed, mixed, checks, backwards } = state;
  const round = (value) => +value.toFixed(3);
  return {
    ...{ reads: answered, failed, mixed, checks, backwards },
    ...{ withSwitch: of('the store'), without: of('another store') },
    ...{ timeline: timeline(), switches: switches.map((one) => ({ ...one, seconds: round(one.seconds) })) },
    imports: imports.map(({ into, from, to }) => ({ into, from: round(from), to: round(to) })),
  };
}

/** Percentiles of each tenth of a second. */
function timeline() {
  const buckets = [];
  for (let i = 0; i < answered; i++) {
    const bucket = Math.floor(due[i] / BUCKET_MS);
    buckets[bucket] ??= [];
    buckets[bucket].push(micros[i]);
  }
  return buckets.flatMap((samples, bucket) => {
    const { p50, p99 } = percentiles(samples);
    const at = +((bucket * BUCKET_MS) / 1e3).toFixed(1);
    return [
      { seconds: at, percentile: 'p50', micros: +p50.toFixed(1) },
      { seconds: at, percentile: 'p99', micros: +p99.toFixed(1) },
    ];
  });
}

function imported(source, target, ...options) {
  const { command, args } = gristmillImport(source, target, '--key', key, ...options);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`an import ended with ${code}`))));
  });
}

/** Without a timer: the reads keep the loop turning. */
async function passed(ms) {
  for (const end_ms = performance.now() + ms; performance.now() < end_ms; ) await turn();
}
