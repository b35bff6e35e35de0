// Question: how fast is the first read of a hot record after a restart, against one that has been read before, and against a
// restart that remembers nothing?
// Data: flat (whose records parse fastest, so that all else shows most) and nested as NDJSON, keys at random over all of it, so
// that nearly each is in a frame of its own. Method: a process reads the hot keys over and over and closes the store.
// Then processes in turns: one opens it and waits until the hot set is loaded (warm), one opens it without (cold), one
// without and with its files dropped from the system's page cache too, where dd can do that. Each reads all hot keys once,
// which is what counts, and then ten times more (hot); it has run the read path on another store before, since V8 is to
// be as warm in all of them. One more is warm but for V8.
// Reading: p99 of the first reads of warm processes ÷ p99 of their hot reads is the bar.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { reported } from './harness.mjs';
import { CURVE_AXES, curve, percentiles } from './latencies.mjs';
import { makeStore } from './lookup-stores.mjs';
import { rounded } from './report.mjs';
import { countLines, randomOrdinals, warm as readOnce } from './setup.mjs';

const NAMES = ['flat', 'nested'];
/** As many frames as the hot set may load unless told otherwise, less some. */
const HOT_KEYS = 800;
const OTHER_BYTES = 2 ** 23;
const ROUNDS = { full: 3, quick: 1 };
const HOT = 'hot';
const WARM = 'warm';
const COLD = 'cold';
const COLD_DISK = 'cold, not in the page cache';
const WARM_NEW = 'warm, V8 cold';

export const question = 'How fast is the first read of a hot record after a restart, with and without the hot set?';
export const method =
  `${HOT_KEYS} hot keys at random over the data; \`getSync\`, each call timed, in ${ROUNDS.full} processes of each kind in turns. ` +
  'Hot: the ten readings of all of them after the first, in the warm processes.';

export async function run({ bytes, quick, datasets, scratch }) {
  const results = [];
  for (const name of NAMES) {
    const folder = mkdtempSync(join(scratch, 'warm-'));
    try {
      const source = datasets.file({ name, bytes, form: 'ndjson' });
      const out = await makeStore(folder, source, '--key', datasets.key(name));
      const small = datasets.file({ name, bytes: OTHER_BYTES, form: 'ndjson' });
      const other = await makeStore(mkdtempSync(join(folder, 'other-')), small, '--key', datasets.key(name));
      const ordinals = randomOrdinals(HOT_KEYS, await countLines(source), 11);
      const task = { out, name, ordinals, other, otherRecords: await countLines(small) };
      await reported('warm-reads.mjs', { ...task, use: true });
      results.push(summed(name, await measure(task, quick ? ROUNDS.quick : ROUNDS.full)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return report(results);
}

async function measure(task, rounds) {
  const files = readdirSync(task.out, { recursive: true }).map((name) => join(task.out, name));
  const variants = [
    { kind: WARM, options: {} },
    { kind: COLD, options: { hotSet: false } },
    { kind: COLD_DISK, options: { hotSet: false }, before: () => dropped(files) },
    { kind: WARM_NEW, options: {}, other: undefined },
  ];
  const results = new Map([HOT, ...variants.map(({ kind }) => kind)].map((kind) => [kind, []]));
  const loads = [];
  for (let round = 0; round < rounds; round++) {
    for (const { kind, before, ...rest } of variants) {
      for (const file of files) if (statSync(file).isFile()) await readOnce(file);
      if (before && !before()) continue;
      console.error(`warm: ${kind}`);
      const { first, hot, loaded } = await reported('warm-reads.mjs', { ...task, ...rest });
      results.get(kind).push(...first);
      if (kind !== WARM) continue;
      results.get(HOT).push(...hot);
      loads.push(loaded);
    }
  }
  return { taken: new Map([...results].filter(([, samples]) => samples.length > 0)), loads };
}

/** Takes files out of the page cache; false where that cannot be done. */
function dropped(files) {
  return files
    .filter((file) => statSync(file).isFile())
    .every((file) => spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']).status === 0);
}

function summed(name, { taken, loads }) {
  const rows = [...taken].map(([kind, samples]) => ({ kind, ...percentiles(samples) }));
  const p99 = Object.fromEntries(rows.map(({ kind, p99 }) => [kind, p99]));
  return { name, rows, p99, loads, curves: [...taken].map(([kind, samples]) => ({ kind, points: curve(samples) })) };
}

function report(results) {
  return {
    tables: results.map(({ name, rows, p99 }) => ({
      title: `first reads after a restart, ${name}: µs a call`,
      headers: ['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'p99 ÷ hot', 'calls'],
      rows: rows.map((row) => [
        ...[row.kind, ...[row.p50, row.p90, row.p99, row.p999, row.max, row.p99 / p99[HOT]].map(rounded), row.samples],
      ]),
    })),
    bars: results.map(({ name, p99 }) =>
      atMost(
        `first read after a restart, hot set warm, ${name}: p99 ÷ hot`,
        BARS.warmOfHot,
        p99[WARM] / p99[HOT],
        '×',
        `cold: ${rounded(p99[COLD] / p99[HOT])} ×, which is ${rounded(p99[COLD] / p99[WARM])} × warm`,
      ),
    ),
    headlines: results.map(({ name, p99 }) => [
      `first read of a hot record after a restart, ${name}, p99`,
      `${rounded(p99[WARM])} µs`,
      `hot: ${rounded(p99[HOT])} µs; without the hot set: ${rounded(p99[COLD])} µs`,
    ]),
    notes: results.map(({ name, loads }) => {
      const slowest = loads.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one));
      return `${name}: ${slowest.frames} frames were in memory ${rounded(slowest.milliseconds)} ms after the store was open, at the latest.`;
    }),
    pictures: [picture(results)],
    results: results.map(({ curves, p99, ...result }) => result),
  };
}

function picture(results) {
  const panels = results.map(({ name, curves }) => ({
    ...{ width: 320, height: 260, title: { text: name, fontSize: 12 } },
    data: {
      values: curves.flatMap(({ kind, points }) =>
        points.map(({ oneIn, micros }) => ({ kind, oneIn: +oneIn.toFixed(2), micros: +micros.toFixed(2) })),
      ),
    },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: { ...CURVE_AXES, color: { field: 'kind', type: 'nominal', sort: null } },
  }));
  return {
    name: 'warm',
    alt: 'Percentiles of first reads after a restart: with the hot set loaded they lie close to hot reads, without it far above',
    spec: {
      title: {
        text: 'The first read of a hot record after a restart',
        subtitle: 'warm: the hot set was remembered and loaded in the background; cold: it was not',
      },
      hconcat: panels,
    },
  };
}
