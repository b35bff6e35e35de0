// The bars gristmill set itself. Each bench compares what it measured with its own; docs/performance.md lists them all.

import { rounded } from './report.mjs';

export const BARS = {
  /** Kernel: speed relative to JSON.parse of each line. */
  kernelOfParse: 10,
  /** Import: speed relative to the fastest rival, and wall time relative to `zstd -1 --single-thread`. */
  import: {
    nested: { ofRival: 3, ofZstd: 1.7 },
    events: { ofRival: 3, ofZstd: 1.7 },
    flat: { ofRival: 2.5, ofZstd: 2.2 },
  },
  /** One minified array on a single line, wall time relative to the same records as NDJSON. */
  arrayOfLines: 1.1,
  /** Compressed sources: many zstd frames, relative to `zstd -dc` piped in; one gzip member, time and MB of memory; parts; rivals. */
  framesOfPipe: 1.6,
  gzipOfLonger: 1.15,
  gzipBytesMore: 48,
  partsOfOne: 1.7,
  codecOfRival: 2,
  /** 20,000 small files, as a folder, zip or tar.gz, relative to a loop of read, JSON.parse and insert. */
  filesOfLoop: 4,
  /** Import without compression: speed relative to the default, of nested records. */
  noneOfDefault: 1.5,
  /** Bad records, relative to as many good ones; bytes of a quarantine file, relative to those of a run of bad records. */
  badOfGood: 2,
  quarantineOfBad: 2,
  /** Processor seconds of an import's main thread for each GB of source: what bounds it on many cores. */
  mainPerGB: { nested: 0.2, flat: 0.35 },
  peakAnonBytes: 300e6,
  /** Peak memory of a source eight times as large; also not less than the inverse. */
  peakGrowth: 1.1,
  /** getSync of a cached frame, relative to lmdb-js get and JSON.parse of the same record. */
  cachedOfLmdb: 1.2,
  randomMicros: 120,
  /** A transaction of one put, durable, relative to lmdb-js `put` with sync; and puts a second in one transaction of many. */
  transactionOfLmdb: 2,
  putsPerSecond: 50_000,
  /** Awaited puts, each durable: speed relative to lmdb-js, of one caller and of many, and to better-sqlite3; longest stalls. */
  putAloneOfLmdb: 1 / 1.5,
  putsOfLmdb: 1,
  putsOfSqlite: 3,
  putStallMs: 5,
  /** First reads of the hot set after a restart, and reads while generations are switched: p99 relative to what is hot, or to no switch. */
  warmOfHot: 2,
  switchOfNone: 2,
  failedReads: 0,
  mixedReads: 0,
  /** A hot key: reads that the cache did not answer; renewals relative to those due, and loads to changes, however many read. */
  missesOfHotKey: 0,
  renewalsOfDue: 1,
  loadsOfChanges: 1,
  /** Seconds until a change of a watched folder can be read; bytes read for it relative to the bytes that changed. */
  watchSeconds: 2,
  watchBytesOfChanged: 1,
  /** A grown NDJSON file: bytes read, relative to what was added; seconds and bytes relative to a file a quarter as large. */
  grownBytesOfAdded: 1.5,
  grownOfSmaller: 1.5,
  /** Growth of memory relative to the bytes a cache was given. */
  cacheMemory: 1.1,
  cacheFilled: 0.9,
  /** A hot read with metrics, relative to one without. */
  metricsOfNone: 1.03,
  /** A service, relative to the same one on better-sqlite3: requests a second, and p99. A late page relative to the first. */
  serviceOfSqlite: 1,
  serviceP99OfSqlite: 1,
  latePageOfFirst: 1.1,
  /** An import that replaces all while records are edited: edits lost, and p99 of reads relative to none, or to one elsewhere. */
  lostEdits: 0,
  nightlyOfNone: 1.2,
  /** Milliseconds from importing the library to an open store. */
  openMs: 40,
  /** Verification of the shards, speed per core relative to `zstd -d` of the same files. */
  verifyOfZstd: 0.8,
  /** An export of all records as NDJSON, relative to `zstd -d` of the shards, and of copied frames relative to `cat`; peak memory. */
  exportOfZstd: 1,
  exportOfCat: 0.9,
  exportPeakBytes: 200e6,
  /** CPU of an import that makes a profile, or checks clean records, relative to one that does not; a schema relative to DuckDB. */
  profileOfNone: 1.15,
  validateOfNone: 1.2,
  schemaOfDuckdb: 3,
  /** An index made from the stored records, relative to what it costs an import. */
  indexOfDifference: 1.2,
  /** An encrypted store relative to a plain one: import, getSync of cached frames and of none, a durable put. */
  encrypted: { import: 1.35, hot: 1.02, cold: 1.3, put: 1.3 },
};

/**
 * @typedef {{ what: string, bar: string, measured: string, met: boolean }} Bar
 */

/** @returns {Bar} */
export function atLeast(what, limit, measured, unit, note = '') {
  return { what, bar: `≥ ${+rounded(limit)} ${unit}`, measured: said(measured, unit, note), met: measured >= limit };
}

/** @returns {Bar} */
export function atMost(what, limit, measured, unit, note = '') {
  return { what, bar: `≤ ${+rounded(limit)} ${unit}`, measured: said(measured, unit, note), met: measured <= limit };
}

const said = (value, unit, note) => `${rounded(value)} ${unit}${note && ` (${note})`}`;
