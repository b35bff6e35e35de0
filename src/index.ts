// The public surface: what is not listed here is not promised.

import './bundled.js';
import type { ImportSources } from './api/importing.js';
import { later } from './api/load.js';
import type { SchemaOfOptions, SchemaReport } from './api/schema/of-sources.js';
import type { Schema } from './api/schema/schema.js';
import { nameErrors } from './base/system-errors.js';
import type { RepairOptions, RepairReport } from './upkeep/repair/options.js';

export type { Audit } from './api/audit.js';
export type { Collection } from './api/collection.js';
export { decryptStore, encryptStore, reencryptStore } from './api/encryption/convert.js';
export { type InitOptions, initStore } from './api/encryption/init.js';
export { type RotateKeyOptions, rotateKey } from './api/encryption/rotate.js';
export type { ImportSources } from './api/importing.js';
export type { MaintainedStore } from './api/maintained-store.js';
export type { Quarantine } from './api/quarantine.js';
export type { ReadableCollection } from './api/readable-collection.js';
export type { RowReads } from './api/reads/row-reads.js';
export type { SchemaOfOptions, SchemaReport } from './api/schema/of-sources.js';
export type { Schema } from './api/schema/schema.js';
export type { Snapshot } from './api/snapshot.js';
export { openStore, type Store } from './api/store.js';
export { ERROR_CODES, type ErrorCode, type ErrorFacts, GristmillError, type SchemaViolation } from './base/errors.js';
export type { RecordCounts, StoreEvents } from './base/events.js';
export type {
  BadFile,
  CollectionsReport,
  EditCounts,
  ImportProgress,
  ImportReport,
  Layout,
  LayoutReason,
  LayoutReport,
  SharedKeys,
  ZstdName,
} from './base/import-report.js';
export type { ConfigFile, Written, WrittenAs } from './config/config-file.js';
export type { Proposal, ProposedMigration, Question } from './evolve/diff/diff.js';
export type { Evidence } from './evolve/diff/similarity.js';
// Migrations as data: to write them, and to test them without a store.
export { type FailureReason, MigrationFailure } from './evolve/failure.js';
export { type MigrationBuilder, migration, type OperationBuilder } from './evolve/operations/builder.js';
export { checkMigration } from './evolve/operations/check.js';
export { planOf } from './evolve/plan/plan.js';
export type {
  Functions,
  JsonValue,
  Migration,
  MigrationFunction,
  OnFailure,
  Operation,
  OperationName,
  Plan,
  Scalar,
  ScalarKind,
  StoredMigration,
} from './evolve/types.js';
export type { FilesReport } from './export/files/export-files.js';
export type {
  ExportCodec,
  ExportFormat,
  FilesOptions,
  SelectionOptions,
  StreamOptions,
} from './export/work/options.js';
export type { CodecName } from './import/codec/codec.js';
export type { StreamSource } from './import/feed/pieces.js';
export type { FormatName } from './import/format/coding.js';
export type { CollectionsImportOptions, ImportedPlace, ImportOptions, OnChanged } from './import/options/types.js';
export type { ProfiledFacts } from './import/profile.js';
export type { ImportSource } from './import/sequence/named.js';
export type { KeyPart, KeyValue } from './keys/encode.js';
export { JsonNumber } from './keys/json-number.js';
export type { KeyPath } from './keys/key-path.js';
export type { Answer, Latency } from './lookup/cache/latency-sampler.js';
export type { BackgroundMetrics, CacheSize } from './lookup/cache/sizes.js';
export type { RangeOptions } from './lookup/index/range.js';
export type { ReadOptions } from './lookup/index/read-options.js';
export type { KeyCount } from './lookup/rows/counting.js';
export type { CountOptions, DistinctOptions, EndOptions, FindOptions } from './lookup/rows/options.js';
export type { Row, RowPosition, TextRow } from './lookup/rows/row.js';
export type { ScanOptions } from './lookup/rows/scan.js';
export type { WarmReport } from './lookup/warm/warm.js';
export type { WarmOptions } from './lookup/warm/warm-up.js';
export type { ImportStage } from './metrics/import-totals.js';
export type { Registry } from './metrics/prometheus.js';
export type {
  CollectionStat,
  EncryptionStat,
  IndexStat,
  QuarantineStat,
  ReadersStat,
  StoreStat,
} from './metrics/stat.js';
export type {
  CatalogMetrics,
  CollectionMetrics,
  ImportMetrics,
  ReadCounts,
  StoreMetrics,
} from './metrics/store-metrics.js';
export type { AuditFields, AuditOptions, Reason, ResolvedAuditOptions } from './options/audit.js';
export type { NoOptions } from './options/check.js';
export type { EncryptionOptions, KeyCallback, KeyContext, KeyService } from './options/encryption.js';
export type { Freshness } from './options/freshness.js';
export type { IndexDefinition } from './options/indexes.js';
export type {
  AnyCollections,
  AnyNameIn,
  DeepReadonly,
  DefaultRecord,
  MergePatch,
  Primitive,
  ReadValue,
  RecordIn,
  Synchronous,
  WithBigints,
} from './options/record-types.js';
export type { WaitingOptions, Writer, WriterOperation } from './options/shared.js';
export type {
  CacheOptions,
  CollectionReadOptions,
  CollectionsOptions,
  Complete,
  PlainStoreOptions,
  ResolvedCacheOptions,
  ResolvedStoreOptions,
  StoreOptions,
} from './options/store-types.js';
export type { Codec, ValueOptions } from './options/values.js';
export type { SchemaChange, SchemaDifference, SchemaRange, SchemaSizes } from './profile/show/diff.js';
export type { SchemaType } from './profile/show/facts.js';
export type { JsonSchemaOptions } from './profile/show/json-schema.js';
export type { SchemaFacts, SchemaValue } from './profile/show/observed.js';
export type { SchemaJson, SchemaRow } from './profile/show/rows.js';
export type { TypescriptOptions } from './profile/show/typescript.js';
export type { KindCounts, StringFormat } from './profile/types.js';
export type { AuditCheckpoint } from './store/audit/checkpoint.js';
export type { AuditOperation } from './store/audit/operations.js';
export type { AuditPruneReport } from './store/audit/prune.js';
export type {
  AuditActor,
  AuditChange,
  AuditCollection,
  AuditEntry,
  AuditNote,
  AuditPart,
  AuditRecord,
  AuditSource,
} from './store/audit/types.js';
export type { AuditFault, AuditVerifyReport } from './store/audit/verify.js';
export { type Memory, memory } from './store/lock/memory-place.js';
export type { Leftovers } from './store/lock/sweep.js';
export type { LockRecord } from './store/lock-types.js';
export type { CollectionOptions } from './update/collection-options.js';
export type { KeyBounds } from './update/delete-range.js';
export type { Transaction } from './update/transaction.js';
export type { TransactionCollection } from './update/transaction-collection.js';
export type { TransactionReads, WithoutFreshness } from './update/transaction-reads.js';
export type {
  AuditKeepOptions,
  AuditLogOptions,
  AuditPruneOptions,
  AuditTime,
  AuditVerifyOptions,
} from './upkeep/audit/options.js';
export type { BackupOptions, BackupReport } from './upkeep/backup-options.js';
export type { CollectionChangeOptions, RemovedReport } from './upkeep/collections/options.js';
export type { CompactOptions, CompactProgress, CompactReport } from './upkeep/compact/options.js';
export type {
  ConvertProgress,
  ConvertReport,
  DecryptOptions,
  EncryptOptions,
} from './upkeep/convert/options.js';
export type { CompatibilityMode, CompatibilityReport, StoreCompatibilityOptions } from './upkeep/evolve/compatible.js';
export type { AppliedMigration, EvolutionStatus } from './upkeep/evolve/history.js';
export type { EvolvedIndex } from './upkeep/evolve/indexes.js';
export type { EvolveOptions, EvolveReport, UndoOptions } from './upkeep/evolve/options.js';
export type { RecordFailures } from './upkeep/evolve/record-failures.js';
export type {
  CreateIndexOptions,
  CreateIndexReport,
  DropIndexOptions,
  IndexProgress,
} from './upkeep/indexes/options.js';
export type { SchemaOptions, SchemaProgress } from './upkeep/profile/options.js';
export type { CorrectedRecord, RetryOptions, RetryReport } from './upkeep/quarantine/options.js';
export type { QuarantinedRecord, QuarantineFile } from './upkeep/quarantine/review.js';
export type { ReencryptOptions } from './upkeep/reencrypt/options.js';
export type { RepairOptions, RepairProgress, RepairReport } from './upkeep/repair/options.js';
export type {
  CarriedSchema,
  SetSchemaOptions,
  SetSchemaReport,
  UnsetSchemaOptions,
} from './upkeep/schema/options.js';
export type { ShareOptions, ShareReport } from './upkeep/share/options.js';
export type { Fault, RecordRange } from './upkeep/verify/faults.js';
export type { VerifyOptions, VerifyProgress, VerifyReport } from './upkeep/verify/options.js';
export type { WatchOptions } from './watch/watch-options.js';
export type { Watcher } from './watch/watcher.js';

/**
 * Makes a new index for a damaged store, from its catalog or its shards, and keeps the old index. No other process may have
 * the store open.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_BUSY, STORE_TOO_NEW, DISK_FULL,
 * IO_ERROR, CANCELLED: then the store was not changed. TypeError for a wrong option.
 * @example const { from, lost } = await repairStore('./store');
 */
export async function repairStore(directory: string, options?: RepairOptions): Promise<RepairReport> {
  const { repairStore: repair } = await later.load();
  return nameErrors('repair the store', directory, () => repair(directory, options));
}

/**
 * Tells what paths and values the records of sources have. The sources are those that `store.import` takes. They are read once,
 * all of them, and nothing is stored.
 * @throws GristmillError (docs/errors.md); TypeError for a wrong option
 * @example const { schema } = await schemaOf('big.json.zst', { select: '/users' });
 */
export async function schemaOf(sources: ImportSources, options?: SchemaOfOptions): Promise<SchemaReport> {
  const { schemaOfSources } = await later.load();
  return schemaOfSources(sources, options);
}

/**
 * The schema of bytes that `schema.encode()` gave.
 * @throws GristmillError CHECKSUM_MISMATCH if they are others
 */
export async function schemaFrom(bytes: Uint8Array): Promise<Schema> {
  const { decodeSchema } = await later.load();
  return decodeSchema(bytes);
}

/**
 * The types of several collections, as the text of one TypeScript module.
 * @example await schemaTypes([{ name: 'users', schema: await store.collection('users').schema() }]);
 */
export async function schemaTypes(
  collections: readonly { readonly name: string; readonly schema: Schema }[],
): Promise<string> {
  return (await later.load()).typesOf(collections);
}
