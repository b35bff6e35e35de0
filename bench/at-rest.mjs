// Question: what does an import gain without compression, what do its shards take, and what does it cost to compress them later?
// Data: nested and flat as NDJSON. Method: whole processes in turns, each into a new store: an import with the default
// compression, one without, `compact --recompress` of the latter, and `cp` of the source with a sync, which is what the disk
// allows. CPU seconds of all threads stand beside the wall, since other processes may be on the cores too. Rivals that compress
// are not compared with an import that does not.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, BARS } from './bars.mjs';
import { gristmillImport, storedBytes } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';

const MAIN = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const DATASETS = ['nested', 'flat'];
const RUNS = 3;
const QUICK_RUNS = 2;
const DEFAULT = 'import, default';
const NONE = 'import, compression none';
const RECOMPRESS = 'compact --recompress';
const COPY = 'cp and sync';

export const question =
  'What does an import gain without compression, what do its shards take, and what does it cost to compress them later?';
export const method =
  'Whole processes in turns, medians (smallest to largest). MB/s: source bytes by wall. Stored: the shards. `cp` writes the ' +
  'source once, and syncs it.';

export async function run({ bytes, quick, datasets, scratch }) {
  const all = [];
  for (const name of DATASETS) {
    const source = datasets.file({ name, bytes, form: 'ndjson' });
    all.push({ name, bytes, ...(await measured(source, datasets.key(name), scratch, quick ? QUICK_RUNS : RUNS)) });
  }
  return { tables: all.map(tableOf), bars: all.filter(({ name }) => name === 'nested').flatMap(barsOf), results: all };
}

async function measured(source, key, scratch, runs) {
  const [packed, raw, copy] = ['packed', 'raw', 'copy'].map((name) => join(scratch, `at-rest-${name}`));
  const stored = new Map();
  const shards = (store) => storedBytes(join(store, 'shards'));
  const anew = (path) => () => rmSync(path, { recursive: true, force: true });
  const importInto = (store, ...flags) => {
    const { command, args } = gristmillImport(source, store, '--key', key, ...flags);
    return { command, args, before: anew(store) };
  };
  const variants = [
    { name: COPY, command: 'sh', args: ['-c', 'cp "$0" "$1" && sync "$1"', source, copy], before: anew(copy) },
    { name: DEFAULT, ...importInto(packed) },
    { name: NONE, ...importInto(raw, '--compression', 'none') },
    {
      ...{ name: RECOMPRESS, command: process.execPath },
      args: [MAIN, 'compact', '--recompress', '--store', raw, '--json'],
      before: () => stored.set(NONE, shards(raw)),
    },
  ];
  try {
    const found = await alternate(variants, runs);
    for (const [name, all] of found) {
      const failed = all.find(({ exitCode }) => exitCode !== 0);
      if (failed) throw new Error(`${name}: ${reasonOf(failed)}`);
    }
    stored.set(DEFAULT, shards(packed)).set(RECOMPRESS, shards(raw));
    return { runs: Object.fromEntries(found), stored: Object.fromEntries(stored) };
  } finally {
    for (const path of [packed, raw, copy]) anew(path)();
  }
}

const of = (runs, what) => summary(runs.map((run) => run[what]));
const range = ({ median, min, max }) => `${rounded(median)} (${rounded(min)} to ${rounded(max)})`;

function tableOf({ name, bytes, runs, stored }) {
  const rows = Object.entries(runs).map(([what, all]) => [
    ...[what, rounded(bytes / 1e6 / of(all, 'wallSeconds').median), range(of(all, 'wallSeconds'))],
    ...[range(of(all, 'cpuSeconds')), stored[what] && megabytes(stored[what])],
  ]);
  return { title: `${name}: ${megabytes(bytes)} MB`, headers: ['what', 'MB/s', 'wall s', 'CPU s', 'stored MB'], rows };
}

function barsOf({ name, runs }) {
  const gain = (what) => of(runs[DEFAULT], what).median / of(runs[NONE], what).median;
  return [
    atLeast(
      `import of ${name} without compression, speed`,
      BARS.noneOfDefault,
      gain('wallSeconds'),
      '×',
      'the default',
    ),
    atLeast(`the same by CPU time`, BARS.noneOfDefault, gain('cpuSeconds'), '×', 'the default'),
  ];
}
