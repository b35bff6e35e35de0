// The part of a store that changes how its data lies, or looks after it: collections and indexes as a whole, compaction,
// verification, backups. All of it is loaded when it is first asked for.

import type { Migration } from '../evolve/types.js';
import type { KeyPath } from '../keys/key-path.js';
import type { IndexDefinition } from '../options/indexes.js';
import type { ResolvedStoreOptions } from '../options/store-types.js';
import type { StorePlace } from '../store/files/blobs.js';
import { LmdbCatalog } from '../store/lmdb/catalog.js';
import type { Catalog } from '../store/types.js';
import type { BackupOptions, BackupReport } from '../upkeep/backup-options.js';
import type { ChangeTarget } from '../upkeep/collections/change.js';
import type { CollectionChangeOptions, RemovedReport } from '../upkeep/collections/options.js';
import type { CompactOptions, CompactReport } from '../upkeep/compact/options.js';
import type { CompatibilityReport, StoreCompatibilityOptions } from '../upkeep/evolve/compatible.js';
import type { EvolutionStatus } from '../upkeep/evolve/history.js';
import type { EvolveOptions, EvolveReport, UndoOptions } from '../upkeep/evolve/options.js';
import type { CreateIndexOptions, CreateIndexReport, DropIndexOptions } from '../upkeep/indexes/options.js';
import type { CarriedSchema, SetSchemaOptions, SetSchemaReport, UnsetSchemaOptions } from '../upkeep/schema/options.js';
import type { ShareOptions, ShareReport } from '../upkeep/share/options.js';
import type { VerifyOptions, VerifyReport } from '../upkeep/verify/options.js';
import type { Acting } from './audit.js';
import { later } from './load.js';
import type { StoreParts } from './parts.js';
import { carriedSchema } from './schema/carried.js';
import type { Access } from './work/access.js';

/** The methods of a store that change how its data lies, or look after it. A store inherits them. */
export abstract class MaintainedStore {
  readonly #place: StorePlace;
  readonly #options: ResolvedStoreOptions;
  readonly #catalog: Catalog;
  readonly #acting: Acting;
  readonly #access: Access;

  /** @internal */
  constructor({ place, options, catalog, acting, access }: StoreParts) {
    this.#place = place;
    this.#options = options;
    this.#catalog = catalog;
    this.#acting = acting;
    this.#access = access;
  }

  /**
   * Makes a secondary index of a collection from its stored records. Meanwhile, others may read the collection and
   * change it by transactions. They see the index when the promise resolves. Imports keep it until `dropIndex`.
   * @param index the path of the index, for a composite one a list of the paths of its components; or an object with
   * `path` and `unique`
   * @throws GristmillError COLLECTION_NOT_FOUND, BAD_RECORD, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR,
   * CHECKSUM_MISMATCH: then nothing has changed. TypeError
   * @example await store.createIndex('users', ['country', 'age']);
   * @example await store.createIndex('users', { path: 'email', unique: true });
   */
  async createIndex(
    collection: string,
    index: KeyPath | IndexDefinition,
    options?: CreateIndexOptions,
  ): Promise<CreateIndexReport> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { createIndex } = await later.load();
      return createIndex({ ...place, catalog: this.#catalog, closing }, collection, index, options);
    });
  }

  /**
   * Removes a secondary index. Running reads continue to use it. An import that names the index makes it again.
   * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
   */
  async dropIndex(collection: string, path: KeyPath, options?: DropIndexOptions): Promise<void> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { dropIndex } = await later.load();
      return dropIndex(this.#catalog, place, collection, path, options, closing);
    });
  }

  /**
   * Applies a migration: from then on, all records of its collection are read in the new shape, by this process and by others.
   * No record is written; `compact` with `migrate` writes them. Meanwhile, others may read the collection and change it by
   * transactions. If a record cannot be changed, nothing is; but see option `onFailure`.
   * @param migration what a migration file holds: `collection`, `from`, `to` and `ops`
   * @throws GristmillError BAD_MIGRATION, COLLECTION_NOT_FOUND, VERSION_MISMATCH, MIGRATION_FAILED, MIGRATION_REFUSED,
   * BAD_RECORD, UNIQUE_VIOLATION, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH: then nothing has changed.
   * TypeError
   * @example await store.evolve({ collection: 'users', from: 0, to: 1, ops: [{ op: 'rename', path: 'mail', to: 'email' }] });
   */
  async evolve(migration: Migration, options?: EvolveOptions): Promise<EvolveReport> {
    if (options?.dryRun !== true) this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { evolve } = await later.load();
      return evolve({ ...place, catalog: this.#catalog, closing }, migration, options);
    });
  }

  /**
   * Returns a collection to an older version. What migrations have hidden in stored records is there again.
   * @param to the version
   * @throws GristmillError as `evolve`
   */
  async undoMigrations(collection: string, to: number, options?: UndoOptions): Promise<EvolveReport> {
    if (options?.dryRun !== true) this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { undoMigrations } = await later.load();
      return undoMigrations({ ...place, catalog: this.#catalog, closing }, collection, to, options);
    });
  }

  /**
   * Makes the migrations of a collection final: they can no longer be undone. Returns the version of the collection.
   * @throws GristmillError as `drop`
   */
  async finalizeMigrations(collection: string, options?: CollectionChangeOptions): Promise<number> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { finalizeMigrations } = await later.load();
      return finalizeMigrations({ ...place, catalog: this.#catalog, closing }, collection, options);
    });
  }

  /** Returns the versions of a collection, and the migrations that led to them. @throws GristmillError COLLECTION_NOT_FOUND */
  async evolution(collection: string): Promise<EvolutionStatus> {
    return this.#access.work(async () => {
      const { evolution } = await later.load();
      this.#catalog.refresh();
      return evolution(this.#catalog, collection);
    });
  }

  /**
   * Says whether versions would be compatible if a migration were applied. It looks at the profile of the collection first, and at
   * the records where that does not know enough. Nothing is changed.
   * @throws GristmillError BAD_MIGRATION, COLLECTION_NOT_FOUND, VERSION_MISMATCH, MIGRATION_REFUSED, CANCELLED, IO_ERROR,
   * CHECKSUM_MISMATCH; TypeError
   * @example const { isCompatible, failures, undoFailures } = await store.compatibility(migration, { mode: 'full' });
   */
  async compatibility(migration: Migration, options?: StoreCompatibilityOptions): Promise<CompatibilityReport> {
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { compatibility } = await later.load();
      return compatibility({ ...place, catalog: this.#catalog, closing }, migration, options);
    });
  }

  /**
   * Gives a collection a JSON Schema (2020-12) in place of the one that it has, if any. From then on every import and every
   * transaction of all processes is held to it (docs/schemas.md). The records that are there are checked first. Meanwhile, others may
   * read the collection and change it by transactions.
   * @param schema an object, JSON text, or the path or file: URL of a file
   * @throws GristmillError COLLECTION_NOT_FOUND, SCHEMA_VIOLATION if a record is not valid, STORE_BUSY, CANCELLED, DISK_FULL,
   * IO_ERROR, CHECKSUM_MISMATCH: then nothing has changed. TypeError for what is no schema
   * @example await store.setSchema('users', { type: 'object', required: ['id'] });
   */
  async setSchema(collection: string, schema: string | object, options?: SetSchemaOptions): Promise<SetSchemaReport> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { setSchema } = await later.load();
      return setSchema({ ...place, catalog: this.#catalog, closing }, collection, schema, options);
    });
  }

  /**
   * Takes the schema of a collection away. The records stay as they are.
   * @returns whether the collection had one
   * @throws GristmillError COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
   */
  async unsetSchema(collection: string, options?: UnsetSchemaOptions): Promise<boolean> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => {
      const { unsetSchema } = await later.load();
      return unsetSchema(this.#catalog, place, collection, options, closing);
    });
  }

  /** Returns the schema that a collection carries, or undefined if it has none. @throws GristmillError COLLECTION_NOT_FOUND, CHECKSUM_MISMATCH */
  getSchema(collection: string): CarriedSchema | undefined {
    this.#access.assertOpen();
    this.#catalog.refresh();
    return carriedSchema(this.#catalog, collection);
  }

  /**
   * Removes a collection with its records, indexes, rejected records, and the notes about its sources. Running reads
   * continue; later reads fail with COLLECTION_NOT_FOUND.
   * @throws GristmillError COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR: then nothing has changed.
   * TypeError
   */
  async drop(collection: string, options?: CollectionChangeOptions): Promise<RemovedReport> {
    this.#access.assertWritable();
    const target = this.#target();
    return this.#access.work(async (closing) => (await later.load()).drop({ ...target, closing }, collection, options));
  }

  /**
   * Gives a collection another name. Its records, indexes and sources stay as they are. Running reads under the old
   * name continue; later reads fail with COLLECTION_NOT_FOUND.
   * @throws GristmillError as `drop`; COLLECTION_EXISTS
   */
  async rename(from: string, to: string, options?: CollectionChangeOptions): Promise<void> {
    this.#access.assertWritable();
    const target = this.#target();
    return this.#access.work(async (closing) => (await later.load()).rename({ ...target, closing }, from, to, options));
  }

  /** Removes all records of a collection. Its key and its indexes stay. @throws GristmillError as `drop` */
  async clear(collection: string, options?: CollectionChangeOptions): Promise<RemovedReport> {
    this.#access.assertWritable();
    const target = this.#target();
    return this.#access.work(async (closing) =>
      (await later.load()).clear({ ...target, closing }, collection, options),
    );
  }

  #target(): ChangeTarget {
    return { catalog: this.#catalog, place: this.#acting.place };
  }

  /**
   * Writes the records of transactions into shard files, and removes dead records from shards and indexes that have
   * many of them. Meanwhile, others may read and change the store. If it fails, the finished shards stay finished.
   * @throws GristmillError STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH, COLLECTION_NOT_FOUND
   */
  async compact(options?: CompactOptions): Promise<CompactReport> {
    this.#access.assertWritable();
    const { place } = this.#acting;
    return this.#access.work(async (closing) => (await later.load()).compact(this.#catalog, place, options, closing));
  }

  /**
   * Reads all files of the store and reports the damage as `faults`. Meanwhile, others may read and import.
   * @throws GristmillError CANCELLED, IO_ERROR, STORE_CLOSED; TypeError for a wrong option. A fault throws nothing.
   * @example const { isSound, faults } = await store.verify();
   */
  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    const target = { ...this.#place, catalog: this.#catalog };
    return this.#access.work(async (closing) => (await later.load()).verify(target, options, closing));
  }

  /**
   * Makes a consistent copy of the store in `target`, a directory that is empty or does not exist. Meanwhile, others
   * may change the store. If possible, shards are hard links: then damage to a shard is damage to both copies. Option
   * `copy` prevents this.
   * @throws GristmillError BACKUP_TARGET_NOT_EMPTY, STORE_NOT_TRUSTED if others can replace what is in the directory above
   * `target` (see option `trustShared` of `openStore`), DISK_FULL, IO_ERROR: then nothing is left at `target`.
   * @example await store.backup('/backups/monday');
   */
  async backup(target: string, options?: BackupOptions): Promise<BackupReport> {
    const catalog = this.#catalog;
    if (!(catalog instanceof LmdbCatalog))
      throw new TypeError('a store in memory has no files, so it cannot be backed up');
    const { trustShared } = this.#options;
    return this.#access.work(async () =>
      (await later.load()).backup(catalog, this.#place, target, trustShared, options),
    );
  }

  /**
   * Makes a directory in which other tools (DuckDB, `zstdcat`) find exactly the records of the store as it is now: in a
   * folder for each collection, `.ndjson.zst` files with the live records and no others. If possible, they are hard links to
   * shards. Called again, it replaces what it made in one step. The files of an encrypted store are not encrypted.
   * @param target a directory that does not exist, is empty, or was made by `share`; it becomes a symbolic link
   * @throws GristmillError SHARE_TARGET_NOT_EMPTY, STORE_NOT_TRUSTED if others can replace what is in the directory above
   * `target` (see option `trustShared` of `openStore`), COLLECTION_NOT_FOUND, CANCELLED, CHECKSUM_MISMATCH, DISK_FULL,
   * IO_ERROR: then what was at `target` stays.
   * @example await store.share('/data/live'); // SELECT count(*) FROM read_json('/data/live/records/*.ndjson.zst')
   */
  async share(target: string, options?: ShareOptions): Promise<ShareReport> {
    if (!this.#place.blobs.areFiles) throw new TypeError('a store in memory has no files, so it cannot be shared');
    const { trustShared } = this.#options;
    return this.#access.work(async (closing) => {
      const { share } = await later.load();
      return share(this.#catalog, this.#place, target, trustShared, options, closing);
    });
  }
}
