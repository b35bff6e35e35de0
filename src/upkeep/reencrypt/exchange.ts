// [reencrypt]: begin > files > values > rejected records > end
//
// Encrypts a store once more, with a new data key, while other processes read and change it. The new data key is added to the
// ring, and whatever is written from then on is sealed with it: who meets it in the index reads the ring again
// (store/seal/data-keys.ts). Then what is sealed with older data keys is written once more, a little at a time: shard files as a
// compaction publishes them, values of the index in small transactions. When nothing is left of the older data keys, they leave
// the ring. So whenever it is killed, the ring has all data keys that anything is sealed with, and running it again
// continues (docs/decisions.md).

import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { foreignNames, hotSetPath, removeBegunConversions } from '../../store/files/layout.js';
import { LmdbCatalog } from '../../store/lmdb/catalog.js';
import { overwriteFreePages } from '../../store/lmdb/exchange/free-pages.js';
import { openPlace } from '../../store/lock/recovery.js';
import { sweep } from '../../store/lock/sweep.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import { addDataKey, dropDataKeys, isExchanging } from '../../store/ring/data-keys.js';
import { forget, notEncrypted, storedRing } from '../../store/ring/ring.js';
import type { SealKeys } from '../../store/seal/types.js';
import type { ConvertReport } from '../convert/options.js';
import { RepairWatch } from '../repair/progress.js';
import { StaleFiles } from './files.js';
import { needNoDataKey, putWithoutDataKey } from './names.js';
import { type ReencryptOptions, resolveReencryptOptions } from './options.js';
import { renewRejected } from './rejected.js';
import { renewValues } from './values.js';

/** The lock of writers is held for so long in one go, and then free for longer than a writer that waits for it pauses. */
const TURN_MILLISECONDS = 2000;
const FREE_MILLISECONDS = 300;

/**
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_BUSY, NOT_ENCRYPTED, WRONG_KEY,
 * KEY_FILE_REFUSED, KEY_SERVICE_FAILED, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: then calling it again continues.
 * TypeError for a wrong option.
 */
export async function exchangeDataKeys(directory: string, given: ReencryptOptions): Promise<ConvertReport> {
  const options = resolveReencryptOptions(given);
  const { trustOwner, trustShared, encryption } = options;
  const how = { create: false, readOnly: false, trustOwner, trustShared, encryption };
  const { place, catalog } = await openPlace(directory, how);
  const { seal } = place;
  const watch = new RepairWatch(options, 'reencrypt');
  try {
    if (seal === undefined || !(catalog instanceof LmdbCatalog)) throw notEncrypted(place.directory);
    const exchange = new Exchange({ ...place, seal }, catalog, options, watch);
    return await exchange.run();
  } catch (error) {
    throw isCancelled(error) ? cancelled(error) : error;
  } finally {
    watch.close();
    await catalog.close();
    if (seal !== undefined) forget(seal);
  }
}

function isCancelled(error: unknown): error is GristmillError {
  return (error as GristmillError).code === 'CANCELLED';
}

function cancelled({ cause }: GristmillError): GristmillError {
  const message = 'the exchange of data keys was cancelled; the store can be used, and calling it again continues';
  return new GristmillError('CANCELLED', message, { cause });
}

type SealedPlace = StorePlace & { readonly seal: SealKeys };
type Options = ReturnType<typeof resolveReencryptOptions>;

class Exchange {
  readonly #place: SealedPlace;
  readonly #catalog: LmdbCatalog;
  readonly #options: Options;
  readonly #watch: RepairWatch<'reencrypt'>;
  readonly #files: StaleFiles;
  /** The last transaction that may have replaced values of older data keys. */
  #renewedAt = Number.POSITIVE_INFINITY;

  constructor(place: SealedPlace, catalog: LmdbCatalog, options: Options, watch: RepairWatch<'reencrypt'>) {
    this.#place = place;
    this.#catalog = catalog;
    this.#options = options;
    this.#watch = watch;
    this.#files = new StaleFiles(catalog, place);
  }

  async run(): Promise<ConvertReport> {
    await this.#watch.pause();
    const begun = await this.#locked(async (lock) => {
      // Before anything is changed.
      this.#files.checkRoom();
      const dropped = await this.#begin(lock);
      return { dropped, ...this.#files.count() };
    });
    this.#renewedAt = this.#catalog.lastTransaction();
    this.#watch.begin(begun.bytes);
    let written = 0;
    let areRenewed = false;
    // Other writers have the lock in between, so a compaction may copy shards that are still to be written once more.
    for (let isOver = false; !isOver; ) {
      const isWritten = await this.#locked(async (lock) => {
        const until = performance.now() + TURN_MILLISECONDS;
        for (const file of this.#files.find()) {
          if (performance.now() > until) return false;
          await this.#files.renew(file, lock, this.#step);
          written++;
        }
        return true;
      });
      await collectGarbage(this.#catalog, this.#place);
      if (isWritten) areRenewed ||= !(await this.#renewValues());
      if (isWritten && areRenewed) isOver = await this.#locked((lock) => this.#end(lock));
      if (!isOver) await this.#wait(FREE_MILLISECONDS);
    }
    const collections = this.#catalog.collections().map(({ name, records }) => ({ name, records }));
    const untouched = foreignNames(this.#place.directory);
    const { dropped, kept } = begun;
    return { collections, files: { written, kept }, dropped, untouched, seconds: this.#watch.done() };
  }

  readonly #step = async (bytes: number, records: number): Promise<void> => {
    this.#watch.shared.add(bytes, records);
    await this.#watch.pause();
  };

  async #locked<T>(work: (lock: WriterLock) => Promise<T>): Promise<T> {
    const { wait, signal, onWait, why } = this.#options;
    const request = { operation: 'convert', wait, signal, onWait, why } as const;
    const lock = await WriterLock.acquire(this.#catalog, this.#place, request);
    try {
      return await work(lock);
    } catch (error) {
      throw lock.reasonFor(error);
    } finally {
      await lock.release();
    }
  }

  /**
   * Makes a new data key active, if an earlier try has not. Imports that could be resumed have files of older data keys, so
   * they go. @returns how many
   */
  async #begin(lock: WriterLock): Promise<number> {
    const { directory, seal } = this.#place;
    const isNew = !isExchanging(storedRing(directory)!);
    const dropped = this.#catalog.resumable().map(({ id }) => id);
    this.#catalog.transactionSync((write) => {
      lock.check();
      // Nobody commits meanwhile: who commits next meets the new data key.
      if (isNew) addDataKey(directory, seal);
      failpoint('reencrypt.ring');
      const before = this.#catalog.generation();
      putWithoutDataKey(this.#catalog, write, seal);
      if (dropped.length > 0) write.putResumable([]);
      const { left = [] } = this.#catalog.lock() ?? {};
      lock.write(write, dropped.length > 0 ? { left: [...left, ...dropped] } : {});
      lock.log(write, before, { operation: 'reencrypt', result: `data key ${seal.active} encrypts from now on` });
    });
    failpoint('reencrypt.active');
    // A conversion would have the lock.
    removeBegunConversions(directory);
    if (dropped.length > 0) {
      await sweep(this.#catalog, this.#place, dropped);
      await lock.set({ left: undefined });
    }
    return dropped.length;
  }

  /** The older data keys leave the ring, if nothing is sealed with them any more. @returns whether they did */
  async #end(lock: WriterLock): Promise<boolean> {
    const { directory, seal } = this.#place;
    if (this.#files.find().length > 0 || !(await this.#isGarbageGone())) return false;
    // Somebody may still read values of older data keys: their pages are not free.
    if (this.#catalog.oldestRead() < this.#renewedAt) return false;
    await renewRejected(this.#place, this.#catalog, this.#step);
    // Who commits seals with the active data key. So what is not there now is never there again.
    if (await this.#renewValues()) return false;
    await overwriteFreePages(this.#catalog.opened(), this.#watch.pause);
    const hotSet = hotSetPath(directory);
    for (const path of [hotSet, `${hotSet}.new`]) rmSync(path, { force: true });
    await this.#catalog.transaction((write) => {
      lock.check();
      const before = this.#catalog.generation();
      putWithoutDataKey(this.#catalog, write, seal);
      lock.log(write, before, { operation: 'reencrypt', result: `data key ${seal.active} encrypts all of the store` });
    });
    failpoint('reencrypt.drop');
    this.#catalog.transactionSync(() => {
      lock.check();
      if (!needNoDataKey(this.#catalog)) throw new Error('a collection still needs a data key that is to go');
      dropDataKeys(directory, seal);
    });
    failpoint('reencrypt.dropped');
    return true;
  }

  async #renewValues(): Promise<boolean> {
    const found = await renewValues(this.#catalog, this.#watch.pause);
    if (found) this.#renewedAt = this.#catalog.lastTransaction();
    return found;
  }

  /** Whether all files are removed that were replaced. Readers of an older state may need them for a while. */
  async #isGarbageGone(): Promise<boolean> {
    return (await collectGarbage(this.#catalog, this.#place)).files.length === 0;
  }

  async #wait(milliseconds: number): Promise<void> {
    try {
      await setTimeout(milliseconds, undefined, { signal: this.#options.signal });
    } catch {}
    await this.#watch.pause();
  }
}
