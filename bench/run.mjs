// npm run bench [-- --quick | --bytes 512m] [--runs 3] [--data nested,flat] [--forms array] [--only gristmill,zstd]
//
// Installs the rivals when they are missing, makes the data, runs import.mjs, writes bench/results/import-<size>.{md,json}.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gristmillIsBuilt, RIVALS } from './contenders.mjs';
import { compareImports, HEADERS, rowsOf } from './import.mjs';
import { writeReport } from './report.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LOOKUPS = 500;
const QUESTION =
  'How long from a JSON file to a store that answers by key? Whole processes, source in the page cache, median of the runs.';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '512m' },
    quick: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    data: { type: 'string', default: 'nested,events,flat' },
    forms: { type: 'string', default: 'ndjson,array' },
    only: { type: 'string', default: ['gristmill', ...RIVALS].join(',') },
    scratch: { type: 'string', default: tmpdir() },
  },
});

if (!existsSync(join(HERE, 'node_modules'))) installRivals();
const { datasetFile, keyAt } = await datasets();

const size = values.quick ? '64m' : values.bytes;
const bytes = Number(/^(\d+)m$/i.exec(size)?.[1]) * 2 ** 20;
if (!(bytes > 0)) throw new TypeError(`--bytes is a number of MiB like 512m, not ${size}`);
let names = values.only.split(',');
if (names.includes('gristmill') && !gristmillIsBuilt()) {
  console.error('gristmill itself is not built (npm run build): the rivals run alone');
  names = names.filter((name) => name !== 'gristmill');
}

mkdirSync(values.scratch, { recursive: true });
const scratch = mkdtempSync(join(values.scratch, 'gristmill-bench-'));
const all = [];
try {
  for (const dataset of values.data.split(',')) {
    // Every form holds the same records, so the lines of one count them for all.
    const recordsExpected = await countLines(datasetFile({ name: dataset, bytes, form: 'ndjson' }));
    const keys = sampleKeys(dataset, recordsExpected);
    for (const form of values.forms.split(',')) {
      const source = datasetFile({ name: dataset, bytes, form });
      const sourceBytes = statSync(source).size;
      const task = {
        dataset,
        form,
        source,
        sourceBytes,
        recordsExpected,
        keys,
        names,
        runs: Number(values.runs),
        scratch,
      };
      all.push({ dataset, form, sourceBytes, recordsExpected, results: await compareImports(task) });
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const tables = all.map(({ dataset, form, sourceBytes, recordsExpected, results }) => ({
  title: `${dataset}, ${form}: ${(sourceBytes / 1e6).toFixed(0)} MB, ${recordsExpected} records`,
  headers: HEADERS,
  rows: rowsOf(results),
}));
const data = all.map(({ results, ...rest }) => ({ ...rest, seed: 1, runs: Number(values.runs) }));
console.log(writeReport(`import-${size}`, { question: QUESTION, data, tables, results: all }));

function installRivals() {
  console.error('installing the rivals into bench/node_modules (about 1.1 GB) ...');
  // Not `npm ci`: it refuses a lockfile without chdb's packages for other systems, which not every registry has.
  const { status } = spawnSync('npm', ['install', '--prefix', HERE], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm install in bench/ failed: see above');
}

async function datasets() {
  try {
    const [{ datasetFile }, { keyAt }] = await Promise.all(
      ['cache', 'index'].map((file) => import(new URL(`../dist/datasets/${file}.js`, import.meta.url).href)),
    );
    return { datasetFile, keyAt };
  } catch (error) {
    throw new Error('the generators are not built: npm run build', { cause: error });
  }
}

async function countLines(path) {
  let lines = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 22 })) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return lines;
}

/** Keys from all over the file, in no order: a stride that has no divisor in common with most counts. */
function sampleKeys(dataset, count) {
  return Array.from({ length: LOOKUPS }, (_, index) => keyAt(dataset, 1, (index * 1_000_003) % count));
}
