// Question: does a hot key that is renewed ahead of its TTL ever keep a reader waiting, and how often is it looked up or
// loaded however many read it?
// Data: 20,000 small records, one of them hot; no frame cache, so each load of the record reads the disk. Method: a
// thousand readers ask for the hot key at the same time, again every 10 ms, over ten TTL periods; the store's own counters are
// looked at after each. In processes of their own: refresh-ahead at 80 % of the TTL; stale-while-revalidate instead; neither;
// and refresh-ahead while an import gives the key a new record in each period, which readers see at once.
// Reading: with refresh-ahead nobody may have to wait, and the key is looked up once each 80 % of the TTL. A record that has
// not changed is only looked up in the index; one that has is loaded, once for all who ask.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, atMost, BARS } from './bars.mjs';
import { reported } from './harness.mjs';
import { percentiles } from './latencies.mjs';
import { makeStore } from './lookup-stores.mjs';
import { rounded } from './report.mjs';

const RECORDS = 20_000;
const READERS = 1000;
const PERIODS = 10;
const TTL_MS = { full: 1000, quick: 300 };
const AHEAD_PERCENT = 80;
const AHEAD = 'refresh-ahead';
const CHANGED = 'refresh-ahead, the record changed in each period';
const RENEWALS = 'renewals in the background';
const NOT_FRESH = 'reads given what is stale, or that looked it up';
const VARIANTS = [
  { what: AHEAD, options: { refreshAheadPercent: AHEAD_PERCENT } },
  { what: 'stale while it is renewed', options: { refreshAheadPercent: 100, staleMs: 60_000 } },
  { what: 'neither', options: { refreshAheadPercent: 100, staleMs: 0 } },
  { what: CHANGED, options: { refreshAheadPercent: AHEAD_PERCENT }, changes: true },
];

export const question =
  'Does a hot key that is renewed ahead of its TTL ever keep a reader waiting, and how often is it looked up or loaded?';
export const method =
  `${READERS} readers ask for one key at the same time, every 10 ms, over ${PERIODS} TTL periods of ${TTL_MS.full} ms; no frame ` +
  'cache, so each load reads the disk. The first load of all is not counted.';

export async function run({ quick, scratch }) {
  const folder = mkdtempSync(join(scratch, 'refresh-'));
  try {
    const source = join(folder, 'source.ndjson');
    const lines = Array.from({ length: RECORDS }, (_, id) => JSON.stringify({ id, name: `name ${id}`, edition: 1 }));
    writeFileSync(source, `${lines.join('\n')}\n`);
    const out = await makeStore(folder, source, '--key', 'id');
    const task = {
      out,
      key: RECORDS / 2,
      readers: READERS,
      periods: PERIODS,
      ttl_ms: quick ? TTL_MS.quick : TTL_MS.full,
    };
    const results = [];
    for (const { what, ...variant } of VARIANTS) {
      console.error(`refresh: ${what}`);
      results.push({ what, ...(await reported('refresh-reads.mjs', { ...task, ...variant })) });
    }
    return report(results, task);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(results, { ttl_ms }) {
  const rows = results.map(({ what, periods, renewals, elapsed_ms, rounds_ms }) => {
    const total = (name) => periods.reduce((sum, period) => sum + period[name], 0);
    const { p50, p99, max } = percentiles(rounds_ms);
    const due = elapsed_ms / ((ttl_ms * AHEAD_PERCENT) / 100);
    return {
      ...{ what, renewals, due, reads: total('reads'), fresh: total('fresh'), stale: total('stale') },
      ...{ lookedUp: total('lookedUp'), waited: total('waited'), loads: total('loads'), p50, p99, max },
    };
  });
  const [ahead, changed] = [AHEAD, CHANGED].map((wanted) => rows.find(({ what }) => what === wanted));
  const misses = ahead.reads - ahead.fresh;
  return {
    data: { bytes: RECORDS * 44 },
    tables: [
      {
        title: `a hot key over ${PERIODS} TTL periods of ${ttl_ms} ms, ${READERS} readers at a time`,
        headers: [
          ...['', 'reads', 'cached, fresh', 'cached, stale', 'looked it up', 'waited for a load', 'loads'],
          ...['renewals in the background', 'ms for all readers: p50', 'p99', 'max'],
        ],
        rows: rows.map(({ what, reads, fresh, stale, lookedUp, waited, loads, renewals, p50, p99, max }) => [
          ...[what, reads, fresh, stale, lookedUp, waited, loads, renewals, rounded(p50), rounded(p99), rounded(max)],
        ]),
      },
    ],
    bars: [
      atMost(
        `refresh-ahead: of ${ahead.reads} reads, not answered from the cache`,
        BARS.missesOfHotKey,
        misses,
        'reads',
      ),
      atMost(
        `refresh-ahead, ${READERS} readers: renewals ÷ those due, one each ${AHEAD_PERCENT} % of the TTL`,
        BARS.renewalsOfDue,
        ahead.renewals / ahead.due,
        '×',
        `${ahead.renewals} renewals`,
      ),
      // None at all over ten periods would keep what is long past its time.
      atLeast('refresh-ahead: renewals a TTL period', 1, ahead.renewals / PERIODS, 'renewals'),
      atMost(
        `a record that changes: loads ÷ changes, ${READERS} readers`,
        BARS.loadsOfChanges,
        changed.loads / PERIODS,
        '×',
      ),
    ],
    pictures: [picture(results, ttl_ms)],
    results,
  };
}

function picture(results, ttl_ms) {
  const values = results
    .filter(({ what }) => what !== CHANGED)
    .flatMap(({ what, periods }) =>
      periods.flatMap(({ renewals, lookedUp, waited, stale }, period) => [
        { what, period: period + 1, measure: RENEWALS, count: renewals },
        { what, period: period + 1, measure: NOT_FRESH, count: stale + lookedUp + waited },
      ]),
    );
  const panel = (measure) => ({
    ...{ title: { text: measure, fontSize: 12 }, width: 280, height: 220 },
    transform: [{ filter: { field: 'measure', equal: measure } }],
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'period', type: 'ordinal', title: 'TTL period', axis: { labelAngle: 0 } },
      xOffset: { field: 'what', type: 'nominal', sort: null },
      // One read is to be seen beside a thousand.
      y: {
        ...{ field: 'count', type: 'quantitative', title: null, scale: { type: 'symlog' } },
        axis: { values: [0, 1, 2, 10, 100, 1000], format: ',d' },
      },
      color: { field: 'what', type: 'nominal', sort: null, legend: { symbolType: 'square' } },
    },
  });
  return {
    name: 'refresh',
    alt: 'Renewals of a hot key in the background, and reads that were given nothing fresh, in each of ten TTL periods: with refresh-ahead there are none',
    spec: {
      title: {
        text: `One hot key, ${READERS} readers at a time, a TTL of ${ttl_ms} ms`,
        subtitle: 'with refresh-ahead, each is given a fresh record from memory',
      },
      data: { values },
      hconcat: [panel(RENEWALS), panel(NOT_FRESH)],
    },
  };
}
