// Question: what does a profile cost an import, how fast is the schema of a file that nobody has imported, and what does it cost to
// check records against a schema that all of them meet?
// Data: nested, events and flat as NDJSON. Method: whole processes, in turns, files in the page cache: imports without more, with
// `--profile`, and with `--validate` and the schema that was made of the same file; then `gristmill schema` and DuckDB's `DESCRIBE`
// of all records (`sample_size = -1`). CPU seconds of all threads, and wall time; the median of the runs counts. At last records
// whose object has ten million different names: how much memory their schema takes.

import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, runProcess, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';
import { warm } from './setup.mjs';

const CLI = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const DUCKDB = fileURLToPath(new URL('rivals/duckdb-describe.mjs', import.meta.url));
const HAS_DUCKDB = existsSync(fileURLToPath(new URL('node_modules/@duckdb/node-api', import.meta.url)));
const NAMES = { full: 10_000_000, quick: 1_000_000 };
const NAMES_PER_RECORD = 1000;

export const question =
  'What does a profile cost an import? How fast is the schema of a file? And what does it cost to check clean records against a schema?';
export const method =
  'Whole processes in turns: imports without more, with `--profile`, with `--validate` and the schema of the same file; ' +
  '`gristmill schema`, and DuckDB `DESCRIBE` of all records. CPU seconds of all threads and wall seconds, medians.';

export async function run({ bytes, names, datasets, runs, scratch, quick }) {
  const results = [];
  for (const name of names) results.push(await measure({ name, bytes, datasets, runs, scratch }));
  const wide = await measureNames(scratch, quick ? NAMES.quick : NAMES.full);
  return {
    tables: [
      { title: 'an import', headers: IMPORT_HEADERS, rows: results.map(importRow) },
      { title: 'the schema of a file', headers: SCHEMA_HEADERS, rows: results.map(schemaRow) },
      { title: 'names without end', headers: NAMES_HEADERS, rows: [namesRow(wide)] },
    ],
    bars: results.flatMap(barsOf),
    ...(!HAS_DUCKDB && { notes: ['DuckDB is not installed (bench/node_modules): not measured.'] }),
    results: { data: results, names: wide },
  };
}

async function measure({ name, bytes, datasets, runs, scratch }) {
  const folder = mkdtempSync(join(scratch, 'schema-'));
  try {
    const source = datasets.file({ name, bytes, form: 'ndjson' });
    await warm(source);
    const schemaFile = join(folder, 'schema.json');
    const schema = (...args) => [CLI, 'schema', source, ...args];
    const made = await runProcess(process.execPath, schema('--as', 'json-schema', '--out', schemaFile));
    if (made.exitCode !== 0) throw new Error(`schema of ${name}: ${reasonOf(made)}`);
    const store = join(folder, 'store');
    const imported = (variant, ...args) => ({
      ...gristmillImport(source, store, '--key', datasets.key(name), ...args),
      name: variant,
      before: () => rmSync(store, { recursive: true, force: true }),
    });
    const node = (variant, args) => ({ name: variant, command: process.execPath, args });
    const variants = [
      imported('plain'),
      imported('profile', '--profile'),
      imported('validate', '--validate', schemaFile),
      node('schema', schema('--as', 'typescript')),
      ...(HAS_DUCKDB ? [node('duckdb', [DUCKDB, source])] : []),
    ];
    const all = await alternate(variants, runs);
    const measured = {};
    for (const [variant, one] of all) {
      const failed = one.find(({ exitCode }) => exitCode !== 0);
      if (failed) throw new Error(`${variant} of ${name}: ${reasonOf(failed)}`);
      measured[variant] = {
        cpu: summary(one.map(({ cpuSeconds }) => cpuSeconds)),
        wall: summary(one.map(({ wallSeconds }) => wallSeconds)),
        anon: summary(one.map(({ peakAnonBytes }) => peakAnonBytes)),
      };
    }
    return { name, bytes, ...measured };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Records with so many different names in the object `m` of all of them together. */
async function measureNames(scratch, count) {
  const folder = mkdtempSync(join(scratch, 'schema-names-'));
  try {
    const source = join(folder, 'names.ndjson');
    const file = createWriteStream(source);
    for (let first = 0; first < count; first += NAMES_PER_RECORD) {
      const members = Array.from({ length: NAMES_PER_RECORD }, (_, i) => `"n${first + i}":{"x":${i}}`);
      if (!file.write(`{"id":${first},"m":{${members.join(',')}}}\n`)) {
        await new Promise((resolve) => file.once('drain', resolve));
      }
    }
    await new Promise((resolve) => file.end(resolve));
    const out = join(folder, 'schema.json');
    const ran = await runProcess(process.execPath, [CLI, 'schema', source, '--as', 'typescript', '--out', out]);
    if (ran.exitCode !== 0) throw new Error(`schema of ${count} names: ${reasonOf(ran)}`);
    const isMap = /m: Record<string, /.test(readFileSync(out, 'utf8'));
    return { count, bytes: statSync(source).size, isMap, anon: ran.peakAnonBytes, wall: ran.wallSeconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const IMPORT_HEADERS = [
  ...['data', 'MB', 'import, CPU s', 'with `--profile`', '÷', 'with `--validate`', '÷'],
  ...['import, wall s', 'with `--profile`', 'memory, MB', 'with `--profile`'],
];
const SCHEMA_HEADERS = [
  'data',
  'MB',
  '`gristmill schema`, wall s',
  'CPU s',
  'memory, MB',
  'DuckDB, wall s',
  'CPU s',
  'memory, MB',
];
const NAMES_HEADERS = ['names', 'MB', 'shown as a map', 'memory, MB', 'wall s'];

const ratio = (one, other) => one.median / other.median;

function importRow({ name, bytes, plain, profile, validate }) {
  const cpu = [plain.cpu.median, profile.cpu.median, ratio(profile.cpu, plain.cpu), validate.cpu.median];
  const wall = [ratio(validate.cpu, plain.cpu), plain.wall.median, profile.wall.median];
  const memory = [plain, profile].map(({ anon }) => megabytes(anon.median));
  return [name, megabytes(bytes), ...[...cpu, ...wall].map(rounded), ...memory];
}

function schemaRow({ name, bytes, schema, duckdb }) {
  const cells = (one) =>
    one === undefined
      ? ['–', '–', '–']
      : [rounded(one.wall.median), rounded(one.cpu.median), megabytes(one.anon.median)];
  return [name, megabytes(bytes), ...cells(schema), ...cells(duckdb)];
}

function namesRow({ count, bytes, isMap, anon, wall }) {
  return [count.toLocaleString('en'), megabytes(bytes), isMap ? 'yes' : 'no', megabytes(anon), rounded(wall)];
}

function barsOf({ name, plain, profile, validate, schema, duckdb }) {
  return [
    atMost(`import with a profile, ${name}: CPU ÷ without`, BARS.profileOfNone, ratio(profile.cpu, plain.cpu), '×'),
    atMost(
      `import that validates clean records, ${name}: CPU ÷ without`,
      BARS.validateOfNone,
      ratio(validate.cpu, plain.cpu),
      '×',
    ),
    ...(duckdb
      ? [
          atLeast(
            `schema, ${name}: speed ÷ DuckDB \`DESCRIBE\``,
            BARS.schemaOfDuckdb,
            ratio(duckdb.wall, schema.wall),
            '×',
          ),
        ]
      : []),
  ];
}
