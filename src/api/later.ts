// What a process that only looks things up does without: imports, upkeep, watching, exporters. The build makes one file of it
// (rolldown.config.mjs), read when any of it is first asked for (load.ts).
//
// Here the work that takes threads is given them: what stands below does not know the pool.

import type { CollectionsReport, ImportReport } from '../base/import-report.js';
import { exportBytes } from '../export/export.js';
import { exportFiles as exportFilesWith, type FilesReport } from '../export/files/export-files.js';
import type { FilledFilesOptions, FilledStreamOptions } from '../export/work/options.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import type { ImportSource } from '../import/sequence/named.js';
import type { ImportTarget } from '../import/work.js';
import type { KeyPath } from '../keys/key-path.js';
import type { Lookup } from '../lookup/lookup.js';
import type { IndexDefinition } from '../options/indexes.js';
import { readersFor, workersFor } from '../pool/in-process.js';
import { WorkerPool } from '../pool/pool.js';
import { importSources } from '../sources/import-sources.js';
import { type SyncOptions, type SyncReport, syncSources as syncWith } from '../sources/sync.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { ConversionKind } from '../store/files/layout.js';
import type { CollectionManifest } from '../store/types.js';
import { convertStore as convertWith } from '../upkeep/convert/convert.js';
import type { ConvertReport, EncryptOptions } from '../upkeep/convert/options.js';
import {
  type CompatibilityReport,
  type CompatibilityTarget,
  checkCompatibility,
  type StoreCompatibilityOptions,
} from '../upkeep/evolve/compatible.js';
import { applyMigration, undoMigrations as undoWith } from '../upkeep/evolve/evolve.js';
import type { EvolveOptions, EvolveReport, EvolveTarget, UndoOptions } from '../upkeep/evolve/options.js';
import type { IndexTarget } from '../upkeep/indexes/build.js';
import { createIndex as createWith } from '../upkeep/indexes/create.js';
import type { CreateIndexOptions, CreateIndexReport } from '../upkeep/indexes/options.js';
import type { FilledSchemaOptions } from '../upkeep/profile/options.js';
import { type CollectionProfile, type ProfileTarget, profileCollection } from '../upkeep/profile/profile.js';
import { exchangeDataKeys } from '../upkeep/reencrypt/exchange.js';
import type { ReencryptOptions } from '../upkeep/reencrypt/options.js';
import type { RepairOptions, RepairReport } from '../upkeep/repair/options.js';
import { repairStore as repairWith } from '../upkeep/repair/repair.js';
import type { SetSchemaOptions, SetSchemaReport } from '../upkeep/schema/options.js';
import { type SchemaTarget, setSchema as setWith } from '../upkeep/schema/set.js';
import type { VerifyOptions, VerifyReport } from '../upkeep/verify/options.js';
import { type VerifyTarget, verify as verifyWith } from '../upkeep/verify/verify.js';
import { Schema } from './schema/schema.js';

export { instrument } from '../metrics/opentelemetry.js';
export { prometheusRegistry } from '../metrics/prometheus.js';
export { keepAudit } from '../store/audit/prune.js';
export { auditLog, catalogCheckpoint, pruneAuditLog, verifyAuditLog } from '../upkeep/audit/audit.js';
export { backup } from '../upkeep/backup.js';
export { clear } from '../upkeep/collections/clear.js';
export { drop } from '../upkeep/collections/drop.js';
export { rename } from '../upkeep/collections/rename.js';
export { compact } from '../upkeep/compact/compact.js';
export { finalizeMigrations } from '../upkeep/evolve/evolve.js';
export { evolution } from '../upkeep/evolve/history.js';
export { dropIndex } from '../upkeep/indexes/drop.js';
export { retryQuarantine } from '../upkeep/quarantine/retry.js';
export { quarantinedRecords, quarantineFiles } from '../upkeep/quarantine/review.js';
export { unsetSchema } from '../upkeep/schema/unset.js';
export { share } from '../upkeep/share/share.js';
export { startWatcher } from '../watch/watcher.js';
export { schemaOfSources } from './schema/of-sources.js';
export { decodeSchema, typesOf } from './schema/schema.js';
/** For tests that have its tasks done in their own thread. */
export { WorkerPool };

/** A store whose threads are started here, unless the caller says how. */
type Threadless<Target extends { startWorkers: unknown }> = Omit<Target, 'startWorkers'> &
  Partial<Pick<Target, 'startWorkers'>>;

/** See sources/import-sources.ts. */
export function runImport(
  target: Threadless<ImportTarget>,
  sources: ImportSource | readonly ImportSource[],
  given?: ImportOptions,
): Promise<ImportReport>;
export function runImport(
  target: Threadless<ImportTarget>,
  sources: ImportSource | readonly ImportSource[],
  given?: ImportOptions | CollectionsImportOptions,
): Promise<ImportReport | CollectionsReport>;
export function runImport(
  target: Threadless<ImportTarget>,
  sources: ImportSource | readonly ImportSource[],
  given?: ImportOptions | CollectionsImportOptions,
): Promise<ImportReport | CollectionsReport> {
  return importSources(withThreads(target), sources, given);
}

/** See sources/sync.ts. */
export function syncSources(
  target: Threadless<ImportTarget>,
  sources: readonly (string | URL)[],
  given?: SyncOptions,
): Promise<SyncReport> {
  return syncWith(withThreads(target), sources, given);
}

/** See upkeep/verify/verify.ts. */
export function verify(
  target: Threadless<VerifyTarget>,
  given?: VerifyOptions,
  closing?: AbortSignal,
): Promise<VerifyReport> {
  return verifyWith({ startWorkers: (threads) => readersFor(target, threads), ...target }, given, closing);
}

/** See upkeep/indexes/create.ts. */
export function createIndex(
  target: Threadless<IndexTarget>,
  collection: string,
  index: KeyPath | IndexDefinition,
  given?: CreateIndexOptions,
): Promise<CreateIndexReport> {
  return createWith(withThreads(target), collection, index, given);
}

/** See upkeep/evolve/evolve.ts. */
export function evolve(
  target: Threadless<EvolveTarget>,
  migration: unknown,
  given?: EvolveOptions,
): Promise<EvolveReport> {
  return applyMigration(withThreads(target), migration, given);
}

/** See upkeep/evolve/evolve.ts. */
export function undoMigrations(
  target: Threadless<EvolveTarget>,
  collection: string,
  to: number,
  given?: UndoOptions,
): Promise<EvolveReport> {
  return undoWith(withThreads(target), collection, to, given);
}

/** See upkeep/evolve/compatible.ts. */
export function compatibility(
  target: Threadless<CompatibilityTarget>,
  migration: unknown,
  given?: StoreCompatibilityOptions,
): Promise<CompatibilityReport> {
  return checkCompatibility(withThreads(target), migration, given);
}

/** See upkeep/schema/set.ts. */
export function setSchema(
  target: Threadless<SchemaTarget>,
  collection: string,
  schema: string | object,
  given?: SetSchemaOptions,
): Promise<SetSchemaReport> {
  return setWith(withThreads(target), collection, schema, given);
}

/** See export/export.ts. */
export function exportCollection(lookup: Lookup, options: FilledStreamOptions): AsyncGenerator<Uint8Array> {
  return exportBytes(lookup, options, (threads) => readersFor(lookup.store, threads));
}

/** See export/files/export-files.ts. */
export function exportFiles(lookup: Lookup, directory: string, options: FilledFilesOptions): Promise<FilesReport> {
  return exportFilesWith(lookup, directory, options, (threads) => readersFor(lookup.store, threads));
}

/** See upkeep/profile/profile.ts. */
export async function collectionSchema(
  target: Threadless<ProfileTarget>,
  manifest: CollectionManifest,
  options: FilledSchemaOptions,
): Promise<{ readonly schema: Schema; readonly made: CollectionProfile }> {
  const made = await profileCollection(withThreads(target), manifest, options);
  return { schema: new Schema(made.profile, manifest.framing === 'object'), made };
}

/** See upkeep/repair/repair.ts. */
export function repairStore(directory: string, given?: RepairOptions): Promise<RepairReport> {
  return repairWith(directory, (threads, seal) => new WorkerPool(threads, undefined, seal), given);
}

/** See upkeep/convert/convert.ts. */
export function convertStore(kind: ConversionKind, directory: string, given: EncryptOptions): Promise<ConvertReport> {
  return convertWith(kind, directory, (threads, seal) => new WorkerPool(threads, undefined, seal), given);
}

/** See upkeep/reencrypt/exchange.ts, or with `closed` upkeep/convert/convert.ts. */
export function reencryptStore(directory: string, given: ReencryptOptions): Promise<ConvertReport> {
  if (given?.closed !== true) return exchangeDataKeys(directory, given);
  const { closed: _, ...options } = given;
  return convertStore('reencrypt', directory, options);
}

function withThreads<Target extends StorePlace>(target: Target) {
  return { startWorkers: (threads: number) => workersFor(target, threads), ...target };
}
