// The rejected records of a store, as a user holds them: to look at, to correct and to import after all.

import type { StorePlace } from '../store/files/blobs.js';
import type { Catalog } from '../store/types.js';
import type { TransactionNote } from '../update/audit/group-log.js';
import type { Transaction } from '../update/transaction.js';
import type { RetryOptions, RetryReport } from '../upkeep/quarantine/options.js';
import type { QuarantinedRecord, QuarantineFile } from '../upkeep/quarantine/review.js';
import type { Acting } from './audit.js';
import { later } from './load.js';

/** The parts of a store that its quarantine needs. */
interface Owner {
  readonly options: { readonly readOnly: boolean };
  readonly transaction: <R>(change: (transaction: Transaction) => R, note: TransactionNote) => Promise<R>;
  readonly acting: Acting;
}

/** Runs long work of a store. @throws GristmillError STORE_CLOSED */
type RunWork = <T>(work: (closing: AbortSignal) => Promise<T>) => Promise<T>;

/** The records that imports with `onBadRecord: 'quarantine'` rejected: a file for each import. `store.quarantine` gives it. */
export class Quarantine {
  readonly #owner: Owner;
  readonly #place: StorePlace;
  readonly #catalog: Catalog;
  readonly #work: RunWork;

  /** Not for users. */
  constructor(owner: Owner, place: StorePlace, catalog: Catalog, work: RunWork) {
    this.#owner = owner;
    this.#place = place;
    this.#catalog = catalog;
    this.#work = work;
  }

  /** Returns the quarantine files, the oldest first. @throws GristmillError IO_ERROR, STORE_CLOSED */
  async files(): Promise<QuarantineFile[]> {
    return this.#work(async () => {
      const { quarantineFiles } = await later.load();
      this.#catalog.refresh();
      return quarantineFiles(this.#place, this.#catalog);
    });
  }

  /**
   * Yields the records of a file, each with its text, its place in the source and the reason.
   * @param name the name of the file, or the beginning of it, or the path in `report.quarantine`
   * @throws GristmillError SOURCE_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR
   */
  async *records(name: string): AsyncGenerator<QuarantinedRecord> {
    const { quarantinedRecords } = await later.load();
    this.#catalog.assertOpen();
    yield* quarantinedRecords(this.#place, name);
  }

  /**
   * Imports records of a file into their collection, as they are or corrected, and removes the accepted ones from the file.
   * If it fails, each record is still in the file, or stored, or both.
   * @throws GristmillError SOURCE_NOT_FOUND, COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
   * @example await store.quarantine.retry(name, { corrected: [{ number: 1, text: '{"id":7}' }] });
   */
  async retry(name: string, options?: RetryOptions): Promise<RetryReport> {
    const owner = this.#owner;
    if (owner.options.readOnly) throw new TypeError('the store was opened read-only: it cannot be changed');
    return this.#work(async (closing) => {
      const { retryQuarantine } = await later.load();
      const note = (why: string | undefined) => ({ ...owner.acting.note(why), operation: 'quarantine retry' }) as const;
      const transaction = <R>(change: (transaction: Transaction) => R, why: string | undefined) =>
        owner.transaction(change, note(why));
      return retryQuarantine({ place: this.#place, catalog: this.#catalog, transaction, closing }, name, options);
    });
  }
}
