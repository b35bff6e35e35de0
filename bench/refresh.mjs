// Question: does a hot key that is renewed ahead of its TTL ever keep a reader waiting, and how many loads does one renewal
// take however many read it?
// Data: 20,000 small records, one of them hot; no frame cache, so each load of the record reads the disk. Method: a
// thousand readers ask for the hot key at the same time, again every 10 ms, over ten TTL periods; the store's own counters are
// looked at after each round of readers. In processes of their own: refresh-ahead at 80 % of the TTL; the same key without it
// but stale-while-revalidate; and neither.
// Reading: with refresh-ahead no reader may have to wait after the first load, and each renewal is one load.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { reported } from './harness.mjs';
import { percentiles } from './latencies.mjs';
import { makeStore } from './lookup-stores.mjs';
import { rounded } from './report.mjs';

const RECORDS = 20_000;
const READERS = 1000;
const PERIODS = 10;
const TTL_MS = { full: 600, quick: 200 };
const AHEAD = 'refresh-ahead';
const VARIANTS = [
  { what: AHEAD, options: { refreshAheadPercent: 80 } },
  { what: 'stale while it is renewed', options: { refreshAheadPercent: 100, staleMs: 60_000 } },
  { what: 'neither', options: { refreshAheadPercent: 100, staleMs: 0 } },
];

export const question =
  'Does a hot key that is renewed ahead of its TTL ever keep a reader waiting, and how many loads is a renewal?';
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
    for (const { what, options } of VARIANTS) {
      console.error(`refresh: ${what}`);
      results.push({ what, ...(await reported('refresh-reads.mjs', { ...task, options })) });
    }
    return report(results, task);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(results, { ttl_ms }) {
  const rows = results.map(({ what, periods, refreshes, rounds_ms }) => {
    const total = (name) => periods.reduce((sum, period) => sum + period[name], 0);
    const { p50, p99, max } = percentiles(rounds_ms);
    return {
      ...{ what, refreshes, reads: total('reads'), fresh: total('fresh'), stale: total('stale') },
      ...{ waited: total('waited'), loads: total('loads'), p50, p99, max },
    };
  });
  const ahead = rows.find(({ what }) => what === AHEAD);
  return {
    data: { bytes: RECORDS * 44 },
    tables: [
      {
        title: `a hot key over ${PERIODS} TTL periods of ${ttl_ms} ms, ${READERS} readers at a time`,
        headers: [
          ...['', 'reads', 'from the cache, fresh', 'stale', 'waited for a load', 'loads', 'renewals'],
          ...['ms for all readers: p50', 'p99', 'max'],
        ],
        rows: rows.map(({ what, reads, fresh, stale, waited, loads, refreshes, p50, p99, max }) => [
          ...[what, reads, fresh, stale, waited, loads, refreshes, rounded(p50), rounded(p99), rounded(max)],
        ]),
      },
    ],
    bars: [
      atMost(
        `refresh-ahead: reads of a hot key that waited, of ${ahead.reads}`,
        BARS.missesOfHotKey,
        ahead.waited + ahead.stale,
        'reads',
      ),
      atMost(
        `refresh-ahead: loads ÷ renewals, ${READERS} readers`,
        BARS.loadsPerRefresh,
        // None at all would be no refresh.
        ahead.refreshes === 0 ? Number.POSITIVE_INFINITY : ahead.loads / ahead.refreshes,
        '×',
        `${ahead.refreshes} renewals`,
      ),
    ],
    pictures: [picture(results, ttl_ms)],
    results,
  };
}

function picture(results, ttl_ms) {
  const values = results.flatMap(({ what, periods }) =>
    periods.flatMap(({ loads, waited }, period) => [
      { what, period: period + 1, measure: 'loads', count: loads },
      { what, period: period + 1, measure: 'reads that waited for one', count: waited },
    ]),
  );
  const panel = (measure) => ({
    ...{ title: { text: measure, fontSize: 12 }, width: 280, height: 220 },
    transform: [{ filter: { field: 'measure', equal: measure } }],
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'period', type: 'ordinal', title: 'TTL period', axis: { labelAngle: 0 } },
      xOffset: { field: 'what', type: 'nominal', sort: null },
      y: { field: 'count', type: 'quantitative', title: null, axis: { tickMinStep: 1 } },
      color: { field: 'what', type: 'nominal', sort: null, legend: { symbolType: 'square' } },
    },
  });
  return {
    name: 'refresh',
    alt: 'Loads of a hot key, and reads that had to wait for them, in each of ten TTL periods: with refresh-ahead nobody waits',
    spec: {
      title: {
        text: `One hot key, ${READERS} readers at a time, a TTL of ${ttl_ms} ms`,
        subtitle: 'each renewal is one load, and with refresh-ahead nobody waits for it',
      },
      data: { values },
      hconcat: [panel('loads'), panel('reads that waited for one')],
    },
  };
}
