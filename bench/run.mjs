// npm run bench [-- --quick | --bytes 512m] [--only kernel,import,memory,lookup,transactions,array,real] [--data nested,flat] ...
//
// Installs and builds what is missing, runs the benches one after another, writes bench/results/<name>.{md,json} and, with
// data of the full size, the figures in docs/performance.md and README.md.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS } from './contenders.mjs';
import { writeFigures } from './figures.mjs';
import { writeReport } from './report.mjs';
import { built, prepare } from './setup.mjs';

/** In the order they run; those that need the rivals or the real data of bench/node_modules say so. */
const BENCHES = {
  kernel: { rivals: false },
  array: { rivals: false },
  lookup: { rivals: true },
  transactions: { rivals: true },
  verify: { rivals: false },
  real: { rivals: true },
  memory: { rivals: false },
  import: { rivals: true },
};
const FULL_SIZE = '512m';
const QUICK_SIZE = '64m';

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
  },
});

const wanted = values.only.split(',');
const unknown = wanted.find((name) => !(name in BENCHES));
if (unknown) throw new TypeError(`--only ${unknown}: there are ${Object.keys(BENCHES).join(', ')}`);
const size = values.quick ? QUICK_SIZE : values.bytes;
const bytes = Number(/^(\d+)m$/i.exec(size)?.[1]) * 2 ** 20;
// A part of the data or of the contenders must not pass for the whole.
const isFull = size === FULL_SIZE && ![...process.argv].some((arg) => /^--(data|forms|contenders)/.test(arg));
if (!(bytes > 0)) throw new TypeError(`--bytes is a number of MiB like 512m, not ${size}`);

await prepare({ rivals: wanted.some((name) => BENCHES[name].rivals) });
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
    const began_ms = performance.now();
    const { question, method, run } = await import(`./${name}.mjs`);
    const { data, ...report } = await run(context);
    const seconds = Math.round((performance.now() - began_ms) / 1e3);
    const about = { question, method, seconds, trial: !isFull, data: { bytes, seed: 1, ...data } };
    console.log(`${writeReport(name, { ...about, ...report })}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (isFull) writeFigures();
else console.error('a trial: docs/performance.md and README.md keep the figures of the last full run');
