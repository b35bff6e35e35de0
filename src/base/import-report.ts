// What an import tells while it runs and what it reports: plain data, told by events and by `store.import` alike.

import type { ErrorCode } from './errors.js';

/**
 * What decided the layout of a source: an option (`layout`, `select`), the name of the file (`.ndjson`, `.jsonl`), the
 * collection that it is merged into, or its content.
 */
export type LayoutReason = 'option' | 'name' | 'collection' | 'content';

/**
 * The layout of a source. "ndjson": each line is a record. "values": the records are values one after another. "array": the
 * records are the elements of one array. "object": the records are the members of one object, and their names are the keys.
 * "elements": as "array", but the brackets of the array are missing.
 */
export type Layout = 'ndjson' | 'values' | 'array' | 'object' | 'elements';

/**
 * An implementation of zstd. "zstd-napi": the optional package of that name. "node": the one in Node, from 22.15 on. "wasm": a
 * package of WebAssembly. All of them write the same format, and each reads the frames of the others.
 */
export type ZstdName = 'zstd-napi' | 'node' | 'wasm';

/** The layout in which an import read some of its sources, and the reason for it. */
export interface LayoutReport {
  /** The layout. In a "folder", each file has its own layout, by the same rules. */
  readonly layout: Layout | 'folder';
  /** What decided it. */
  readonly because: LayoutReason;
  /** The number of sources that have this layout. */
  readonly sources: number;
  /** The path of the first of these sources. */
  readonly first: string;
  /** The same as a sentence, with the option that changes the layout. */
  readonly text: string;
}

/** The progress of an import. */
export interface ImportProgress {
  readonly stage: 'plan' | 'scan' | 'merge' | 'publish' | 'done';
  /**
   * Source bytes scanned so far. Of a compressed source, these are compressed bytes. Bytes of a span that is scanned
   * again count once.
   */
  readonly bytes: number;
  /** Source bytes in total. Infinity until the total is known: the total of a stream is known at its end. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the import began. */
  readonly seconds: number;
}

/** A file that an import left out, because of the option `onBadFile`. */
export interface BadFile {
  /** The path of the file. */
  readonly file: string;
  /** Why it was left out: a code of docs/errors.md, such as "SOURCE_NOT_READABLE" or "SOURCE_EMPTY". */
  readonly reason: ErrorCode;
  /** The same as a sentence. */
  readonly message: string;
}

/** Many records of an import have the same key as another: its key path is probably not unique. */
export interface SharedKeys {
  /** Good records of the import. */
  readonly records: number;
  /** The number of those that another record of the import with the same key replaced. */
  readonly replaced: number;
  /** The same as a sentence, with the key path. It is one of the warnings, too. */
  readonly text: string;
}

/**
 * The numbers of records that transactions had changed, and whose changes an import has kept or dropped. See option
 * `changes`.
 */
export interface EditCounts {
  /** Records whose changes were kept. */
  readonly kept: number;
  /** Records whose changes were dropped. */
  readonly dropped: number;
}

/**
 * The result of an import into several collections (option `collections`). Its numbers of records, shards and stored bytes
 * are the sums over them.
 */
export interface CollectionsReport<Name extends string = string>
  extends Pick<
    ImportReport,
    'sources' | 'updated' | 'bytes' | 'shards' | 'seconds' | 'stages' | 'workers' | 'zstd' | 'peakAnonBytes'
  > {
  /**
   * The report of each collection. Its `bytes.source` counts all bytes of the sources, also those of other collections.
   */
  readonly collections: Readonly<Record<Name, ImportReport>>;
  /** As in the reports of the collections: `read + added` always equals `stored + rejected + filtered + replaced`. */
  readonly records: Omit<ImportReport['records'], 'deletions'>;
}

/** The reports of the collections that an import has filled. */
export function reportsIn(report: ImportReport | CollectionsReport): readonly ImportReport[] {
  return 'collections' in report ? Object.values(report.collections) : [report];
}

/**
 * The result of an import. In `records`, `read + added` always equals `stored + rejected + filtered + replaced`, and
 * `+ deletions` if there are any.
 */
export interface ImportReport {
  /** The name of the collection. */
  readonly collection: string;
  /** How records that were there before were dealt with. */
  readonly mode: 'replace' | 'upsert' | 'insert';
  /** The layout of the source; with several sources, of the first. In a "folder", each file has its own layout. */
  readonly layout: Layout | 'folder';
  /** The layouts that the import assumed, with the reason for each, and the option that changes it. */
  readonly layouts: readonly LayoutReport[];
  /** The paths of the sources, as they were given. */
  readonly sources: readonly string[];
  /** The number of files read. Each file of a folder counts. Files that were left out do not count. */
  readonly files: number;
  /** The files that were left out because of `onBadFile`: their number, and the first 1,000 of them. */
  readonly badFiles: { readonly count: number; readonly files: readonly BadFile[] };
  readonly records: {
    readonly read: number;
    readonly stored: number;
    readonly rejected: number;
    /** Good records that the import did not store, because of the options `where`, `sample` and `transform`. Absent: none. */
    readonly filtered?: number;
    /** Records that option `transform` gave in addition to one for each record read. Absent: none. */
    readonly added?: number;
    /** Records of this import that another record of it with the same key replaced. */
    readonly replaced: number;
    /** Deletions of an Elasticsearch bulk file that were not replaced by a later action. Absent if there are none. */
    readonly deletions?: number;
  };
  /**
   * Present if at least a tenth of the good records, and at least two, were replaced by another record of this import: then
   * the key is probably not unique.
   */
  readonly sharedKeys?: SharedKeys;
  /** Records stored before this import that it replaced, in mode "upsert". (Mode "replace" does not count them.) */
  readonly updated: number;
  /**
   * Present if transactions had changed records that the import replaced. The counts in `records` are those before
   * these changes were applied.
   */
  readonly changes?: EditCounts;
  /** Bytes of the sources, and of the shards that were written. */
  readonly bytes: { readonly source: number; readonly stored: number };
  /** Shards that were written. */
  readonly shards: number;
  /** Spans of the sources, and how many of them were scanned again, because their beginning was guessed wrong. */
  readonly spans: { readonly total: number; readonly redone: number };
  /** The spans and source bytes that a resumed import took from the killed one. Absent if nothing was resumed. */
  readonly resumed?: { readonly spans: number; readonly bytes: number };
  /** The indexes, with the numbers of their entries and pages. */
  readonly indexes: readonly {
    readonly path: string | readonly string[];
    readonly entries: number;
    readonly pages: number;
  }[];
  /** Seconds that the import took. */
  readonly seconds: number;
  /** Seconds spent on each stage. */
  readonly stages: { readonly plan: number; readonly scan: number; readonly merge: number; readonly publish: number };
  /** The number of worker threads. 1 for a store in memory, whose imports run in the calling thread. */
  readonly workers: number;
  /** The zstd that compressed the records, and read sources in that form (docs/package.md). */
  readonly zstd: ZstdName;
  /**
   * The greatest anonymous memory of the process (RssAnon, all threads) that was measured, in bytes; 0 if the system
   * does not report it.
   */
  readonly peakAnonBytes: number;
  /** The path of the file of rejected records. Present with onBadRecord "quarantine", if a record was rejected. */
  readonly quarantine?: string;
  /** Sentences that the user should read, for example that an index path matched nothing. */
  readonly warnings: readonly string[];
}
