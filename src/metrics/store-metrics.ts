// What a store has done since it was opened, and how it stands: for `store.metrics()`, and through the table in
// metric-table.ts for Prometheus and OpenTelemetry. Made of the counters when somebody asks.

import type { Caches } from '../lookup/cache/caches.js';
import type { CollectionCaches } from '../lookup/cache/collection-caches.js';
import type { Answer, Latency } from '../lookup/cache/latency-sampler.js';
import type { BackgroundMetrics, CacheSize } from '../lookup/cache/sizes.js';
import type { Catalog } from '../store/types.js';
import type { ImportMeter } from './import-meter.js';
import { IMPORT_STAGES, type ImportStage } from './import-totals.js';
import { type ReadersStat, readersStat } from './stat.js';

/** The number of reads by where they were answered. Each record read by its key counts once, whether it is found or not. */
export interface ReadCounts extends Readonly<Record<Answer, number>> {
  /** Reads answered from the record cache, beyond the TTL of the record. */
  readonly stale: number;
  /** Reads that waited for a frame that another read had begun to load. */
  readonly shared: number;
  /** All reads. */
  readonly total: number;
}

/** The metrics of a collection, since the store was opened. */
export interface CollectionMetrics {
  /** Reads by where the record was found. */
  readonly reads: ReadCounts;
  /** The share (0…1) of found records that came from the record cache, and from any memory; 0 before the first read. */
  readonly hitRatio: { readonly record: number; readonly memory: number };
  /** The latency of reads in microseconds, by where they were answered. An answer without a timed read is absent. */
  readonly latency: Readonly<Partial<Record<Answer, Latency>>>;
  /** Background refreshes of cached records: finished ones, and failed ones. */
  readonly refreshes: { readonly done: number; readonly failed: number };
  /** Cached records that were the same in a newer generation. */
  readonly confirmed: number;
  /** Frames loaded in advance. */
  readonly prefetched: number;
  /** Entries that the caches dropped to make room. */
  readonly evicted: { readonly frames: number; readonly records: number };
  /** Entries that the caches dropped because of their age, or because nobody read them. */
  readonly expired: { readonly frames: number; readonly records: number };
}

/** The imports of this store object. An import that waits counts as running. */
export interface ImportMetrics {
  /** Imports under way. */
  readonly running: number;
  /** Imports that ended well. */
  readonly done: number;
  /** Imports that failed or were cancelled. */
  readonly failed: number;
  /** Source bytes read. */
  readonly bytes: number;
  /** Records read from sources. */
  readonly records: number;
  /** Bytes of the published shards. */
  readonly storedBytes: number;
  /**
   * The seconds spent on each stage, and the source bytes per such second. From map to merge, the seconds are the sum over
   * all threads. So the stage with the fewest bytes per second is the bottleneck.
   */
  readonly stages: Readonly<Record<ImportStage, { readonly seconds: number; readonly bytesPerSecond: number }>>;
  /** The worker threads of the imports under way, and the seconds that they worked so far. */
  readonly workers: {
    /** Threads that are busy now. */
    readonly busy: number;
    /** Threads that exist now. */
    readonly threads: number;
    /** Tasks that are waiting for a thread now. */
    readonly queued: number;
    /** Seconds that threads were busy, the sum over all threads. */
    readonly busySeconds: number;
    /** Seconds that threads existed, the sum over all threads. */
    readonly capacitySeconds: number;
    /** `busySeconds` divided by `capacitySeconds` (0…1). */
    readonly utilization: number;
  };
}

/** The metrics of the index, which all processes share. */
export interface CatalogMetrics {
  /** The number of publications so far, by all processes. */
  readonly generation: number;
  /** The processes and threads that read the index. */
  readonly readers: ReadersStat;
  /** Bytes of the index file. */
  readonly bytes: number;
  /** Bytes of the address space that the index is mapped to. */
  readonly mapBytes: number;
  /** The numbers of live and dead records, by collection. */
  readonly records: Readonly<Record<string, { readonly live: number; readonly dead: number }>>;
}

/** The metrics of a store object (docs/metrics.md). */
export interface StoreMetrics {
  /** Seconds since the store was opened. All counts began then. */
  readonly seconds: number;
  /** The metrics of each collection that was opened, by name. */
  readonly collections: Readonly<Record<string, CollectionMetrics>>;
  /** The caches, with their sizes. */
  readonly caches: readonly CacheSize[];
  /** Jobs that load frames in the background. */
  readonly background: BackgroundMetrics;
  /** Imports of this process. */
  readonly imports: ImportMetrics;
  /** The index. */
  readonly catalog: CatalogMetrics;
}

/** What metrics are made of. */
interface MetricSources {
  readonly openedAt: number;
  readonly catalog: Catalog;
  readonly caches: Caches;
  readonly imports: ImportMeter;
}

/** @throws GristmillError STORE_CLOSED */
export function storeMetrics({ openedAt, catalog, caches, imports }: MetricSources): StoreMetrics {
  return {
    seconds: (performance.now() - openedAt) / 1000,
    collections: Object.fromEntries(Array.from(caches.collections(), (of) => [of.collection, collectionMetrics(of)])),
    ...{ caches: caches.sizes(), background: caches.thread.jobs },
    ...{ imports: importMetrics(imports), catalog: catalogMetrics(catalog) },
  };
}

function collectionMetrics({ counters, sampler }: CollectionCaches): CollectionMetrics {
  const { recordHits, recordStale, frameHits, diskReads, loadsShared, inlineReads, absent } = counters;
  const inRecords = recordHits + recordStale;
  const inMemory = inRecords + frameHits;
  const found = inMemory + diskReads + loadsShared + inlineReads;
  return {
    reads: {
      ...{ recordCache: recordHits, stale: recordStale, frameCache: frameHits, disk: diskReads, shared: loadsShared },
      ...{ inline: inlineReads, absent, total: found + absent },
    },
    hitRatio: { record: ratio(inRecords, found), memory: ratio(inMemory, found) },
    latency: sampler.latencies(),
    refreshes: { done: counters.refreshes, failed: counters.refreshFailures },
    ...{ confirmed: counters.recordsConfirmed, prefetched: counters.framesPrefetched },
    evicted: { frames: counters.frameEvictions, records: counters.recordEvictions },
    expired: { frames: counters.framesExpired, records: counters.recordsExpired },
  };
}

function importMetrics(meter: ImportMeter): ImportMetrics {
  const { bytes, records, storedBytes, stages, busySeconds, capacitySeconds } = meter.totals();
  const stageRows = IMPORT_STAGES.map((stage) => {
    const seconds = stages[stage];
    return [stage, { seconds, bytesPerSecond: ratio(bytes, seconds) }] as const;
  });
  return {
    ...meter.counts,
    ...{ bytes, records, storedBytes },
    stages: Object.fromEntries(stageRows) as ImportMetrics['stages'],
    workers: {
      ...meter.threads(),
      ...{ busySeconds, capacitySeconds, utilization: ratio(busySeconds, capacitySeconds) },
    },
  };
}

function catalogMetrics(catalog: Catalog): CatalogMetrics {
  // First: reading the rest is reading too.
  const readers = readersStat(catalog);
  catalog.refresh();
  const collections = catalog.collections();
  return {
    ...{ generation: catalog.generation(), readers, bytes: catalog.bytes, mapBytes: catalog.mapBytes },
    records: Object.fromEntries(
      collections.map(({ name, records, dead, holes }) => [name, { live: records, dead: dead - holes }]),
    ),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
