// 20,000 small files, as a folder, as a zip archive and as a tar.gz archive: what each costs to import, against the loop that
// anybody would write: read a file, JSON.parse it, insert it. Whole processes, in turns; all of them must have the same
// keys and records. A part of the bench `sources`.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, BARS } from './bars.mjs';
import { hasTool } from './compress.mjs';
import { gristmillImport } from './contenders.mjs';
import { alternate, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';
import { built } from './setup.mjs';

const FILES = 20_000;
const FILES_PER_FOLDER = 100;
const HEADERS = ['source', 'MB', 'wall s', 'min–max s', 'CPU s', 'peak anon MB', 'files a second'];
const LOOP = fileURLToPath(new URL('archives-loop.mjs', import.meta.url));
/** By the name of the variant: each insert is a durable transaction, as the package does without being told; the same with WAL,
 * where the newest ones may be lost; or all are one transaction. */
const LOOPS = {
  'better-sqlite3, an insert each': 'each',
  'better-sqlite3, an insert each, WAL': 'wal',
  'better-sqlite3, one transaction, WAL': 'one',
};

/** @returns the table and the bars */
export async function archives({ runs, rivalRuns, contenders, scratch }) {
  const folder = mkdtempSync(join(scratch, 'archives-'));
  try {
    const files = join(folder, 'files');
    const bytes = writeFiles(files);
    const sources = sourcesOf(folder, files);
    const out = (name) => join(folder, `out ${name}`);
    const before = (name) => () => rmSync(out(name), { recursive: true, force: true });
    const loops = contenders.includes('better-sqlite3') ? Object.entries(LOOPS) : [];
    const variants = [
      ...Object.entries(sources).map(([name, source]) => ({
        ...{ ...gristmillImport(source, out(name)), name, before: before(name) },
      })),
      ...loops.map(([name, how]) => ({
        ...{
          name,
          command: process.execPath,
          args: [LOOP, files, out(name), how],
          before: before(name),
          runs: rivalRuns,
        },
      })),
    ];
    const runsOf = await alternate(variants, runs, ({ name }, { wallSeconds }) => {
      console.error(`${FILES} files, ${name}: ${rounded(wallSeconds)} s`);
    });
    for (const [name, all] of runsOf) {
      const failed = all.find(({ exitCode }) => exitCode !== 0);
      if (failed) throw new Error(`${name}: ${failed.stderr}`);
    }
    await checkSame(Object.keys(sources).map((name) => [name, out(name)]));
    return {
      table: {
        title: `${FILES} files of ${Math.round(bytes / FILES)} bytes, a record each, the path as key`,
        headers: HEADERS,
        rows: [...runsOf].map(([name, all]) =>
          rowOf(name, all, sources[name] === files ? bytes : sizeOf(sources[name])),
        ),
      },
      bars: barsOf(runsOf),
      results: Object.fromEntries([...runsOf].map(([name, all]) => [name, all.map(({ wallSeconds }) => wallSeconds)])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the bytes of all files */
function writeFiles(folder) {
  let bytes = 0;
  for (let file = 0; file < FILES; file++) {
    const directory = join(folder, String(Math.floor(file / FILES_PER_FOLDER)).padStart(4, '0'));
    if (file % FILES_PER_FOLDER === 0) mkdirSync(directory, { recursive: true });
    const record = {
      id: file,
      name: `file ${file}`,
      values: Array.from({ length: 40 }, (_, i) => (file * 31 + i) % 997),
    };
    const text = JSON.stringify(record);
    writeFileSync(join(directory, `${file}.json`), text);
    bytes += text.length;
  }
  return bytes;
}

/** Both archives have the paths of the folder. */
function sourcesOf(folder, files) {
  const sources = { folder: files };
  const make = (name, tool, file, ...args) => {
    if (!hasTool(tool)) return;
    execFileSync(tool, args, { cwd: files });
    sources[name] = join(folder, file);
  };
  make('zip', 'zip', 'files.zip', '-q', '-r', join(folder, 'files.zip'), '.');
  make('tar.gz', 'tar', 'files.tar.gz', '-czf', join(folder, 'files.tar.gz'), '.');
  return sources;
}

/** @throws if two stores have not the same keys and records */
async function checkSame(stores) {
  const { openStore } = await built('src/index.js');
  const digests = [];
  for (const [name, directory] of stores) {
    const store = await openStore(directory);
    const hash = createHash('sha256');
    let records = 0;
    for await (const { key, text } of store.collection().rangeText()) {
      hash.update(`${key}\n${text}\n`);
      records++;
    }
    await store.close();
    if (records !== FILES) throw new Error(`${name} gave ${records} records of ${FILES}`);
    digests.push(hash.digest('hex'));
  }
  if (new Set(digests).size !== 1) throw new Error('an archive does not give the keys and records of its folder');
}

const sizeOf = (path) => (path === undefined ? undefined : statSync(path).size);

function rowOf(name, all, bytes) {
  const { median, min, max } = summary(all.map(({ wallSeconds }) => wallSeconds));
  const cpu = summary(all.map(({ cpuSeconds }) => cpuSeconds)).median;
  const peak = summary(all.map(({ peakAnonBytes }) => peakAnonBytes)).median;
  return [
    ...[name, bytes === undefined ? '–' : megabytes(bytes), rounded(median), `${rounded(min)}–${rounded(max)}`],
    ...[rounded(cpu), megabytes(peak), Math.round(FILES / median)],
  ];
}

function barsOf(runsOf) {
  const wall = (name) => summary(runsOf.get(name).map(({ wallSeconds }) => wallSeconds)).median;
  const [loop] = Object.keys(LOOPS);
  if (!runsOf.has(loop)) return [];
  return ['folder', 'zip', 'tar.gz']
    .filter((name) => runsOf.has(name))
    .map((name) =>
      atLeast(
        `${FILES} files, ${name}: speed of a loop of read, parse, insert`,
        BARS.filesOfLoop,
        wall(loop) / wall(name),
        '×',
      ),
    );
}
