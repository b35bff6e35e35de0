// The public surface: what is not listed here is not promised.

import { later } from './load.js';
import type { RepairOptions, RepairReport } from './upkeep/repair-options.js';

export type { ConfigFile } from './config/config-file.js';
export { ERROR_CODES, type ErrorCode, type ErrorFacts, GristmillError } from './errors.js';
export type { StoreEvents } from './events.js';
export type { Freshness } from './freshness.js';
export type { Collection, ReadableCollection, Scanned, ScannedText } from './lookup/collection.js';
export type { RangeOptions } from './lookup/range.js';
export type { ReadOptions } from './lookup/read-options.js';
export type { Snapshot } from './lookup/snapshot.js';
export type { CollectionStat, IndexStat, ReadersStat, StoreStat } from './lookup/stat.js';
export type { WarmReport } from './lookup/warm.js';
export type { WarmOptions } from './lookup/warm-up.js';
export type { Answer, Latency } from './metrics/latency-sampler.js';
export type {
  BackgroundMetrics,
  CacheSize,
  CatalogMetrics,
  CollectionMetrics,
  ImportMetrics,
  ReadCounts,
  StoreMetrics,
} from './metrics/store-metrics.js';
export type { StoreOptions } from './options.js';
export { JsonNumber } from './store/json-number.js';
export type { KeyValue } from './store/key.js';
export { type Memory, memory } from './store/memory.js';
export { openStore, type Store } from './store/store.js';
export type { Writer } from './store/types.js';
export type { CollectionOptions, Transaction, TransactionCollection } from './update/transaction.js';
export type { CompactOptions, CompactProgress, CompactReport } from './upkeep/compact.js';
export type { Fault, RecordRange } from './upkeep/faults.js';
export type { RepairOptions, RepairProgress, RepairReport } from './upkeep/repair-options.js';
export type {
  BackupOptions,
  BackupReport,
  VerifyOptions,
  VerifyProgress,
  VerifyReport,
} from './upkeep/upkeep-options.js';
export type { WatchOptions } from './watch/watch-options.js';
export type { Watcher } from './watch/watcher.js';

/** See upkeep/repair.ts. */
export async function repairStore(directory: string, options?: RepairOptions): Promise<RepairReport> {
  return (await later.load()).repairStore(directory, options);
}
