// Question: what does a source in another format cost, beside the same records as NDJSON, and what do the options cost that look at
// each record? Data: the records of `flat`, as NDJSON, CSV and BSON. Method: whole imports by the command line, in turns, the
// source in the page cache; medians. The rival reads the same CSV into a table with an index on the key.

import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serialize } from 'bson';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';
import { warm } from './setup.mjs';

const NAME = 'flat';
const RIVAL = 'duckdb';
const RIVAL_SCRIPT = fileURLToPath(new URL('rivals/duckdb-csv.mjs', import.meta.url));
/** The options of imports of the NDJSON file. */
const OPTIONS = {
  plain: [],
  where: ['--where', 'country>=A'],
  pick: ['--pick', 'id,name,country'],
  omit: ['--omit', 'zone'],
  transform: ['--transform'],
};
const TRANSFORM = 'export default (record) => ({ ...record, isLarge: record.population > 1e6 });\n';

export const question =
  'What does a source in another format cost, beside the same records as NDJSON, and what do options cost that look at each record?';
export const method =
  'Whole imports, in turns, medians; MB of the source. DuckDB reads the same CSV (`read_csv`, all columns as text) into a table with an index on the key.';

export async function run({ bytes, runs, rivalRuns, contenders, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'formats-'));
  try {
    const json = datasets.file({ name: NAME, bytes, form: 'ndjson' });
    const [csv, bson, transform] = ['data.csv', 'data.bson', 'transform.mjs'].map((name) => join(folder, name));
    await Promise.all([written(csv, rowsOf(json)), written(bson, documentsOf(json))]);
    writeFileSync(transform, TRANSFORM);
    const about = { key: datasets.key(NAME), folder };
    const variants = Object.entries({ NDJSON: json, CSV: csv, BSON: bson }).flatMap(([name, source]) => [
      variant(name, source, about, []),
      variant(`${name}, one worker`, source, about, ['--workers', '1']),
    ]);
    variants.splice(4, 0, variant('CSV, types auto', csv, about, ['--types', 'auto']));
    if (contenders.includes(RIVAL)) variants.push(rival(csv, about, rivalRuns));
    const options = Object.entries(OPTIONS).map(([name, args]) =>
      variant(name, json, about, name === 'transform' ? [...args, transform] : args),
    );
    const tables = [];
    const results = [];
    for (const [title, list] of [
      ['Formats', variants],
      ['Options, NDJSON', options],
    ]) {
      const measured = await measure(list, runs);
      results.push({ title, measured });
      tables.push({
        title,
        headers: ['what', 'MB', 'wall s', 'MB/s', 'CPU s', 'peak anon MB'],
        rows: measured.map(rowOf),
      });
    }
    return { tables, results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function variant(name, source, { key, folder }, args) {
  const out = join(folder, 'store');
  const { command, args: first } = gristmillImport(source, out, '--key', key, ...args);
  return { name, source, command, args: first, before: () => rmSync(out, { recursive: true, force: true }) };
}

function rival(source, { key, folder }, runs) {
  const out = join(folder, RIVAL);
  const args = [RIVAL_SCRIPT, 'import', source, '--key', key, '--out', out];
  const before = () => rmSync(out, { recursive: true, force: true });
  return { name: 'DuckDB, CSV', source, command: process.execPath, args, runs, before };
}

async function measure(variants, runs) {
  for (const source of new Set(variants.map((one) => one.source))) await warm(source);
  const runsOf = await alternate(variants, runs, ({ name }, { wallSeconds }) => {
    console.error(`${name}: ${rounded(wallSeconds)} s`);
  });
  return variants.map(({ name, source }) => {
    const all = runsOf.get(name);
    const broken = all.find(({ exitCode }) => exitCode !== 0);
    if (broken) throw new Error(`${name}: ${reasonOf(broken)}`);
    const of = (field) => summary(all.map((one) => one[field]));
    return {
      ...{ name, bytes: statSync(source).size },
      ...{ wallSeconds: of('wallSeconds'), cpuSeconds: of('cpuSeconds'), peakAnonBytes: of('peakAnonBytes') },
    };
  });
}

function rowOf({ name, bytes, wallSeconds, cpuSeconds, peakAnonBytes }) {
  const wall = wallSeconds.median;
  return [
    ...[name, megabytes(bytes), rounded(wall), rounded(bytes / 1e6 / wall)],
    ...[rounded(cpuSeconds?.median), megabytes(peakAnonBytes.median)],
  ];
}

async function* rowsOf(json) {
  let names;
  for await (const line of createInterface({ input: createReadStream(json) })) {
    const record = JSON.parse(line);
    if (names === undefined) {
      names = Object.keys(record);
      yield `${names.join(',')}\n`;
    }
    yield `${names.map((name) => cellOf(record[name])).join(',')}\n`;
  }
}

function cellOf(value) {
  const text = String(value ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* documentsOf(json) {
  for await (const line of createInterface({ input: createReadStream(json) })) yield serialize(JSON.parse(line));
}

async function written(path, pieces) {
  const file = createWriteStream(path);
  for await (const piece of pieces) {
    if (!file.write(piece)) await new Promise((resolve) => file.once('drain', resolve));
  }
  await new Promise((resolve, reject) => file.on('error', reject).end(resolve));
}
