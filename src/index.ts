// The public surface: what is not listed here is not promised.

import { later } from './base/load.js';
import type { RepairOptions, RepairReport } from './upkeep/repair/options.js';

export type { Collection, ReadableCollection, Scanned, ScannedText } from './api/collection.js';
export type { Snapshot } from './api/snapshot.js';
export type { CollectionStat, IndexStat, ReadersStat, StoreStat } from './api/stat.js';
export { openStore, type Store } from './api/store.js';
export { ERROR_CODES, type ErrorCode, type ErrorFacts, GristmillError } from './base/errors.js';
export type { StoreEvents } from './base/events.js';
export type { Freshness } from './base/freshness.js';
export type { StoreOptions } from './base/store-options.js';
export type { ConfigFile } from './config/config-file.js';
export type { KeyValue } from './keys/encode.js';
export { JsonNumber } from './keys/json-number.js';
export type { Answer, Latency } from './lookup/cache/latency-sampler.js';
export type { RangeOptions } from './lookup/index/range.js';
export type { ReadOptions } from './lookup/index/read-options.js';
export type { WarmReport } from './lookup/warm/warm.js';
export type { WarmOptions } from './lookup/warm/warm-up.js';
export type {
  BackgroundMetrics,
  CacheSize,
  CatalogMetrics,
  CollectionMetrics,
  ImportMetrics,
  ReadCounts,
  StoreMetrics,
} from './metrics/store-metrics.js';
export { type Memory, memory } from './store/lock/memory-place.js';
export type { Writer } from './store/types.js';
export type { CollectionOptions, Transaction, TransactionCollection } from './update/transaction.js';
export type { CompactOptions, CompactProgress, CompactReport } from './upkeep/compact/compact.js';
export type { RepairOptions, RepairProgress, RepairReport } from './upkeep/repair/options.js';
export type {
  BackupOptions,
  BackupReport,
  VerifyOptions,
  VerifyProgress,
  VerifyReport,
} from './upkeep/upkeep-options.js';
export type { Fault, RecordRange } from './upkeep/verify/faults.js';
export type { WatchOptions } from './watch/watch-options.js';
export type { Watcher } from './watch/watcher.js';

/** See upkeep/repair/repair.ts. */
export async function repairStore(directory: string, options?: RepairOptions): Promise<RepairReport> {
  return (await later.load()).repairStore(directory, options);
}
