// npm run bench [-- --quick | --bytes 512m] [--only kernel,import,warm,switch] [--data nested,flat] ...
//
// Installs and builds what is missing, runs the benches one after another, writes bench/results/<name>.{md,json} and, with
// data of the full size, the figures and pictures of docs/ and README.md.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS } from './contenders.mjs';
import { writeFigures } from './figures.mjs';
import { drawAll } from './pictures.mjs';
import { TRIALS, writeReport } from './report.mjs';
import { built, prepare } from './setup.mjs';

/** In the order they run; those that need the rivals or the real data (`rivals`), or the charts, of bench/node_modules say so. */
const BENCHES = {
  kernel: {},
  array: {},
  sources: { rivals: true },
  formats: { rivals: true },
  bad: {},
  lookup: { rivals: true },
  transactions: { rivals: true },
  service: { rivals: true },
  nightly: { rivals: true },
  start: { rivals: true },
  verify: {},
  export: {},
  'index-add': {},
  encryption: {},
  zstd: {},
  'at-rest': {},
  evolution: {},
  schema: {},
  real: { rivals: true },
  memory: {},
  scaling: {},
  import: { rivals: true },
  warm: { pictures: true },
  switch: { pictures: true },
  stalls: {},
  refresh: { pictures: true },
  watch: { pictures: true },
  'cache-memory': { pictures: true },
  metrics: { pictures: true },
};
const FULL_SIZE = '512m';
const QUICK_SIZE = '64m';
const USAGE = `npm run bench -- [options]; bench/README.md says what they measure
  --only <names>          of ${Object.keys(BENCHES).join(', ')}
  --quick                 64 MiB and fewer runs; leaves docs/performance.md alone
  --bytes <n>m            another size than 512m
  --data, --forms, --contenders <names>   parts of what is imported, how, and by whom
  --runs, --rival-runs <n>                processes of gristmill and of each rival
  --scratch <folder>      where stores are built; the system's temporary folder unless told`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(BENCHES).join(',') },
    quick: { type: 'boolean', default: false },
    bytes: { type: 'string', default: FULL_SIZE },
    data: { type: 'string', default: 'nested,events,flat' },
    forms: { type: 'string', default: 'ndjson,array' },
    contenders: { type: 'string', default: CONTENDERS.join(',') },
    runs: { type: 'string' },
    'rival-runs': { type: 'string' },
    scratch: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}

const wanted = values.only.split(',');
const unknown = wanted.find((name) => !(name in BENCHES));
if (unknown) throw new TypeError(`--only ${unknown}: there are ${Object.keys(BENCHES).join(', ')}`);
const size = values.quick ? QUICK_SIZE : values.bytes;
const bytes = Number(/^(\d+)m$/i.exec(size)?.[1]) * 2 ** 20;
// A part of the data or of the contenders must not pass for the whole.
const isFull = size === FULL_SIZE && ![...process.argv].some((arg) => /^--(data|forms|contenders)/.test(arg));
if (!(bytes > 0)) throw new TypeError(`--bytes is a number of MiB like 512m, not ${size}`);

const isWanted = (need) => wanted.some((name) => BENCHES[name][need] === true);
await prepare({ rivals: isWanted('rivals'), pictures: isFull || isWanted('pictures') });
const [{ datasetFile }, { DATASETS, keyAt }] = await Promise.all(
  ['cache', 'index'].map((file) => built(`datasets/${file}.js`)),
);
mkdirSync(values.scratch, { recursive: true });
const scratch = mkdtempSync(join(values.scratch, 'gristmill-bench-'));
const context = {
  ...{ bytes, quick: !isFull, scratch },
  runs: Number(values.runs ?? (values.quick ? 2 : 3)),
  rivalRuns: Number(values['rival-runs'] ?? (values.quick ? 1 : 2)),
  ...{ names: values.data.split(','), forms: values.forms.split(','), contenders: values.contenders.split(',') },
  datasets: {
    file: datasetFile,
    key: (name) => DATASETS[name].key,
    keyAt: (name, ordinal) => keyAt(name, 1, ordinal),
  },
};

try {
  for (const name of Object.keys(BENCHES).filter((name) => wanted.includes(name))) {
    console.error(`== ${name}`);
    try {
      await runBench(name);
    } catch (error) {
      // The others are worth their figures all the same; it keeps those of its last run.
      console.error(`${name} failed:`, error);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (isFull) await writeFigures();
else console.error('a trial: docs/performance.md and README.md keep the figures of the last full run');

async function runBench(name) {
  const began_ms = performance.now();
  const { question, method, run } = await import(`./${name}.mjs`);
  const { data, ...report } = await run(context);
  const seconds = Math.round((performance.now() - began_ms) / 1e3);
  const about = { question, method, seconds, trial: !isFull, data: { bytes, seed: 1, ...data } };
  console.log(`${writeReport(name, { ...about, ...report })}\n`);
  if (!isFull) await drawAll(report, TRIALS);
}
