// key > index page > location > frame cache > frame > record: which generation
//
// The generation that the reads of one collection see. Every lookup works on one. Whether there is a newer one is asked at
// the beginning of a lookup, at most every ten milliseconds (at once after a transaction of this process). A lookup that
// meets a newer generation on its way, in the index or because a shard's file is gone, starts again.

import { GristmillError } from '../base/errors.js';
import { checkCollectionName } from '../base/names.js';
import { ioError, isMissing } from '../base/system-errors.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { CatalogSnapshot, CatalogView } from '../store/types.js';
import type { Caches } from './cache/caches.js';
import { FETCHES_MAX } from './fetch.js';
import { Generation, noRecord, STALE } from './index/generation.js';

const CHECK_MILLISECONDS = 10;
const RETRIES_MAX = 5;

/** The parts of a store that a collection needs. */
export interface LookupStore extends StorePlace {
  readonly catalog: CatalogView;
  readonly caches: Caches;
  /** Set for snapshots: if a record cannot be read, no record of an older state is returned instead. */
  readonly isExact?: boolean;
}

export class Current {
  readonly #store: LookupStore;
  readonly #name: string;
  /** In which records are given; undefined: the newest. */
  readonly #version: number | undefined;
  #generation: Generation;
  #checkedAt = Date.now();
  #commits: number;

  /**
   * @param previous the same over another state of the catalog. Data that is the same is not loaded again.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH; TypeError for an invalid name
   */
  constructor(store: LookupStore, name: string, version: number | undefined, previous: Current | undefined) {
    this.#store = store;
    this.#name = name;
    this.#version = version;
    this.#commits = store.catalog.commits;
    store.catalog.refresh();
    this.#generation = this.#load(previous === undefined ? undefined : previous.#generation);
  }

  /** The newest generation, as far as ten milliseconds ago. @throws GristmillError STORE_CLOSED from the moment `close` is called */
  generation(): Generation {
    const { catalog, caches } = this.#store;
    caches.assertOpen();
    catalog.assertOpen();
    const now = Date.now();
    const elapsed = now - this.#checkedAt;
    // A clock that is set back must not stop the asking.
    if (elapsed >= CHECK_MILLISECONDS || elapsed < 0 || catalog.commits !== this.#commits) {
      this.#checkedAt = now;
      this.#commits = catalog.commits;
      catalog.refresh();
      if (!this.#generation.isCurrent()) this.#reload();
    }
    return this.#generation;
  }

  /** The newest generation, this instant. */
  newest(): Generation {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    return this.generation();
  }

  /** Whether no shard has changed since another state of the collection, so that records are where they were. */
  hasLayoutOf(other: Current): boolean {
    const { id, layout } = this.#generation.manifest;
    const { manifest } = other.#generation;
    return manifest.id === id && manifest.layout === layout;
  }

  /** Call it when a newer state has replaced this one: shards that only this one has are closed when nobody reads them. */
  supersede(newer: Current): void {
    this.#generation.supersede(newer.#generation);
  }

  /** A generation to iterate over, with a snapshot of the catalog that shows it. Release both. */
  hold(): { readonly generation: Generation; readonly snapshot: CatalogSnapshot } {
    this.#store.caches.assertOpen();
    const snapshot = this.#store.catalog.snapshot();
    try {
      if (!this.#generation.isCurrent()) this.#reload();
    } catch (error) {
      snapshot.release();
      throw error;
    }
    this.#generation.retain();
    return { generation: this.#generation, snapshot };
  }

  /** Runs a synchronous lookup on the newest generation; again when it meets a newer one. */
  attempt<R>(operation: (generation: Generation) => R): R {
    for (let tries = 0; ; tries++) {
      const generation = this.generation();
      try {
        return operation(generation);
      } catch (error) {
        this.#recover(generation, error, tries);
      }
    }
  }

  /** The same for a lookup that has to wait. @param records how many it reads */
  async attemptLater<R>(operation: (generation: Generation) => Promise<R>, records = 1): Promise<R> {
    for (let tries = 0; ; tries++) {
      // More than are begun at once: the state they are in must stay, whoever stops serving it meanwhile.
      const held = records > FETCHES_MAX ? this.hold() : undefined;
      const generation = held?.generation ?? this.generation();
      try {
        return await operation(generation);
      } catch (error) {
        this.#recover(generation, error, tries);
      } finally {
        held?.snapshot.release();
        held?.generation.release();
      }
    }
  }

  /** Rethrows an error that a newer generation does not explain. */
  #recover(generation: Generation, error: unknown, tries: number): void {
    if ((error !== STALE && !isMissing(error)) || tries === RETRIES_MAX) throw describe(error, this.#name);
    this.#store.catalog.refresh();
    if (this.#generation === generation) this.#reload();
    if (this.#generation.manifest.generation === generation.manifest.generation) throw describe(error, this.#name);
  }

  #reload(): void {
    const newer = this.#load(this.#generation);
    this.#generation.supersede(newer);
    this.#generation = newer;
  }

  #load(previous: Generation | undefined): Generation {
    const { catalog, caches } = this.#store;
    const generation = Generation.load(catalog, caches, this.#name, this.#version, previous);
    if (generation !== undefined) return generation;
    // It was dropped: who still reads it goes on, and its files are closed then.
    previous?.supersede(undefined);
    checkCollectionName(this.#name);
    const names = catalog.collections().map(({ name }) => name);
    const there = names.length === 0 ? 'the store is empty' : `its collections: ${names.join(', ')}`;
    throw new GristmillError('COLLECTION_NOT_FOUND', `the store has no collection ${this.#name}; ${there}`);
  }
}

function describe(error: unknown, name: string): unknown {
  if (error === STALE) return noRecord(name);
  return isMissing(error) ? ioError(error, 'read a shard of', name) : error;
}
