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

/** Where reads were answered. Every record that was asked for by its key counts once, found or not. */
export interface ReadCounts extends Readonly<Record<Answer, number>> {
  /** From the record cache, with a record beyond its TTL. */
  readonly stale: number;
  /** Waited for a frame that another read had begun to load. */
  readonly shared: number;
  readonly total: number;
}

export interface CollectionMetrics {
  readonly reads: ReadCounts;
  /** Share (0…1) of the records found that the record cache had, and that were in memory at all; 0 before the first. */
  readonly hitRatio: { readonly record: number; readonly memory: number };
  /** How long reads took, in microseconds, by where they were answered; without those none of which was timed. */
  readonly latency: Readonly<Partial<Record<Answer, Latency>>>;
  /** Background renewals of cached records that ended well, and that failed. */
  readonly refreshes: { readonly done: number; readonly failed: number };
  /** Cached records that were found to be the same in a newer generation. */
  readonly confirmed: number;
  /** Frames loaded before they were asked for. */
  readonly prefetched: number;
  /** What was dropped from the caches for want of room, and for its age or because nobody read it. */
  readonly evicted: { readonly frames: number; readonly records: number };
  readonly expired: { readonly frames: number; readonly records: number };
}

/** Imports of this store object; waiting ones are running. */
export interface ImportMetrics {
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  /** Source bytes and records gone through. */
  readonly bytes: number;
  readonly records: number;
  /** Bytes of the shards that were published. */
  readonly storedBytes: number;
  /**
   * Seconds spent on each stage, and source bytes per such second. From map to merge they are seconds of all threads
   * together, so the slowest stage is the one to look at.
   */
  readonly stages: Readonly<Record<ImportStage, { readonly seconds: number; readonly bytesPerSecond: number }>>;
  readonly workers: {
    /** Threads that have something to do now, of all there are now. */
    readonly busy: number;
    readonly threads: number;
    /** Tasks that wait for a thread now. */
    readonly queued: number;
    /** Seconds that threads had something to do; seconds there were; one divided by the other (0…1), since the beginning. */
    readonly busySeconds: number;
    readonly capacitySeconds: number;
    readonly utilization: number;
  };
}

export interface CatalogMetrics {
  /** Publications so far, of all processes. */
  readonly generation: number;
  readonly readers: ReadersStat;
  /** Bytes of the index file, and of the address space it is mapped in. */
  readonly bytes: number;
  readonly mapBytes: number;
  /** Live and dead records by collection. */
  readonly records: Readonly<Record<string, { readonly live: number; readonly dead: number }>>;
}

export interface StoreMetrics {
  /** Seconds since the store was opened: all counts are since then. */
  readonly seconds: number;
  /** By name; without those that were not opened. */
  readonly collections: Readonly<Record<string, CollectionMetrics>>;
  readonly caches: readonly CacheSize[];
  readonly background: BackgroundMetrics;
  readonly imports: ImportMetrics;
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
