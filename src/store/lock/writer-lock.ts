// store at rest: [lock]
//
// Writers take turns. What changes a store for longer than a transaction (import, compaction, repair, sweep) holds one
// lock for all of its duration: a record in the catalog (key `04`), written and removed in transactions, so two can never
// take it at once. A holder that died is noticed and its leftovers are swept before the lock is anybody else's; so where
// there is no lock record there are no leftovers.
//
// A holder that was stopped for so long that others thought it dead must not publish when it wakes: it asks `check` within
// the publishing transaction. It will clean up after itself, too: so nobody resumes what it was importing, or it would remove
// the files of its successor. Should it be killed before it has cleaned up, nobody would know of the files it wrote after
// the sweep: so the record stays, and sweeping is repeated, until such a holder has let go of the lock or has ended.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import type { WaitingOptions } from '../../options/shared.js';
import { appendEntry } from '../audit/append.js';
import type { AuditChange } from '../audit/types.js';
import type { StorePlace } from '../files/blobs.js';
import type { LockRecord } from '../lock-types.js';
import type { Catalog, CatalogWrite, ResumableImport } from '../types.js';
import {
  describeHolder,
  isAlive,
  mayGoOn,
  noteLock,
  pauses,
  STALE_MILLISECONDS,
  untilThereIsRoom,
} from './lock-holder.js';
import { SELF } from './process-identity.js';
import { settleRemovals, sweep } from './sweep.js';

/** A holder says this often that it lives: several times before it is taken for dead. */
const RENEW_MILLISECONDS = STALE_MILLISECONDS / 6;

export interface LockRequest extends WaitingOptions {
  readonly operation: LockRecord['operation'];
  /** The collection, for messages. */
  readonly collection?: string | undefined;
  /** Whether to sweep the leftovers of a dead holder. With false, the lock record still names them. Default true. */
  readonly sweeps?: boolean | undefined;
}

export class WriterLock {
  /** Differs for every lock ever taken. */
  readonly token: string;
  readonly #catalog: Catalog;
  readonly #place: StorePlace;
  readonly #why: string | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(catalog: Catalog, place: StorePlace, token: string, why: string | undefined) {
    this.#catalog = catalog;
    this.#place = place;
    this.#why = why;
    this.token = token;
    noteLock(token, 'held');
    this.#timer = setInterval(() => this.#renew(), RENEW_MILLISECONDS);
    this.#timer.unref();
  }

  /**
   * Takes the lock, waits for its holder if necessary, and sweeps the leftovers of a dead holder.
   * @throws GristmillError STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR.
   */
  static async acquire(catalog: Catalog, place: StorePlace, request: LockRequest): Promise<WriterLock> {
    const { wait = true, signal, onWait } = request;
    let told: string | undefined;
    for (const pause = pauses(signal); ; await pause()) {
      catalog.refresh();
      let holder = catalog.lock();
      if (holder === undefined || !isAlive(holder)) {
        const token = randomUUID();
        holder = await catalog.transaction((write) => {
          // Who reads the header knows the active data key, before it writes a file.
          catalog.generation();
          const current = catalog.lock();
          if (current !== undefined && isAlive(current)) return current;
          write.putLock({ ...newRecord(token, request), ...(current && leftBy(current, catalog, write)) });
          return undefined;
        });
        if (holder === undefined) return WriterLock.#taken(catalog, place, token, request);
      }
      if (!wait) throw busy(holder);
      if (told !== holder.token) onWait?.(holder);
      told = holder.token;
    }
  }

  static async #taken(
    catalog: Catalog,
    place: StorePlace,
    token: string,
    { sweeps = true, why }: LockRequest,
  ): Promise<WriterLock> {
    const lock = new WriterLock(catalog, place, token, why);
    try {
      failpoint('lock.taken');
      const { left, mayWake = [] } = lock.#current();
      if (sweeps && left !== undefined) {
        // Asked before the sweep: who ends during it may have written behind it.
        const stillMayWake = mayWake.filter((one) => mayGoOn(one) === true);
        failpoint('lock.sweep');
        await sweep(catalog, place, [...left, ...mayWake.map(({ token }) => token)]);
        await lock.set({ left: undefined, mayWake: stillMayWake });
      }
      return lock;
    } catch (error) {
      // The record stays, and with it the word that there are leftovers.
      await lock.set({ isAbandoned: true }).catch(() => {});
      lock.#stop('abandoned');
      throw error;
    }
  }

  /** Inside a transaction: throws if another writer has taken the lock. @throws GristmillError STORE_BUSY */
  check(): void {
    this.#current();
  }

  /** What to tell of work that failed: that another writer swept its files away, where that is so; else `error`. */
  reasonFor(error: unknown): unknown {
    try {
      this.#catalog.refresh();
      this.check();
    } catch (reason) {
      if ((reason as GristmillError).code === 'STORE_BUSY') return reason;
    }
    return error;
  }

  /** Changes the record, and renews it, within a transaction or in one of its own. @throws GristmillError STORE_BUSY as `check`. */
  async set(changes: Partial<LockRecord>): Promise<void> {
    await this.#catalog.transaction((write) => this.write(write, changes));
  }

  /** See `set`. */
  write(write: CatalogWrite, changes: Partial<LockRecord>): void {
    write.putLock({ ...this.#current(), renewed: new Date().toISOString(), ...changes });
  }

  /**
   * Logs a change that the holder makes, last in its transaction.
   * @param before the store's generation when the transaction began
   */
  log(write: CatalogWrite, before: number, change: AuditChange): void {
    const target = { catalog: this.#catalog, write, place: this.#place };
    appendEntry(target, before, { ...(this.#why !== undefined && { why: this.#why }), ...change });
  }

  /**
   * Gives the lock back. Never fails: where the record cannot be removed because the disk is full it is tried again and again,
   * as long as the store is open; otherwise the next to open the store does it.
   */
  async release(): Promise<void> {
    try {
      await this.#giveBack();
    } catch (error) {
      this.#stop('abandoned');
      void untilThereIsRoom(() => this.#giveBack(), error);
    }
  }

  async #giveBack(): Promise<void> {
    failpoint('lock.release');
    settleRemovals(this.#place);
    await this.#catalog.transaction((write) => {
      const current = this.#catalog.lock();
      const mayWake = (current?.mayWake ?? []).filter(({ token }) => token !== this.token);
      if (current?.token !== this.token) {
        if (current?.mayWake) write.putLock({ ...current, mayWake });
        return;
      }
      // Where nothing was swept, or must be swept again, the word of it stays.
      const isOver = current.left === undefined && mayWake.length === 0;
      write.putLock(isOver ? undefined : { ...current, mayWake, isAbandoned: true });
    });
    this.#stop('released');
  }

  #current(): LockRecord {
    const current = this.#catalog.lock();
    if (current?.token === this.token) return current;
    const who = current === undefined ? 'another writer' : describeHolder(current);
    const message = `this process was stopped for a long time, and meanwhile ${who} took the lock; nothing was published: run it again`;
    throw new GristmillError('STORE_BUSY', message, { file: this.#catalog.file });
  }

  #renew(): void {
    // What keeps a renewal from succeeding (a lost lock, a failed catalog) also keeps the holder from publishing.
    this.set({}).catch(() => {});
  }

  #stop(state: 'released' | 'abandoned'): void {
    clearInterval(this.#timer);
    noteLock(this.token, state);
  }
}

function newRecord(token: string, { operation, collection }: LockRequest): LockRecord {
  const now = new Date().toISOString();
  return {
    token,
    operation,
    ...(collection !== undefined && { collection }),
    host: hostname(),
    ...SELF,
    since: now,
    renewed: now,
  };
}

/** What is to be swept after this holder. What it may still be writing is taken off the list of those that can be resumed. */
function leftBy(dead: LockRecord, catalog: Catalog, write: CatalogWrite): Pick<LockRecord, 'left' | 'mayWake'> {
  const { operation, collection, left = [], mayWake = [], isPublished, isAbandoned, token, pid, process } = dead;
  if (isPublished) return { left, mayWake };
  const wakes = !isAbandoned && mayGoOn(dead) !== false;
  const resumable = catalog.resumable();
  const isIts = (one: ResumableImport) => wakes && operation === 'import' && one.collection === collection;
  const its = resumable.filter(isIts).map(({ id }) => id);
  if (its.length > 0) write.putResumable(resumable.filter((one) => !isIts(one)));
  return {
    left: [...left, ...its.filter((id) => id !== token), token],
    mayWake: wakes ? [...mayWake, { token, pid, process }] : mayWake,
  };
}

function busy(holder: LockRecord): GristmillError {
  return new GristmillError(
    'STORE_BUSY',
    `the store is busy: ${describeHolder(holder)}; wait until that work ends, and try again`,
  );
}
