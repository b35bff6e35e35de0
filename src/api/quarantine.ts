// The rejected records of a store, as a user holds them: to look at, to correct and to import after all.

import type { Transaction } from '../update/transaction.js';
import type { RetryOptions, RetryReport } from '../upkeep/quarantine/options.js';
import type { QuarantinedRecord, QuarantineFile } from '../upkeep/quarantine/review.js';
import { later } from './load.js';
import type { StoreParts } from './parts.js';

/** The records that imports with `onBadRecord: 'quarantine'` rejected: a file for each import. `store.quarantine` gives it. */
export class Quarantine {
  readonly #parts: StoreParts;

  /** @internal */
  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Returns the quarantine files, the oldest first. @throws GristmillError IO_ERROR, STORE_CLOSED */
  async files(): Promise<QuarantineFile[]> {
    const { place, catalog, access } = this.#parts;
    return access.work(async () => {
      const { quarantineFiles } = await later.load();
      catalog.refresh();
      return quarantineFiles(place, catalog);
    });
  }

  /**
   * Yields the records of a file, each with its text, its place in the source and the reason.
   * @param name the name of the file, or the beginning of it, or the path in `report.quarantine`
   * @throws GristmillError SOURCE_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR
   */
  async *records(name: string): AsyncGenerator<QuarantinedRecord> {
    const { quarantinedRecords } = await later.load();
    this.#parts.catalog.assertOpen();
    yield* quarantinedRecords(this.#parts.place, name);
  }

  /**
   * Imports records of a file into their collection, as they are or corrected, and removes the accepted ones from the file.
   * If it fails, each record is still in the file, or stored, or both.
   * @throws GristmillError SOURCE_NOT_FOUND, COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
   * @example await store.quarantine.retry(name, { corrected: [{ number: 1, text: '{"id":7}' }] });
   */
  async retry(name: string, options?: RetryOptions): Promise<RetryReport> {
    const { place, catalog, acting, access, transact } = this.#parts;
    access.assertWritable();
    return access.work(async (closing) => {
      const { retryQuarantine } = await later.load();
      const note = (why: string | undefined) => ({ ...acting.note(why), operation: 'quarantine retry' }) as const;
      const transaction = <R>(change: (transaction: Transaction) => R, why: string | undefined) =>
        transact(change, note(why));
      return retryQuarantine({ place, catalog, transaction, closing }, name, options);
    });
  }
}
