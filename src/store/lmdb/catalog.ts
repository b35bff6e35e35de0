// store at rest: [catalog]
//
// The catalog over LMDB. Two databases: `meta` (header, manifests, shards, tombstones, inline records: store/catalog/values.ts)
// and `pages` (index pages under their page keys: store/pages/page-key.ts); store/catalog/read.ts reads them, store/catalog/write.ts writes them.
//
// What LMDB does not do for us, and is done here: puts answer `false` instead of failing, so every answer is checked; a
// failed commit leaves an environment that must not be trusted, so it is refused from then on; a failed write may end the
// process, so that the disk is asked for room before (commit-room.ts); a commit must not meet an opening (gate.ts).

import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError, isMissing } from '../../base/system-errors.js';
import { CatalogReader } from '../catalog/read.js';
import { newHeader } from '../catalog/values.js';
import { CatalogWriter } from '../catalog/write.js';
import { syncDirectory } from '../files/io.js';
import { CATALOG_FILE, hasShards, INDEX_DIRECTORY } from '../files/layout.js';
import type { Catalog, CatalogSlot, CatalogSnapshot, CatalogWrite } from '../types.js';
import { CommitRoom } from './commit-room.js';
import type { Root, Transaction } from './lmdb.js';
import { byteMap, writableByteMap } from './maps.js';
import { type Bytes, type LmdbCatalogOptions, type OpenIndex, openIndex } from './open.js';
import { inodeOf, removedError } from './opening.js';

class LmdbSnapshot extends CatalogReader implements CatalogSnapshot {
  readonly commits = 0;
  readonly #environment: Environment;
  #transaction: Transaction | undefined;

  constructor(environment: Environment, transaction: Transaction) {
    const { file, meta, pages, snapshots, isChanging } = environment;
    const check = (): void => this.assertOpen();
    const read = { transaction, isChanging };
    super(file, byteMap(meta, check, read), byteMap(pages, check, read));
    this.#environment = environment;
    this.#transaction = transaction;
    snapshots.add(this);
  }

  assertOpen(): void {
    if (this.#transaction === undefined) throw closedError(this.file);
  }

  refresh(): void {}

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    const transaction = this.#transaction as Transaction & { use(): void };
    transaction.use();
    return new LmdbSnapshot(this.#environment, transaction);
  }

  release(): void {
    this.#transaction?.done();
    this.#transaction = undefined;
    this.#environment.snapshots.delete(this);
  }
}

/** What snapshots share. */
interface Environment {
  readonly file: string;
  readonly meta: Bytes;
  readonly pages: Bytes;
  readonly snapshots: Set<CatalogSnapshot>;
  readonly isChanging: () => boolean;
}

export class LmdbCatalog extends CatalogReader implements Catalog {
  readonly #root: Root;
  readonly #environment: Environment;
  readonly #write: CatalogWrite;
  readonly #room: CommitRoom;
  readonly #gate: OpenIndex['gate'];
  readonly #inode: number | undefined;
  #commits = 0;
  #isChanging = false;
  #failed: GristmillError | undefined;
  #closed = false;

  private constructor(file: string, { root, meta, pages, gate, inode }: OpenIndex) {
    const check = (): void => this.assertOpen();
    super(file, byteMap(meta, check), byteMap(pages, check));
    this.#root = root;
    this.#gate = gate;
    this.#inode = inode;
    this.#environment = { file, meta, pages, snapshots: new Set(), isChanging: () => this.#isChanging };
    this.#room = new CommitRoom(file);
    this.#write = new CatalogWriter(
      file,
      writableByteMap(meta, file, this.#room),
      writableByteMap(pages, file, this.#room),
    );
  }

  /** @param store the store's directory, validated (store/files/layout.ts). */
  static async open(store: string, options: LmdbCatalogOptions): Promise<LmdbCatalog> {
    const file = join(store, CATALOG_FILE);
    // Asked before the catalog is read: who makes shards has made the header.
    const mayBeNew = !hasShards(store);
    const catalog = new LmdbCatalog(file, await openIndex(store, options));
    try {
      if (options.create && mayBeNew && catalog.isEmpty) {
        failpoint('store.create');
        await catalog.transaction((write) => {
          // Another process may have been faster.
          if (!catalog.hasHeader) write.putHeader(newHeader());
          failpoint('store.header');
        });
        // LMDB syncs its file, not the name of it.
        syncDirectory(dirname(file));
        syncDirectory(store);
      }
      if (mayBeNew && catalog.isEmpty) throw interrupted(store);
      catalog.header();
      return catalog;
    } catch (error) {
      await catalog.close();
      throw ioError(error, 'open', file);
    }
  }

  get commits(): number {
    return this.#commits;
  }

  get bytes(): number {
    try {
      return statSync(this.file).size;
    } catch (cause) {
      throw ioError(cause, 'look at', this.file);
    }
  }

  get mapBytes(): number {
    this.assertOpen();
    return (this.#root.getStats() as { readonly mapSize: number }).mapSize;
  }

  refresh(): void {
    this.assertOpen();
    // Within a transaction of ours everything is the newest there is.
    if (!this.#isChanging) this.#root.resetReadTxn();
  }

  lastTransaction(): number {
    this.assertOpen();
    return (this.#root.getStats() as { readonly lastTxnId: number }).lastTxnId;
  }

  oldestRead(): number {
    return Math.min(...this.readers().map(({ transaction }) => transaction ?? Infinity));
  }

  readers(): readonly CatalogSlot[] {
    this.refresh();
    this.#root.readerCheck();
    // Lines of "pid thread transaction"; "-" for who sees none. A heading, or a sentence where there are no slots.
    const lines = this.#root.readerList().matchAll(/^ *(\d+) +\S+ +(\d+|-)$/gm);
    return Array.from(lines, ([, pid, transaction]) => ({
      pid: Number(pid),
      transaction: transaction === '-' ? undefined : Number(transaction),
    }));
  }

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    // Within a transaction of ours as well: it shows the state before it.
    this.#root.resetReadTxn();
    return new LmdbSnapshot(this.#environment, this.#root.useReadTransaction());
  }

  async transaction<T>(change: (write: CatalogWrite) => T): Promise<T> {
    this.assertOpen();
    if (this.#isChanging) throw new TypeError('a transaction cannot begin within another one');
    this.#beginRoom();
    let changed = false;
    let isEntered = false;
    this.#isChanging = true;
    try {
      // Synchronous, so that nobody reads the catalog halfway through; abortable and durable are the defaults.
      const result = this.#root.transactionSync(() => {
        const value = change(this.#write);
        this.#gate?.enter();
        isEntered = true;
        this.#assertInPlace();
        changed = true;
        failpoint('catalog.commit');
        return value;
      });
      this.#commits++;
      failpoint('catalog.committed');
      return result;
    } catch (error) {
      if (!changed) throw error;
      this.#failed = ioError(error, 'commit to', this.file);
      throw this.#failed;
    } finally {
      if (isEntered) this.#gate?.leave();
      this.#isChanging = false;
    }
  }

  /**
   * Runs `work` while no process commits to the store, opens or closes it. Only for moments: all others wait.
   * @throws GristmillError STORE_CLOSED where the store has been removed, IO_ERROR; what `work` throws
   */
  exclusively<T>(work: () => T): T {
    this.assertOpen();
    const gate = this.#gate;
    if (gate === undefined) throw new TypeError('this store cannot be changed');
    return gate.within(() => {
      this.#assertInPlace();
      return work();
    });
  }

  /** Copies the newest commit into the directory of another store, without free space; not synced. @throws IO_ERROR, DISK_FULL */
  async copyTo(store: string): Promise<void> {
    this.assertOpen();
    const directory = join(store, INDEX_DIRECTORY);
    const file = join(store, CATALOG_FILE);
    try {
      mkdirSync(directory, { mode: 0o700 });
      await this.#root.backup(directory, true).catch((error) => {
        if (!isLeak(error)) throw error;
        rmSync(file, { force: true });
        return this.#root.backup(directory, false);
      });
      // LMDB makes it readable for all; nobody else can get into its directory.
      chmodSync(file, 0o600);
    } catch (cause) {
      throw ioError(cause, 'copy the index to', file);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // LMDB would be read through a transaction of a closed environment otherwise.
    for (const snapshot of this.#environment.snapshots) snapshot.release();
    await this.#root.close();
    this.#gate?.close();
  }

  /** @throws GristmillError DISK_FULL, IO_ERROR; STORE_CLOSED where the directory of the index is gone */
  #beginRoom(): void {
    try {
      this.#room.begin();
    } catch (error) {
      throw isMissing(error) ? removedError(this.file) : error;
    }
  }

  /** @throws GristmillError STORE_CLOSED where others find another index by this name, or none */
  #assertInPlace(): void {
    if (inodeOf(this.file) !== this.#inode) throw removedError(this.file);
  }

  assertOpen(): void {
    if (this.#closed) throw closedError(this.file);
    if (this.#failed !== undefined) throw this.#failed;
  }
}

/**
 * lmdb-js now and then loses a free page: nothing else is wrong then. LMDB refuses to leave out free space where its pages do
 * not add up (mdb.c, mdb_env_copyfd1), but copies all of the file.
 */
function isLeak(error: unknown): boolean {
  return /MDB_INCOMPATIBLE/.test(String((error as Error).message));
}

function closedError(file: string): GristmillError {
  return new GristmillError('STORE_CLOSED', `the store of ${file} has been closed: open it again`, { file });
}

function interrupted(store: string): GristmillError {
  const message = `${store} is not a store yet: creating it was interrupted; to complete it, import into it again`;
  return new GristmillError('STORE_NOT_A_STORE', message, { file: store });
}
