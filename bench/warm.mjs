// Question: how fast is the first read of a hot record after a restart, against one that has been read before, and against a
// restart that remembers nothing?
// Data: flat as NDJSON (its records parse fastest, so a frame that has to be loaded shows most), keys at random over all of
// it, so that nearly each is in a frame of its own. Method: a process reads the hot keys over and over and closes the store.
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

const NAME = 'flat';
/** As many frames as the hot set may load unless told otherwise, less some. */
const HOT_KEYS = 800;
const OTHER_BYTES = 2 ** 23;
const ROUNDS = { full: 5, quick: 2 };
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
  const folder = mkdtempSync(join(scratch, 'warm-'));
  try {
    const source = datasets.file({ name: NAME, bytes, form: 'ndjson' });
    const out = await makeStore(folder, source, '--key', datasets.key(NAME));
    const small = datasets.file({ name: NAME, bytes: OTHER_BYTES, form: 'ndjson' });
    const other = await makeStore(mkdtempSync(join(folder, 'other-')), small, '--key', datasets.key(NAME));
    const ordinals = randomOrdinals(HOT_KEYS, await countLines(source), 11);
    const task = { out, name: NAME, ordinals, other, otherRecords: await countLines(small) };
    await reported('warm-reads.mjs', { ...task, use: true });
    return report(await measure(task, quick ? ROUNDS.quick : ROUNDS.full));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

function report({ taken, loads }) {
  const rows = [...taken].map(([kind, samples]) => ({ kind, ...percentiles(samples) }));
  const of = (kind) => rows.find((row) => row.kind === kind);
  const cold = of(COLD).p99 / of(WARM).p99;
  const [slowest] = [...loads].sort((one, other) => other.milliseconds - one.milliseconds);
  return {
    tables: [
      {
        title: 'first reads after a restart: µs a call',
        headers: ['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'p99 ÷ hot', 'calls'],
        rows: rows.map(({ kind, p50, p90, p99, p999, max, samples }) => [
          ...[kind, ...[p50, p90, p99, p999, max, p99 / of(HOT).p99].map(rounded), samples],
        ]),
      },
    ],
    bars: [
      atMost(
        'first read after a restart, hot set warm: p99 ÷ hot',
        BARS.warmOfHot,
        of(WARM).p99 / of(HOT).p99,
        '×',
        `cold: ${rounded(of(COLD).p99 / of(HOT).p99)} ×`,
      ),
    ],
    headlines: [
      [
        'first read of a hot record after a restart, p99',
        `${rounded(of(WARM).p99)} µs`,
        `cold: ${rounded(of(COLD).p99)} µs, ${rounded(cold)} × as long; hot: ${rounded(of(HOT).p99)} µs`,
      ],
    ],
    notes: [
      `${slowest.frames} frames were in memory at most ${rounded(slowest.milliseconds)} ms after the store was open.`,
    ],
    pictures: [picture(taken, cold)],
    results: { rows, loads },
  };
}

function picture(taken, cold) {
  const values = [...taken].flatMap(([kind, samples]) =>
    curve(samples).map(({ oneIn, micros }) => ({ kind, oneIn: +oneIn.toFixed(2), micros: +micros.toFixed(2) })),
  );
  return {
    name: 'warm',
    alt: `Percentiles of the first reads after a restart: with the hot set loaded they lie close to hot reads, without it far above`,
    spec: {
      title: {
        text: 'The first read of a hot record after a restart',
        subtitle: `warm: with the hot set remembered; cold: ${rounded(cold)} times as long at 99 %`,
      },
      data: { values },
      mark: { type: 'line', point: true, strokeWidth: 2 },
      encoding: { ...CURVE_AXES, color: { field: 'kind', type: 'nominal', sort: null } },
    },
  };
}
