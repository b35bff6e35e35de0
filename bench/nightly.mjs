// Question: what do the users of a service notice of the nightly import that replaces its whole catalogue while they edit it?
// Data: the catalogue of bench/service.mjs, 129 MB; the import brings the same items at other prices. Method: the service on
// gristmill, asked at fixed times: 500 reads and 100 edits a second (a patch of an item that was not edited before). Meanwhile
// `gristmill import` in mode replace, with `--changes keep`, as a process of its own: into another store, and into the store
// of the service, in turns; before them neither. Afterwards the store is opened again: each edit that was answered must be in
// its item, in the newest edition.
// Reading: latencies from when a read was due. An import takes all cores: "another store" says what that alone costs, and
// the rest is what the store itself adds.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openStore } from '../dist/src/index.js';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { runProcess } from './harness.mjs';
import { percentiles } from './latencies.mjs';
import { rounded } from './report.mjs';
import { IMPORT_FLAGS, ITEMS, writeCatalogue } from './services/catalogue.mjs';
import { Load } from './services/load.mjs';
import { Service } from './services/process.mjs';
import { now_ms } from './stalls-clock.mjs';

const LOAD = { connections: 20, readsPerSecond: 500, editsPerSecond: 100 };
const NOTHING = 'no import';
const ELSEWHERE = 'the same import into another store';
const HERE = 'the import into the store';
/** Before anything counts: V8 and the caches. */
const WARM_UP_MS = 3000;
const PAUSE_MS = 500;

export const question =
  'What do the users of a service notice of a nightly import that replaces its catalogue while they edit it?';
export const method =
  `A Fastify service on a catalogue of ${ITEMS.full} items, ${LOAD.readsPerSecond} reads and ${LOAD.editsPerSecond} edits a second, each at a ` +
  'fixed time; `gristmill import --changes keep` of a new edition as a process of its own, into another store and into the ' +
  'store of the service, in turns. Latencies from when a request was due, in milliseconds.';

export async function run({ quick, scratch }) {
  const count = quick ? ITEMS.quick : ITEMS.full;
  const folder = mkdtempSync(join(scratch, 'nightly-'));
  let service;
  try {
    const sources = [1, 2, 3].map((edition) => join(folder, `edition-${edition}.ndjson`));
    const [bytes] = sources.map((source, at) => writeCatalogue(source, count, at + 1));
    const [here, elsewhere] = ['here', 'elsewhere'].map((name) => join(folder, name));
    for (const store of [here, elsewhere]) await importInto(store, sources[0]);
    service = await Service.start('gristmill', here);
    const load = await Load.start({ ...LOAD, port: service.port, count });
    await setTimeout(WARM_UP_MS);
    const spans = await phases(sources.slice(1), here, elsewhere, quick);
    await load.stop();
    await service.stop();
    const lost = await lostEdits(here, load.acknowledged, count, spans.at(-1).edition);
    return { data: { bytes }, ...report(spans, load, lost) };
  } finally {
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the spans in which nothing, or an import, was going on */
async function phases(sources, here, elsewhere, quick) {
  const spans = [];
  const phase = async (name, work, edition) => {
    const from = now_ms();
    await work();
    spans.push({ phase: name, from, to: now_ms(), edition });
    await setTimeout(PAUSE_MS);
  };
  await phase(NOTHING, () => setTimeout(quick ? 2000 : 10_000));
  for (let round = 0; round < (quick ? 2 : 6); round++) {
    const edition = 2 + (round % sources.length);
    const source = sources[edition - 2];
    await phase(ELSEWHERE, () => importInto(elsewhere, source));
    await phase(HERE, () => importInto(here, source), edition);
    console.error(`nightly: import ${round + 1}`);
  }
  return spans;
}

async function importInto(store, source) {
  const { command, args } = gristmillImport(source, store, ...IMPORT_FLAGS, '--changes', 'keep');
  const { exitCode, stderr } = await runProcess(command, args);
  if (exitCode !== 0) throw new Error(`the import ended with ${exitCode}: ${stderr}`);
}

/** How many of the edits that were acknowledged are not in the store, with the newest edition of their item. */
async function lostEdits(directory, acknowledged, count, edition) {
  const store = await openStore(directory, { readOnly: true });
  try {
    const items = store.collection('items');
    if (items.count() !== count) throw new Error(`${items.count()} items of ${count} are there`);
    let lost = 0;
    for (const [id, stock] of acknowledged) {
      const item = items.getSync(id);
      if (item?.stock !== stock || item.edition !== edition) lost++;
    }
    return lost;
  } finally {
    await store.close();
  }
}

function report(spans, { reads, edits, acknowledged, errors }, lost) {
  const within = (samples, name) => {
    const of = spans.filter(({ phase }) => phase === name);
    const due = samples.filter(({ at }) => of.some(({ from, to }) => at >= from && at < to));
    return percentiles(due.map(({ ms }) => ms));
  };
  const rows = [NOTHING, ELSEWHERE, HERE].map((name) => ({
    name,
    seconds: spans.filter(({ phase }) => phase === name).reduce((sum, { from, to }) => sum + (to - from) / 1e3, 0),
    reads: within(reads, name),
    edits: within(edits, name),
  }));
  const [none, elsewhere, here] = rows.map((row) => row.reads.p99);
  const figures = ({ p50, p99, max }) => [p50, p99, max].map(rounded);
  return {
    tables: [
      {
        title: 'latencies from when a request was due, ms',
        headers: ['meanwhile', 'seconds', 'reads', 'p50', 'p99', 'longest', 'edits', 'p50', 'p99', 'longest'],
        rows: rows.map((row) => [
          ...[row.name, rounded(row.seconds), row.reads.samples, ...figures(row.reads)],
          ...[row.edits.samples, ...figures(row.edits)],
        ]),
      },
      {
        title: 'edits',
        headers: ['acknowledged', 'lost', 'failed requests'],
        rows: [[acknowledged.size, lost, errors]],
      },
    ],
    bars: [
      atMost('nightly replace beside edits: failed requests', BARS.failedReads, errors, 'requests'),
      atMost('nightly replace beside edits: lost edits', BARS.lostEdits, lost, 'edits'),
      atMost('read p99 beside the nightly replace ÷ without an import', BARS.nightlyOfNone, here / none, '×'),
      atMost(
        'read p99 beside the nightly replace ÷ the same import elsewhere',
        BARS.nightlyOfNone,
        here / elsewhere,
        '×',
      ),
    ],
    results: { phases: rows, acknowledged: acknowledged.size, lost, errors },
  };
}
