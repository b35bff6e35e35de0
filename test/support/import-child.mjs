// An import in a process of its own, which a test can hold or kill at a given point. Argument: JSON of
//   { directory, sources, options, killAtScan?, killAtMerge?, killAtStage?, holdAtScan?, seal? }
// Scans and merges in its own thread, so that points are met in order. Prints "held" when it holds, and goes on with the
// next byte of stdin; the report, or the error's code, as its last line. `killAtScan: n` kills it when its n-th scan begins
// and the spans that were accepted by then are in the journal.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runImport } from '../../dist/src/api/later.js';
import { decodePart } from '../../dist/src/import/feed/decode-part.js';
import { mergeEntries } from '../../dist/src/import/merge/entries.js';
import { scanSpan } from '../../dist/src/import/scan/scan-span.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { filesOf } from '../../dist/src/store/sealed/files.js';

const { directory, sources, options, seal: text, ...points } = JSON.parse(/** @type {string} */ (process.argv[2]));
/** The keys of an encrypted store, whose bytes came as text. @type {import('../../dist/src/store/seal/types.js').SealKeys | undefined} */
const seal = text && {
  ...text,
  storeId: Buffer.from(text.storeId, 'hex'),
  dataKeys: text.dataKeys.map((/** @type {{ number: number, key: string }} */ { number, key }) => {
    return { number, key: Buffer.from(key, 'hex') };
  }),
};
const blobs = filesOf(seal);
/** Spans under way with one worker: the n-th scan begins when n − 4 spans were accepted. */
const CREDITS = 4;
let scans = 0;
let merges = 0;
/** Spans in the journal when it began. @type {number | undefined} */
let before;
/** @type {Promise<void> | undefined} */
let held;

const die = () => process.kill(process.pid, 'SIGKILL');

async function hold() {
  process.stdout.write('held\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.pause();
}

function journalLines() {
  for (const id of points.journalFrom === undefined ? readdirSync(join(directory, 'tmp')) : []) {
    return readFileSync(join(directory, 'tmp', id, 'journal'), 'utf8').split('\n').length - 2;
  }
  return 0;
}

/** The journal follows behind the scan: at the first merge it may be empty, and then there is nothing to resume. */
async function dieWithJournal() {
  while (points.journalFrom === undefined && journalLines() === 0) await setTimeout(1);
  die();
}

/** @type {Promise<void> | undefined} */
let dying;

const startWorkers = () => ({
  /** @param {import('../../src/import/tasks/span.js').SpanOrder} task */
  async scan(task) {
    scans++;
    before ??= journalLines();
    if (scans === points.killAtScan) {
      while (journalLines() < before + scans - CREDITS) await setTimeout(1);
      die();
    }
    if (scans >= points.holdAtScan) {
      held ??= hold();
      await held;
    }
    return scanSpan(task, blobs);
  },
  /** @param {import('../../src/import/feed/decode-part.js').PartTask} task */
  decode: async (task) => decodePart(task),
  /** @param {import('../../src/import/tasks/merge.js').MergeTask} task */
  async merge(task) {
    if (++merges === points.killAtMerge) dying ??= dieWithJournal();
    await dying;
    return mergeEntries(task, blobs);
  },
  async close() {},
});

const catalog = await openRecovered({ directory, blobs, seal }, { create: true, readOnly: false });
try {
  /** @param {import('../../src/base/import-report.js').ImportProgress} progress */
  const onProgress = ({ stage }) => {
    if (stage !== points.killAtStage) return;
    if (stage === 'merge') dying ??= dieWithJournal();
    else die();
  };
  const target = { directory, blobs, seal, catalog, startWorkers, journalFrom: points.journalFrom ?? 0 };
  const report = await runImport(target, sources, { ...options, workers: 1, onProgress });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (error) {
  const { code, message } = /** @type {import('../../src/base/errors.js').GristmillError} */ (error);
  process.stdout.write(`${JSON.stringify({ error: code, message })}\n`);
} finally {
  await catalog.close();
}
