// store at rest: [catalog]
//
// The catalog over LMDB. Two databases: `meta` (header, manifests, shards, tombstones, inline records: store/catalog/values.ts)
// and `pages` (index pages under their page keys: store/pages/page-key.ts); store/catalog/read.ts reads them, store/catalog/write.ts writes them.
//
// A transaction collects what it writes (store/catalog/write-set.ts). Its commit thread (commits/thread.ts) has LMDB's write
// transaction meanwhile, and writes it; or, for who wants to wait, this thread does (commit.ts).
//
// What LMDB does not do for us, and is done here: a failed commit leaves an environment that must not be trusted, so it is
// refused from then on; a failed write may end the process, so that the disk is asked for room before (commit-room.ts).

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError, isMissing } from '../../base/system-errors.js';
import { type ByteMap, CatalogReader } from '../catalog/read.js';
import { newHeader } from '../catalog/values.js';
import { CatalogWriter } from '../catalog/write.js';
import { WriteSet } from '../catalog/write-set.js';
import { syncDirectory } from '../files/io.js';
import { CATALOG_FILE, hasShards } from '../files/layout.js';
import type { Catalog, CatalogSlot, CatalogSnapshot, CatalogWrite } from '../types.js';
import { assertInPlace, commitBatch } from './commit.js';
import { CommitRoom } from './commit-room.js';
import { writeBatch } from './commits/batch.js';
import { CommitThread, NoCommitThread } from './commits/thread.js';
import { CommitFailed } from './commits/turn.js';
import { giveBackTurns } from './commits/turns.js';
import { copyIndex } from './copy.js';
import { byteMap } from './maps.js';
import { type LmdbCatalogOptions, type OpenIndex, openIndex } from './open.js';
import { removedError } from './opening.js';
import { closedError, type Environment, LmdbSnapshot } from './snapshot.js';

/**
 * Commits from one look for the slots of killed readers to the next. LMDB takes such a slot for a reader of an old state, and
 * reuses no page that was freed since: the file would grow with each commit. A look takes under a microsecond for each process.
 */
const COMMITS_PER_READER_CHECK = 32;

/** What the running transaction is going to write. */
interface Working {
  readonly meta: WriteSet;
  readonly pages: WriteSet;
}

export class LmdbCatalog extends CatalogReader implements Catalog {
  readonly #store: string;
  readonly #index: OpenIndex;
  readonly #readOnly: boolean;
  readonly #environment: Environment;
  readonly #stored: { readonly meta: ByteMap; readonly pages: ByteMap };
  readonly #room: CommitRoom;
  /** Undefined until the first transaction; null where no thread can be started. */
  #thread: CommitThread | null | undefined;
  /** Of the transaction whose change is running. */
  #working: Working | undefined;
  /** Whether LMDB's write transaction is this thread's. */
  #isWriting = false;
  #commits = 0;
  #failed: GristmillError | undefined;
  #closed = false;

  private constructor(store: string, file: string, index: OpenIndex, readOnly: boolean) {
    const { meta, pages } = index;
    const check = (): void => this.assertOpen();
    const stored = { meta: byteMap(meta, check), pages: byteMap(pages, check) };
    const over = (map: 'meta' | 'pages'): ByteMap => ({
      get: (key) => (this.#working ?? stored)[map].get(key),
      range: (range) => (this.#working ?? stored)[map].range(range),
      keys: (range) => (this.#working ?? stored)[map].keys(range),
    });
    super(file, over('meta'), over('pages'));
    this.#store = store;
    this.#index = index;
    this.#readOnly = readOnly;
    this.#stored = stored;
    this.#environment = { file, meta, pages, snapshots: new Set(), isChanging: () => this.#isWriting };
    this.#room = new CommitRoom(file);
  }

  /** @param store the store's directory, validated (store/files/layout.ts). */
  static async open(store: string, options: LmdbCatalogOptions): Promise<LmdbCatalog> {
    const file = join(store, CATALOG_FILE);
    // Asked before the catalog is read: who makes shards has made the header.
    const mayBeNew = !hasShards(store);
    const catalog = new LmdbCatalog(store, file, await openIndex(store, options), options.readOnly);
    try {
      if (options.create && mayBeNew && catalog.isEmpty) {
        failpoint('store.create');
        catalog.transactionSync((write) => {
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
    return (this.#index.root.getStats() as { readonly mapSize: number }).mapSize;
  }

  refresh(): void {
    this.assertOpen();
    // Within a transaction of ours everything is the newest there is.
    if (!this.#isWriting) this.#index.root.resetReadTxn();
  }

  lastTransaction(): number {
    this.assertOpen();
    return (this.#index.root.getStats() as { readonly lastTxnId: number }).lastTxnId;
  }

  oldestRead(): number {
    return Math.min(...this.readers().map(({ transaction }) => transaction ?? Infinity));
  }

  readers(): readonly CatalogSlot[] {
    this.refresh();
    this.#index.root.readerCheck();
    // Lines of "pid thread transaction"; "-" for who sees none. A heading, or a sentence where there are no slots.
    const lines = this.#index.root.readerList().matchAll(/^ *(\d+) +\S+ +(\d+|-)$/gm);
    return Array.from(lines, ([, pid, transaction]) => ({
      pid: Number(pid),
      transaction: transaction === '-' ? undefined : Number(transaction),
    }));
  }

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    // Within a transaction of ours as well: it shows the state before it.
    this.#index.root.resetReadTxn();
    return new LmdbSnapshot(this.#environment, this.#index.root.useReadTransaction());
  }

  async transaction<T>(change: (write: CatalogWrite) => T): Promise<T> {
    this.#assertChangeable();
    if (this.#thread === undefined) this.#thread = CommitThread.start(this.#store, this.#index.inode);
    if (this.#thread === null) return this.transactionSync(change);
    let result: { readonly value: T } | undefined;
    try {
      const wrote = await this.#thread.run(() => {
        this.assertOpen();
        this.#index.root.resetReadTxn();
        const { value, batch } = this.#run(change);
        result = { value };
        return batch;
      });
      this.#isOver(wrote);
      return (result as unknown as { readonly value: T }).value;
    } catch (error) {
      if (!(error instanceof NoCommitThread)) throw this.#reasonOf(error);
      this.#thread = null;
      return this.transactionSync(change);
    }
  }

  transactionSync<T>(change: (write: CatalogWrite) => T): T {
    this.#assertChangeable();
    // Turns of other stores too, for they may be stores of the same directory.
    giveBackTurns();
    let result: { readonly value: T } | undefined;
    try {
      const wrote = commitBatch(this.#index, this.file, () => {
        this.#isWriting = true;
        try {
          const { value, batch } = this.#run(change);
          result = { value };
          return batch;
        } finally {
          this.#isWriting = false;
        }
      });
      this.#isOver(wrote);
      return (result as unknown as { readonly value: T }).value;
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  /** Runs a change when no process can commit. */
  #run<T>(change: (write: CatalogWrite) => T): { readonly value: T; readonly batch: Buffer | undefined } {
    const room = this.#room;
    this.#beginRoom();
    if (this.#commits % COMMITS_PER_READER_CHECK === 0) this.#index.root.readerCheck();
    const take = (bytes: number): void => room.take(bytes);
    const meta = new WriteSet(this.#stored.meta, take);
    const pages = new WriteSet(this.#stored.pages, take);
    this.#working = { meta, pages };
    try {
      const value = change(new CatalogWriter(this.file, meta, pages));
      return { value, batch: writeBatch([meta, pages]) };
    } finally {
      this.#working = undefined;
    }
  }

  /** What is read from now on is what the transaction left, or what it found. */
  #isOver(wrote: boolean): void {
    if (wrote) this.#commits++;
    if (!this.#closed) this.#index.root.resetReadTxn();
  }

  /** A commit that failed is the last of this catalog. */
  #reasonOf(error: unknown): unknown {
    if (!(error instanceof CommitFailed)) return error;
    this.#failed = error.reason;
    return error.reason;
  }

  /**
   * Runs `work` while no process commits to the store, opens or closes it. Only for moments: all others wait.
   * @throws GristmillError STORE_CLOSED where the store has been removed, IO_ERROR; what `work` throws
   */
  exclusively<T>(work: () => T): T {
    this.assertOpen();
    const { gate } = this.#index;
    if (gate === undefined) throw new TypeError('this store cannot be changed');
    return gate.within(() => {
      assertInPlace(this.#index, this.file);
      return work();
    });
  }

  /** Copies the newest commit into the directory of another store, without free space; not synced. @throws IO_ERROR, DISK_FULL */
  async copyTo(store: string): Promise<void> {
    this.assertOpen();
    await copyIndex(this.#index.root, store);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // LMDB would be read through a transaction of a closed environment otherwise.
    for (const snapshot of this.#environment.snapshots) snapshot.release();
    await this.#thread?.close();
    await this.#index.root.close();
    this.#index.gate?.close();
  }

  /** @throws GristmillError DISK_FULL, IO_ERROR; STORE_CLOSED where the directory of the index is gone */
  #beginRoom(): void {
    try {
      this.#room.begin();
    } catch (error) {
      throw isMissing(error) ? removedError(this.file) : error;
    }
  }

  #assertChangeable(): void {
    this.assertOpen();
    if (this.#working !== undefined) throw new TypeError('a transaction cannot begin within another one');
    if (!this.#readOnly) return;
    const { file } = this;
    throw new GristmillError('IO_ERROR', `cannot commit to ${file}: it was opened read-only`, { file });
  }

  assertOpen(): void {
    if (this.#closed) throw closedError(this.file);
    if (this.#failed !== undefined) throw this.#failed;
  }
}

function interrupted(store: string): GristmillError {
  const message = `${store} is not a store yet: creating it was interrupted; to complete it, import into it again`;
  return new GristmillError('STORE_NOT_A_STORE', message, { file: store });
}
