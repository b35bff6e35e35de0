// key > index page > location > frame cache > frame > record > [record cache], in the background
//
// Renews entries of the record cache that readers go on being given. A key whose location is still the same is the same
// record; else its frame is loaded by the thread of background loads. One that cannot be renewed stays for a stated time,
// and is tried again now and then: that is told, and nobody who has data is failed.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../base/errors.js';
import { ioError } from '../base/system-errors.js';
import type { CollectionCaches } from './cache/collection-caches.js';
import type { CollectionRecords, RecordEntry } from './cache/record-cache.js';
import type { Current, LookupStore } from './current.js';
import type { Fetch } from './fetch.js';
import { locate } from './index/locate.js';

/** The parts that reading records needs. */
export interface ReadParts {
  readonly store: LookupStore;
  readonly current: Current;
  readonly caches: CollectionCaches;
  readonly fetch: Fetch;
}

/** The time before a failed refresh is tried again. */
const RETRY_MILLISECONDS = 1000;

export class Refresh {
  readonly #parts: ReadParts;
  readonly #records: CollectionRecords;

  constructor(parts: ReadParts, records: CollectionRecords) {
    this.#parts = parts;
    this.#records = records;
  }

  /** Renews an entry in a turn to come, unless that is under way or has just failed. */
  soon(entry: RecordEntry): void {
    if (entry.isRefreshing || (entry.failing !== undefined && this.isTooSoon(entry))) return;
    entry.isRefreshing = true;
    void this.#run(entry);
  }

  isTooSoon({ failing }: RecordEntry): boolean {
    return failing !== undefined && performance.now() - failing.last < RETRY_MILLISECONDS;
  }

  /**
   * Whether reads of a generation may get an entry although looking it up again fails. They never get an entry of a newer
   * generation; in a snapshot, only one of the same generation.
   */
  isFor({ generation }: RecordEntry, read: number): boolean {
    return generation === read || (generation < read && !this.#parts.store.isExact);
  }

  /** Whether an entry that could not be looked up again may still be given to reads of a generation. */
  isBearable(entry: RecordEntry, read: number): boolean {
    const { failing, generation, loadedAt } = entry;
    if (failing === undefined || !this.isFor(entry, read)) return false;
    const { ttlMs, onErrorMs } = this.#records.cache.times;
    // In its own generation it is good until its TTL; in another one only because nobody knows better.
    const isTimed = generation === read && ttlMs !== Number.POSITIVE_INFINITY;
    const since = isTimed ? Math.max(failing.since, loadedAt + ttlMs) : failing.since;
    return performance.now() - since < onErrorMs;
  }

  /** Records and reports that looking an entry up again failed. @returns whether the store caused it, not the caller */
  failed(entry: RecordEntry, error: unknown, began = performance.now()): boolean {
    if (!isOfTheStore(error)) return false;
    const now = performance.now();
    entry.failing = { since: entry.failing?.since ?? now, last: now };
    this.#parts.caches.counters.refreshFailures++;
    const known = error instanceof GristmillError ? error : ioError(error, 'read', this.#parts.store.directory);
    this.#parts.caches.tellRefresh('failed', now - began, known);
    return true;
  }

  async #run(entry: RecordEntry): Promise<void> {
    const began = performance.now();
    try {
      // The read that asked for it goes first.
      await setImmediate();
      const outcome = await this.#renew(entry);
      this.#parts.caches.counters.refreshes++;
      this.#parts.caches.tellRefresh(outcome, performance.now() - began);
    } catch (error) {
      // A store or snapshot that is closed meanwhile needs nothing renewed.
      this.failed(entry, error, began);
    } finally {
      entry.isRefreshing = false;
    }
  }

  #renew(entry: RecordEntry): Promise<'same' | 'changed' | 'gone'> {
    const { key } = entry;
    return this.#parts.current.attemptLater(async (generation) => {
      const number = generation.manifest.generation;
      const place = locate(generation, key);
      if (place === undefined) {
        if (entry.generation <= number) this.#records.drop(entry);
        return 'gone';
      }
      if (entry.isAt(place)) {
        entry.confirm(number);
        return 'same';
      }
      const text = await this.#parts.fetch.textBehind(place);
      const { entry: at, ordinal, form } = place;
      this.#records.keep(key, { text, generation: number, shard: at.shard, ordinal, shape: form.shape });
      return 'changed';
    });
  }
}

/** A wrong key, or a store that was closed, is no failure of a refresh. */
function isOfTheStore(error: unknown): boolean {
  if (error instanceof TypeError) return false;
  return !(error instanceof GristmillError) || (error.code !== 'STORE_CLOSED' && error.code !== 'COLLECTION_NOT_FOUND');
}
