// store at rest: [catalog]
//
// The catalog over LMDB, and the only file that imports it. Two databases: `meta` (header, manifests, shards,
// tombstones: catalog-values.ts) and `pages` (index pages under their page keys: page-key.ts); catalog-read.ts reads them.
//
// What LMDB does not do for us, and is done here: puts answer `false` instead of failing, so every answer is checked;
// commits may be visible before they are durable, so overlapping sync is off; a failed commit leaves an environment that
// must not be trusted, so it is refused from then on.

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { GristmillError } from '../errors.js';
import { type ByteMap, CatalogReader } from './catalog-read.js';
import { collectionKey, encodeValue, newHeader, STORE_KEY, seal, shardKey, tombstonesKey } from './catalog-values.js';
import { CATALOG_FILE, INDEX_DIRECTORY } from './files.js';
import { ioError } from './io.js';
import { pageKey, treeStart } from './page-key.js';
import { entryAt } from './page-read.js';
import type { Catalog, CatalogSnapshot, CatalogWrite } from './types.js';

// Its CommonJS form is one file and loads faster than its many modules.
const { open } = createRequire(import.meta.url)('lmdb') as typeof import('lmdb');

/** Concurrent readers over all processes: a slot each, 64 bytes; killed readers' slots are reclaimed at open. */
const READERS_MAX = 2048;

type Bytes = Database<Buffer, Uint8Array>;
type Root = RootDatabase<Buffer, Uint8Array>;

/** A database as the reader wants it. @param check runs before every read. */
function byteMap(database: Bytes, check: () => void, transaction?: Transaction): ByteMap {
  const held = transaction === undefined ? {} : { transaction };
  return {
    get(key) {
      check();
      return database.get(key, held);
    },
    range(range) {
      check();
      return Array.from(database.getRange({ ...range, ...held })) as { key: Uint8Array; value: Buffer }[];
    },
    keys(range) {
      check();
      return Array.from(database.getKeys({ ...range, ...held }));
    },
  };
}

class LmdbSnapshot extends CatalogReader implements CatalogSnapshot {
  readonly #released: () => void;
  #transaction: Transaction | undefined;

  constructor(file: string, meta: Bytes, pages: Bytes, transaction: Transaction, released: () => void) {
    const check = (): void => {
      if (this.#transaction === undefined) throw closedError(file);
    };
    super(file, byteMap(meta, check, transaction), byteMap(pages, check, transaction));
    this.#transaction = transaction;
    this.#released = released;
  }

  release(): void {
    this.#transaction?.done();
    this.#transaction = undefined;
    this.#released();
  }
}

export interface LmdbCatalogOptions {
  /** Create what is missing. */
  readonly create: boolean;
  readonly readOnly: boolean;
}

export class LmdbCatalog extends CatalogReader implements Catalog {
  readonly #root: Root;
  readonly #meta: Bytes;
  readonly #pages: Bytes;
  readonly #snapshots = new Set<CatalogSnapshot>();
  #commits = 0;
  #failed: GristmillError | undefined;
  #closed = false;

  private constructor(file: string, root: Root) {
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const meta = root.openDB<Buffer, Uint8Array>('meta', binary);
    const pages = root.openDB<Buffer, Uint8Array>('pages', binary);
    const check = (): void => this.assertOpen();
    super(file, byteMap(meta, check), byteMap(pages, check));
    this.#root = root;
    this.#meta = meta;
    this.#pages = pages;
  }

  /** @param store the store's directory, validated (files.ts). */
  static async open(store: string, options: LmdbCatalogOptions): Promise<LmdbCatalog> {
    const file = join(store, CATALOG_FILE);
    const root = openEnvironment(store, file, options);
    try {
      const catalog = new LmdbCatalog(file, root);
      if (!catalog.hasHeader && options.create) {
        await catalog.transaction((write) => {
          // Another process may have been faster.
          if (!catalog.hasHeader) write.putHeader(newHeader());
        });
      }
      catalog.header();
      return catalog;
    } catch (error) {
      await root.close();
      throw ioError(error, 'open', file);
    }
  }

  get commits(): number {
    return this.#commits;
  }

  refresh(): void {
    this.assertOpen();
    this.#root.resetReadTxn();
  }

  snapshot(): CatalogSnapshot {
    this.refresh();
    const transaction = this.#root.useReadTransaction();
    const snapshot = new LmdbSnapshot(this.file, this.#meta, this.#pages, transaction, () =>
      this.#snapshots.delete(snapshot),
    );
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  async transaction<T>(change: (write: CatalogWrite) => T): Promise<T> {
    this.assertOpen();
    let changed = false;
    try {
      // Synchronous, so that nobody reads the catalog halfway through; abortable and durable are the defaults.
      const result = this.#root.transactionSync(() => {
        const value = change(this.#write);
        changed = true;
        return value;
      });
      this.#commits++;
      return result;
    } catch (error) {
      if (!changed) throw error;
      this.#failed = ioError(error, 'commit to', this.file);
      throw this.#failed;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // LMDB would be read through a transaction of a closed environment otherwise.
    for (const snapshot of this.#snapshots) snapshot.release();
    await this.#root.close();
  }

  readonly #write: CatalogWrite = {
    putHeader: (header) => this.#put(this.#meta, STORE_KEY, encodeValue(header)),
    putCollection: (manifest) => this.#put(this.#meta, collectionKey(manifest.name), encodeValue(manifest)),
    putShard: (collectionId, entry) => this.#put(this.#meta, shardKey(collectionId, entry.shard), encodeValue(entry)),
    deleteShard: (collectionId, shard) => {
      this.#meta.removeSync(shardKey(collectionId, shard));
    },
    putTombstones: (shard, bitmap) => {
      if (bitmap === undefined) this.#meta.removeSync(tombstonesKey(shard));
      else this.#put(this.#meta, tombstonesKey(shard), seal(bitmap));
    },
    putPage: (tree, page) => {
      const first = entryAt(page, 0);
      this.#put(this.#pages, pageKey(tree, first.key, first.shard, first.ordinal), page);
    },
    deletePage: (key) => {
      if (!this.#pages.removeSync(key)) throw this.#refused('remove');
    },
    deleteTree: (tree, max) => {
      const keys = Array.from(this.#pages.getKeys({ start: treeStart(tree), end: treeStart(tree + 1), limit: max }));
      for (const key of keys) if (!this.#pages.removeSync(key)) throw this.#refused('remove');
      return keys.length;
    },
  };

  #put(database: Bytes, key: Uint8Array, value: Uint8Array): void {
    // putSync is declared void; within a transaction it returns whether LMDB took the value.
    const taken = database.putSync(key, value as Buffer) as unknown as boolean;
    if (!taken) throw this.#refused('put');
  }

  #refused(what: string): GristmillError {
    return new GristmillError('IO_ERROR', `LMDB refused to ${what} a value in ${this.file}`, { file: this.file });
  }

  assertOpen(): void {
    if (this.#closed) throw closedError(this.file);
    if (this.#failed !== undefined) throw this.#failed;
  }
}

function closedError(file: string): GristmillError {
  return new GristmillError('STORE_CLOSED', `the store of ${file} has been closed: open it again`, { file });
}

function openEnvironment(store: string, file: string, options: LmdbCatalogOptions): Root {
  const path = join(store, INDEX_DIRECTORY);
  try {
    // LMDB would make it 0755, and chmod-ing it later would leave a gap.
    if (options.create) mkdirSync(path, { recursive: true, mode: 0o700 });
    const settings = {
      path,
      noSubdir: false,
      readOnly: options.readOnly,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: 8,
      maxReaders: READERS_MAX,
      // A commit must not be visible to anyone before it is durable.
      overlappingSync: false,
      permissionsMode: 0o600,
    } as const;
    const root = open<Buffer, Uint8Array>(settings);
    root.readerCheck();
    return root;
  } catch (cause) {
    throw ioError(cause, 'open', file);
  }
}
