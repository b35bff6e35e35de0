// Question: how much memory does an import take, and does a source eight times as large take more?
// Data: nested and flat as NDJSON, of the full size and of eight times that (4 GiB), made for this bench and deleted.
// Method: whole imports with two workers; RssAnon of the process (all threads, all libraries) is looked at from outside
// every 20 ms. What counts is the highest value of all runs. Mapped files are the system's page cache and do not count.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { reportOf, runProcess } from './harness.mjs';
import { dataSize, megabytes, rounded } from './report.mjs';

const MAKE = fileURLToPath(new URL('../dist/datasets/make.js', import.meta.url));
const WORKERS = 2;
const RUNS = 2;
const GROWTH = 8;
const NAMES = ['nested', 'flat'];
const HEADERS = ['data', 'source', 'peak anon MB', 'of each run', 'own report MB', 'seconds'];

export const question = 'How much memory does an import take, and does a source eight times as large take more?';
export const method = `Whole imports with ${WORKERS} workers; the highest RssAnon of the process, looked at every 20 ms.`;

export async function run({ bytes, names, datasets, scratch }) {
  const wanted = NAMES.filter((name) => names.includes(name));
  const folder = mkdtempSync(join(scratch, 'memory-'));
  const large = wanted.map((name) => ({ name, bytes: bytes * GROWTH, source: join(folder, `${name}.ndjson`) }));
  const small = wanted.map((name) => ({ name, bytes, source: datasets.file({ name, bytes, form: 'ndjson' }) }));
  const results = [];
  try {
    // At once, since nothing is measured meanwhile.
    await Promise.all(large.map(make));
    for (const task of [...small, ...large]) {
      results.push({ ...task, ...(await measure(task, datasets.key(task.name), join(folder, 'store'))) });
      if (large.includes(task)) rmSync(task.source);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    tables: [{ title: 'peak anonymous memory of the process', headers: HEADERS, rows: results.map(rowOf) }],
    bars: [
      ...results.map(peakBar),
      ...wanted.map((name) => growthBar(results.filter((result) => result.name === name))),
    ],
    headlines: results
      .slice(wanted.length)
      .map(({ name, bytes, peakAnonBytes }) => [
        `peak memory, importing ${dataSize(bytes)} of ${name}`,
        `${megabytes(peakAnonBytes)} MB`,
      ]),
    results: results.map(({ source, ...result }) => result),
  };
}

function peakBar({ name, bytes, peakAnonBytes }) {
  const what = `peak memory, ${name}, ${dataSize(bytes)} of source, ${WORKERS} workers`;
  return atMost(what, BARS.peakAnonBytes / 1e6, peakAnonBytes / 1e6, 'MB');
}

function growthBar([one, other]) {
  const growth = other.peakAnonBytes / one.peakAnonBytes;
  const what = `peak memory, ${one.name}: larger ÷ smaller of ${dataSize(one.bytes)} and ${dataSize(other.bytes)}`;
  return atMost(what, BARS.peakGrowth, Math.max(growth, 1 / growth), '×');
}

function make({ name, bytes, source }) {
  console.error(`making ${dataSize(bytes)} of ${name}`);
  const args = [MAKE, name, '--bytes', String(bytes), '--form', 'ndjson', '--out', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`making ${name} ended with ${code}`))));
  });
}

async function measure({ name, source }, key, store) {
  const runs = [];
  for (let i = 0; i < RUNS; i++) {
    const { command, args } = gristmillImport(source, store, '--key', key, '--workers', String(WORKERS));
    const run = await runProcess(command, args);
    rmSync(store, { recursive: true, force: true });
    if (run.exitCode !== 0) throw new Error(`import of ${name}: ${reasonOf(run)}`);
    const { peakAnonBytes, seconds } = reportOf(run);
    runs.push({ peakAnonBytes: run.peakAnonBytes, reportedBytes: peakAnonBytes, seconds });
  }
  return { peakAnonBytes: Math.max(...runs.map((run) => run.peakAnonBytes)), runs };
}

function rowOf({ name, bytes, peakAnonBytes, runs }) {
  const each = (pick) => runs.map(pick).join(', ');
  return [
    ...[name, dataSize(bytes), megabytes(peakAnonBytes), each((run) => megabytes(run.peakAnonBytes))],
    ...[each((run) => megabytes(run.reportedBytes)), each((run) => rounded(run.seconds))],
  ];
}
