// store at rest: [catalog]
//
// The catalog over LMDB. Two databases: `meta` (header, manifests, shards, tombstones, inline records: store/catalog/values.ts)
// and `pages` (index pages under their page keys: store/pages/page-key.ts); store/catalog/read.ts reads them, store/catalog/write.ts writes them.
//
// A transaction collects what it writes (store/catalog/write-set.ts), and the commit thread (commits/thread.ts) writes it to
// LMDB; or, for who wants to wait, this thread does (commit.ts). A failed commit leaves an environment that must not be
// trusted, so it is refused from then on. The disk is asked for room before a write, which may end the process (commit-room.ts).

import { join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { Decoded } from '../catalog/decoded.js';
import { CatalogReader } from '../catalog/read.js';
import { CatalogWriter } from '../catalog/write.js';
import { WriteSet } from '../catalog/write-set.js';
import type { PreparedChanges } from '../commit-types.js';
import { CATALOG_FILE, hasShards } from '../files/layout.js';
import type { Catalog, CatalogSlot, CatalogSnapshot, CatalogWrite } from '../types.js';
import { assertInPlace, commitTo, writeBatchTo } from './commit.js';
import { CommitRoom } from './commit-room.js';
import { writeBatch } from './commits/batch.js';
import { CommitThread, type Filler, NoCommitThread } from './commits/thread.js';
import { CommitFailed, type Early, type Filled } from './commits/turn.js';
import { giveBackTurns } from './commits/turns.js';
import { copyIndex } from './copy.js';
import { bytesOf, readersOf, stateRead } from './facts.js';
import { byteMaps, type Maps, through } from './maps.js';
import { makeReady } from './new-index.js';
import { type LmdbCatalogOptions, type OpenedIndex, type OpenIndex, onTransaction, openIndex } from './open.js';
import { closedError, type Environment, LmdbSnapshot } from './snapshot.js';

/** What the running transaction is going to write. */
interface Working {
  readonly meta: WriteSet;
  readonly pages: WriteSet;
}

export class LmdbCatalog extends CatalogReader implements Catalog {
  readonly #store: string;
  readonly #index: OpenIndex;
  readonly #options: LmdbCatalogOptions;
  readonly #environment: Environment;
  readonly #stored: Maps;
  readonly #room: CommitRoom;
  /** Undefined until the first transaction; null where no thread can be started. */
  #thread: CommitThread | null | undefined;
  /** Of the transaction whose change is running. */
  #working: Working | undefined;
  /** Whether LMDB's write transaction is this thread's. */
  #isWriting = false;
  /** Whether changes are being prepared on one state. */
  #isPreparing = false;
  #commits = 0;
  /** How many read transactions LMDB has begun for this thread: the reads within one see one state. */
  #reading = 0;
  #failed: GristmillError | undefined;
  #closed = false;

  private constructor(store: string, file: string, index: OpenIndex, options: LmdbCatalogOptions) {
    const check = (): void => this.assertOpen();
    const stored = byteMaps(index, check);
    const now = (): Maps => this.#working ?? stored;
    super(file, through('meta', now), through('pages', now), new Decoded(index.sealed?.seal));
    this.#store = store;
    this.#index = index;
    this.#options = options;
    this.#stored = stored;
    this.#environment = { file, index, snapshots: new Set(), isChanging: () => this.#isWriting, catalog: this };
    this.#room = new CommitRoom(file);
    onTransaction(index, () => this.#reading++);
  }

  /** @param store the store's directory, validated (store/files/layout.ts). */
  static async open(store: string, options: LmdbCatalogOptions): Promise<LmdbCatalog> {
    const file = join(store, CATALOG_FILE);
    // Asked before the catalog is read: who makes shards has made the header.
    const mayBeNew = !hasShards(store);
    const catalog = new LmdbCatalog(store, file, await openIndex(store, options), options);
    try {
      await makeReady(catalog, store, options, mayBeNew);
      return catalog;
    } catch (error) {
      await catalog.close();
      throw ioError(error, 'open', file);
    }
  }

  get reading(): number {
    return this.#isWriting || this.#working !== undefined ? Number.NaN : this.#reading;
  }

  get commits(): number {
    return this.#commits;
  }

  get bytes(): number {
    return bytesOf(this.file);
  }

  get mapBytes(): number {
    this.assertOpen();
    return this.#index.root.env.info().mapSize;
  }

  refresh(): void {
    this.assertOpen();
    // Within a transaction of ours everything is the newest there is, or is to be of one state.
    if (!this.#isWriting && !this.#isPreparing) this.#index.root.resetReadTxn();
  }

  lastTransaction(): number {
    this.assertOpen();
    return this.#index.root.env.info().lastTxnId;
  }

  oldestRead(): number {
    return Math.min(...this.readers().map(({ transaction }) => transaction ?? Infinity));
  }

  readers(): readonly CatalogSlot[] {
    this.refresh();
    return readersOf(this.#index.root);
  }

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    // Within a transaction of ours as well: it shows the state before it.
    if (!this.#isPreparing) this.#index.root.resetReadTxn();
    return new LmdbSnapshot(this.#environment, this.#index.root.useReadTransaction());
  }

  async transaction<T>(change: (write: CatalogWrite) => T): Promise<T> {
    let result: { readonly value: T } | undefined;
    const fill = (): Filled | undefined => {
      this.#renew();
      const { value, batch } = this.#run(change);
      result = { value };
      return batch && { kind: 'batch', bytes: batch };
    };
    if (await this.#committed({ fill })) return (result as unknown as { readonly value: T }).value;
    return this.transactionSync(change);
  }

  async commit<T>({ prepare, takeBack, apply, encode }: PreparedChanges<CatalogWrite, T>): Promise<void> {
    const filled = (): Filled | undefined => {
      this.#isPreparing = true;
      try {
        const prepared = prepare();
        return prepared && { kind: 'changes', bytes: encode(prepared) };
      } finally {
        this.#isPreparing = false;
      }
    };
    const fill = (): Filled | undefined => {
      this.#renew();
      return filled();
    };
    const fillEarly = (): Early | undefined | 'not now' => {
      this.#renew();
      const after = stateRead(this.#index.root, () => this.header());
      if (after === undefined) return 'not now';
      const early = filled();
      return early && { after, filled: early };
    };
    const { syncsLater = false } = this.#options;
    if (await this.#committed({ fill, fillEarly, takeBack, syncsLater })) return;
    this.transactionSync((write) => {
      const prepared = prepare();
      if (prepared !== undefined) apply(write, prepared);
    });
  }

  /** Commits by way of the commit thread. @returns false where there is none: nothing was committed */
  async #committed(filler: Filler): Promise<boolean> {
    this.#assertChangeable();
    if (this.#thread === undefined)
      this.#thread = CommitThread.start(this.#store, this.#index.inode, this.#options.seal);
    if (this.#thread === null) return false;
    try {
      this.#isOver(await this.#thread.run(filler));
      return true;
    } catch (error) {
      if (!(error instanceof NoCommitThread)) throw this.#reasonOf(error);
      this.#thread = null;
      return false;
    }
  }

  /** Reads see the newest commit from now on. */
  #renew(): void {
    this.assertOpen();
    this.#index.root.resetReadTxn();
  }

  transactionSync<T>(change: (write: CatalogWrite) => T): T {
    this.#assertChangeable();
    // Turns of other stores too, for they may be stores of the same directory.
    giveBackTurns();
    let result: { readonly value: T } | undefined;
    try {
      const wrote = commitTo(this.#index, this.file, (targets) => {
        this.#isWriting = true;
        try {
          const { value, batch } = this.#run(change);
          result = { value };
          return writeBatchTo(targets, batch);
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
    room.begin();
    const take = (bytes: number): void => room.take(bytes);
    const meta = new WriteSet(this.#stored.meta, take);
    const pages = new WriteSet(this.#stored.pages, take);
    this.#working = { meta, pages };
    try {
      const value = change(new CatalogWriter(this.file, meta, pages, this.decoded));
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
    const { gate } = this.#index;
    this.assertOpen();
    if (gate === undefined) throw new TypeError('this store cannot be changed');
    return gate.within(() => {
      assertInPlace(this.#index, this.file);
      return work();
    });
  }

  /** The index itself, for who exchanges data keys (exchange/). @returns also what to throw for an error of a commit */
  opened(): OpenedIndex {
    this.#assertChangeable();
    return { index: this.#index, file: this.file, reasonOf: (error) => this.#reasonOf(error) };
  }

  /** Copies the newest commit into the directory of another store, without free space; not synced. @throws IO_ERROR, DISK_FULL */
  async copyTo(store: string): Promise<void> {
    this.assertOpen();
    await copyIndex(this.#index, store);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // First, or LMDB would be read through a transaction of a closed environment.
    for (const snapshot of this.#environment.snapshots) snapshot.release();
    try {
      await this.#thread?.close();
    } catch (error) {
      throw this.#reasonOf(error);
    } finally {
      await this.#index.root.close();
      this.#index.gate?.close();
    }
  }

  #assertChangeable(): void {
    this.assertOpen();
    if (this.#working !== undefined) throw new TypeError('a transaction cannot begin within another one');
    if (!this.#options.readOnly) return;
    throw new GristmillError('IO_ERROR', `cannot commit to ${this.file}: it was opened read-only`, { file: this.file });
  }

  assertOpen(): void {
    if (this.#closed) throw closedError(this.file);
    if (this.#failed !== undefined) throw this.#failed;
  }
}
