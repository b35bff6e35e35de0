// The audit log of a store, as a user holds it: to read, to verify, to compare with a checkpoint that was kept elsewhere.

import { fieldsNow, type ResolvedAuditOptions, reasonIn } from '../options/audit.js';
import type { AuditCheckpoint } from '../store/audit/checkpoint.js';
import type { AuditPruneReport } from '../store/audit/prune.js';
import type { AuditEntry } from '../store/audit/types.js';
import type { AuditVerifyReport } from '../store/audit/verify.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { SealKeys } from '../store/seal/types.js';
import type { Catalog } from '../store/types.js';
import { NO_NOTE, type TransactionNote } from '../update/audit/group-log.js';
import type {
  AuditKeepOptions,
  AuditLogOptions,
  AuditPruneOptions,
  AuditVerifyOptions,
} from '../upkeep/audit/options.js';
import { later } from './load.js';
import type { Access } from './work/access.js';

/** Says who makes the changes of an open store. */
export class Acting {
  readonly #place: StorePlace;
  readonly #options: ResolvedAuditOptions;

  constructor(place: StorePlace, options: ResolvedAuditOptions) {
    this.#place = place;
    this.#options = options;
  }

  /** The keys of an encrypted store. */
  get seal(): SealKeys | undefined {
    return this.#place.seal;
  }

  /** The place of the store, with what the application adds to the actor of a change that begins now. */
  get place(): StorePlace {
    const by = fieldsNow(this.#options);
    return by === undefined ? this.#place : { ...this.#place, by };
  }

  /** What is logged of a transaction that is called now. */
  note(why: string | undefined): TransactionNote {
    const by = fieldsNow(this.#options);
    return by === undefined && why === undefined ? NO_NOTE : { by, why };
  }
}

/** The log of all changes of a store. `store.audit` gives it. */
export class Audit {
  readonly #catalog: Catalog;
  readonly #acting: Acting;
  readonly #access: Access;

  /** @internal */
  constructor(catalog: Catalog, acting: Acting, access: Access) {
    this.#catalog = catalog;
    this.#acting = acting;
    this.#access = access;
  }

  /**
   * Yields the entries of the log, the oldest first, as of now. Options select them.
   * @throws GristmillError CHECKSUM_MISMATCH, STORE_CLOSED; TypeError
   * @example for await (const entry of store.audit.log({ since: '2026-11-01', operation: 'import' })) console.log(entry);
   */
  async *log(options?: AuditLogOptions): AsyncGenerator<AuditEntry> {
    const { auditLog } = await later.load();
    this.#catalog.assertOpen();
    yield* auditLog(this.#catalog, options);
  }

  /**
   * Verifies that the log is as it was written, and reports the first entry that is not. With the checkpoint `since` it also
   * finds out whether the store was rolled back. A fault throws nothing.
   * @throws GristmillError CANCELLED, IO_ERROR, STORE_CLOSED; TypeError
   * @example const { isSound, fault } = await store.audit.verify({ since: line });
   */
  async verify(options?: AuditVerifyOptions): Promise<AuditVerifyReport> {
    const place = { seal: this.#acting.seal };
    return this.#access.work(async (closing) =>
      (await later.load()).verifyAuditLog({ catalog: this.#catalog, place, closing }, options),
    );
  }

  /**
   * Returns the state of the log. Its `line` can be kept where nobody who can change the store can change it. Undefined if the
   * log has no entry yet.
   */
  async checkpoint(): Promise<(AuditCheckpoint & { readonly line: string }) | undefined> {
    const { catalogCheckpoint } = await later.load();
    this.#catalog.assertOpen();
    return catalogCheckpoint(this.#catalog);
  }

  /**
   * Removes the entries before a time or a sequence number. The newest entry stays. The log gets an entry about it.
   * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, STORE_CLOSED; TypeError
   * @example await store.audit.prune({ before: '2026-01-01' });
   */
  async prune(options: AuditPruneOptions): Promise<AuditPruneReport> {
    this.#access.assertWritable();
    const target = { catalog: this.#catalog, place: this.#acting.place };
    return this.#access.work(async () => (await later.load()).pruneAuditLog(target, options));
  }

  /**
   * Says how many of the newest entries the log keeps at least, from now on and for all processes; 0: all. Default 250,000.
   * @throws GristmillError DISK_FULL, IO_ERROR, STORE_CLOSED; TypeError
   */
  async keep(entries: number, options?: AuditKeepOptions): Promise<void> {
    this.#access.assertWritable();
    if (!Number.isSafeInteger(entries) || entries < 0)
      throw new TypeError('keep: entries must be an integer, 0 or more');
    const target = { catalog: this.#catalog, place: this.#acting.place };
    const why = reasonIn('keep', options);
    return this.#access.work(async () => (await later.load()).keepAudit(target, entries, { why }));
  }
}
