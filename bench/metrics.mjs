// Question: what do metrics cost a hot read?
// Data: flat as NDJSON, whose records parse fastest; a thousand random keys over and over, all of them in memory: in the frame
// cache, or parsed in the record cache. Method: metrics cannot be switched off, so the bench makes a copy of gristmill without
// them: in the compiled read path each counter's increment is taken out, and the beginning of a timed read made to be
// none. A copy with and two without, each with a store of its own, read in turns in one process, ten thousand reads at a
// time, and what counts is processor time; so do several processes. Afterwards the counters must have counted every read, or none.
// Reading: the bar is the median of the ratios of neighbouring turns. The ratio of the two copies without is the error of
// the measurement: where it is not 1, or those of the processes are far apart, the machine was not quiet.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, BARS } from './bars.mjs';
import { reported, summary } from './harness.mjs';
import { histogram, percentiles } from './latencies.mjs';
import { makeStore } from './lookup-stores.mjs';
import { rounded } from './report.mjs';
import { countLines, randomOrdinals } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'flat';
const BYTES_MAX = 2 ** 25;
const KEYS = 1000;
const PROCESSES = { full: 6, quick: 3 };
const ROUNDS = { full: 60, quick: 15 };
const COPIES = ['with', 'without', 'control'];
const KINDS = [
  { kind: 'frame cached', options: {} },
  { kind: 'record cached', options: { recordCacheBytes: 2 ** 24 } },
];
const LIBRARY = 'dist/src/library.js';
/** Where reads are counted and timed: the parts of that file that begin with such a line, the name of a module. */
const READ_PATH = /^\/\/ dist\/src\/(lookup\/(cache\/)?[^/]+|api\/collection)\.js$/m;
const INCREMENT = /[\w.#]*\bcounters\.\w+(\+\+| \+= [^;]+);/g;
const TIMED = /[\w.#]*sampler\.isDue\(\)/g;

export const question = 'What do metrics cost a hot read?';
export const method =
  `\`getSync\` of ${KEYS} keys over and over, with metrics and without (a copy of the compiled read path whose counters and ` +
  `sampling are taken out), processor time, in turns in one process, in ${PROCESSES.full} processes; the ratio is the median of those of neighbouring turns.`;

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'metrics-'));
  try {
    const source = datasets.file({ name: NAME, bytes: Math.min(bytes, BYTES_MAX), form: 'ndjson' });
    const ordinals = randomOrdinals(KEYS, await countLines(source), 13);
    const copies = Object.fromEntries(COPIES.map((name) => [name, copied(folder, name)]));
    const [removed] = COPIES.filter((name) => name !== 'with').map((name) => withoutMetrics(copies[name]));
    for (const copy of Object.values(copies)) await makeStore(copy, source, '--key', datasets.key(NAME));
    const results = KINDS.map((kind) => ({ ...kind, runs: [] }));
    for (let i = 0; i < (quick ? PROCESSES.quick : PROCESSES.full); i++) {
      for (const { kind, options, runs } of results) {
        console.error(`metrics: ${kind}`);
        // Who is opened first changes: it may be better off.
        const order = COPIES.map((_, at) => COPIES[(at + i) % COPIES.length]);
        const task = { name: NAME, ordinals, copies, order, options, rounds: quick ? ROUNDS.quick : ROUNDS.full };
        runs.push(await reported('metrics-reads.mjs', task));
      }
    }
    return { data: { bytes: Math.min(bytes, BYTES_MAX) }, ...report(results.map(summed), removed) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The compiled gristmill, elsewhere, with the packages it needs. */
function copied(folder, name) {
  const copy = join(folder, name);
  mkdirSync(copy);
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Takes the metrics out of a copy's read path. @returns how many statements it took out */
function withoutMetrics(copy) {
  const removed = { increments: 0, timings: 0 };
  const file = join(copy, LIBRARY);
  const modules = readFileSync(file, 'utf8').split(/^(?=\/\/ dist\/src\/)/m);
  const changed = modules.map((code) => {
    if (!READ_PATH.test(code)) return code;
    removed.increments += code.match(INCREMENT)?.length ?? 0;
    removed.timings += code.match(TIMED)?.length ?? 0;
    // Of a statement that is a branch, an empty one has to stay.
    return code.replaceAll(INCREMENT, ';').replaceAll(TIMED, 'false');
  });
  writeFileSync(file, changed.join(''));
  if (removed.increments === 0 || removed.timings === 0) {
    throw new Error(`the read path counts or times otherwise than this bench knows: ${JSON.stringify(removed)}`);
  }
  return removed;
}

function summed({ kind, runs }) {
  const ratiosOf = (run) => run.with.map((turn, i) => (2 * turn) / (run.without[i] + run.control[i]));
  const controlOf = (run) => run.control.map((turn, i) => turn / run.without[i]);
  const { min, max } = summary(runs.map((run) => summary(ratiosOf(run)).median));
  const median = (ratios) => summary(runs.flatMap(ratios)).median;
  const all = (which) => runs.flatMap((run) => run[which]);
  return {
    ...{ kind, ratio: { median: median(ratiosOf), min, max, control: median(controlOf) } },
    ...{ with: all('with'), without: [...all('without'), ...all('control')] },
  };
}

function report(results, removed) {
  const rows = results.flatMap(({ kind, ratio, ...samples }) =>
    ['without', 'with'].map((which) => ({ kind, which, ...percentiles(samples[which]), ratio })),
  );
  return {
    tables: [
      {
        title: 'ns of processor time a read (of turns of ten thousand)',
        headers: ['record', 'metrics', 'p50', 'p90', 'p99', '÷ without', 'of each process'],
        rows: rows.map(({ kind, which, p50, p90, p99, ratio }) => [
          ...[kind, which, rounded(p50), rounded(p90), rounded(p99)],
          ...(which === 'with'
            ? [ratio.median.toFixed(3), `${ratio.min.toFixed(3)}–${ratio.max.toFixed(3)}`]
            : [`${ratio.control.toFixed(3)} (one copy ÷ the other)`, '–']),
        ]),
      },
    ],
    bars: results.map(({ kind, ratio }) =>
      atMost(
        `hot read, ${kind}: with metrics ÷ without`,
        BARS.metricsOfNone,
        ratio.median,
        '×',
        `${ratio.median.toFixed(3)}; one copy without ÷ the other: ${ratio.control.toFixed(3)}`,
      ),
    ),
    notes: [`Taken out: ${removed.increments} increments, ${removed.timings} questions whether a read is timed.`],
    pictures: [picture(results)],
    results: rows,
  };
}

function picture(results) {
  const panels = results.map(({ kind, ...samples }) => {
    const both = [...samples.with, ...samples.without].sort((one, other) => one - other);
    const range = { from: both[0], to: both[Math.floor(both.length * 0.97)], bins: 40 };
    const values = ['without', 'with'].flatMap((which) =>
      histogram(samples[which], range).map(({ from, share }) => ({
        ...{ metrics: `${which} metrics`, ns: +from.toFixed(1), share: +share.toFixed(4) },
      })),
    );
    return {
      ...{ width: 280, height: 220, title: { text: kind, fontSize: 12 }, data: { values } },
      mark: { type: 'area', interpolate: 'step-after', opacity: 0.5, line: true },
      encoding: {
        x: {
          field: 'ns',
          type: 'quantitative',
          title: 'ns of processor time a read',
          scale: { zero: false, nice: false },
        },
        y: { field: 'share', type: 'quantitative', stack: null, title: 'share', axis: { format: '.0%' } },
        color: { field: 'metrics', type: 'nominal', sort: null },
      },
    };
  });
  return {
    name: 'metrics',
    alt: 'How long hot reads take with metrics and without: the two histograms lie on each other',
    spec: {
      title: {
        text: 'What metrics cost a hot read',
        subtitle: results.map(({ kind, ratio }) => `${kind}: ${ratio.median.toFixed(3)} ×`).join(', '),
      },
      hconcat: panels,
    },
  };
}
