// Question: how many cores can an import use? Data: nested as one array and flat as NDJSON, both of twice the full size, made
// for this bench and deleted. Method: whole imports with one worker and with two, in turns. The main thread plans, accepts,
// hands partitions out and writes the index: what it does, nobody can do for it. So its processor time for each gigabyte
// bounds the speed on any number of cores. What a start takes, an import of one record, is taken off first.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { summary } from './harness.mjs';
import { dataSize, rounded } from './report.mjs';
import { threadTimes } from './thread-times.mjs';

const MAKE = fileURLToPath(new URL('../dist/datasets/make.js', import.meta.url));
const SOURCES = [
  { name: 'nested', form: 'array' },
  { name: 'flat', form: 'ndjson' },
];
const GROWTH = 2;
const WORKERS = [1, 2];
const CORES = [4, 8, 16, 32, 64];
const HEADERS = ['data', 'source', 'workers', 'wall s', 'main thread s/GB', 'all others s/GB'];
const ALLOWED = ['data', ...CORES.map((cores) => `${cores} cores`), 'bound by the main thread from'];

export const question = 'How many cores can an import use?';
export const method =
  'Processor time of the main thread beside that of all others, for each GB of source, without that of a start; the speed-up over one core is at most all of it divided by that of the main thread.';

export async function run({ bytes, names, runs, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'scaling-'));
  const results = [];
  try {
    const start = await timesOf(oneRecord(folder), folder, runs, 1, []);
    for (const { name, form } of SOURCES.filter(({ name }) => names.includes(name))) {
      const source = join(folder, `${name}.json`);
      make(name, form, bytes * GROWTH, source);
      for (const workers of WORKERS) {
        const times = await timesOf(source, folder, runs, workers, ['--key', datasets.key(name)]);
        results.push({ name, form, bytes: bytes * GROWTH, workers, ...perGigabyte(times, start, bytes * GROWTH) });
      }
      rmSync(source);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const most = results.filter(({ workers }) => workers === WORKERS.at(-1));
  return {
    data: { bytes: bytes * GROWTH },
    tables: [
      { title: 'processor time for each GB of source', headers: HEADERS, rows: results.map(rowOf) },
      { title: 'speed-up that the main thread allows', headers: ALLOWED, rows: most.map(allowedRow) },
    ],
    bars: most.map(({ name, mainPerGB }) =>
      atMost(`${name}: main thread, seconds for each GB`, BARS.mainPerGB[name], mainPerGB, 's/GB'),
    ),
    results,
  };
}

function oneRecord(folder) {
  const path = join(folder, 'one.json');
  writeFileSync(path, '[{"id":1}]');
  return path;
}

function make(name, form, bytes, out) {
  console.error(`making ${dataSize(bytes)} of ${name}`);
  const args = [MAKE, name, '--bytes', String(bytes), '--form', form, '--out', out];
  if (spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new Error(`making ${name} failed`);
}

/** Medians of some runs. */
async function timesOf(source, folder, runs, workers, options) {
  const store = join(folder, 'store');
  const all = [];
  for (let i = 0; i < runs; i++) {
    const { command, args } = gristmillImport(source, store, ...options, '--workers', String(workers));
    all.push(await threadTimes(command, args));
    rmSync(store, { recursive: true, force: true });
  }
  const median = (pick) => summary(all.map(pick)).median;
  return {
    wall: median(({ wallSeconds }) => wallSeconds),
    main: median(({ mainSeconds }) => mainSeconds),
    others: median(({ otherSeconds }) => otherSeconds),
  };
}

function perGigabyte({ wall, main, others }, start, bytes) {
  const gigabytes = bytes / 1e9;
  return { wall, mainPerGB: (main - start.main) / gigabytes, othersPerGB: (others - start.others) / gigabytes };
}

function rowOf({ name, form, bytes, workers, wall, mainPerGB, othersPerGB }) {
  const source = `${dataSize(bytes)}, ${form}`;
  return [name, source, workers, rounded(wall), rounded(mainPerGB), rounded(othersPerGB)];
}

/** The main thread has a core for itself when it is busy all the time. */
function allowedRow({ name, mainPerGB, othersPerGB }) {
  const all = mainPerGB + othersPerGB;
  const speedUps = CORES.map((cores) => `${rounded(Math.min(cores, all / mainPerGB))} ×`);
  return [name, ...speedUps, `${rounded(all / mainPerGB)} cores`];
}
