// key > index page > location > frame cache > frame > record
//
// The read path of one collection, on one screen. `locate` and the last step are synchronous and the same for all; only
// how the frame is fetched differs between `textSync` and `text`.
//
// Every lookup works on one generation. Whether there is a newer one is asked at the beginning of a lookup, at most every
// ten milliseconds (at once after a transaction of this process). A lookup that meets a newer generation on its way, in
// the index or because a shard's file is gone, starts again.

import { GristmillError } from '../base/errors.js';
import { checkCollectionName, checkNameToFind } from '../base/names.js';
import { canonicalKey } from '../keys/decode.js';
import type { KeyValue } from '../keys/encode.js';
import type { StorePlace } from '../store/files/blobs.js';
import { ioError, isMissing } from '../store/files/io.js';
import { type FrameAt, lineText } from '../store/shards/frame.js';
import { parsedRecord, recordText } from '../store/shards/line.js';
import type { CatalogSnapshot, CatalogView } from '../store/types.js';
import type { Caches } from './cache/caches.js';
import type { CollectionCaches } from './cache/collection-caches.js';
import { type HotKey, HotPlaces } from './cache/hot-places.js';
import { FETCHES_MAX, Fetch } from './fetch.js';
import { Generation, noRecord, type Place, STALE } from './index/generation.js';
import { locate } from './index/locate.js';
import { Values } from './values.js';

const CHECK_MILLISECONDS = 10;
const RETRIES_MAX = 5;

/** What a collection needs of its store. */
export interface LookupStore extends StorePlace {
  readonly catalog: CatalogView;
  readonly caches: Caches;
  /** Set for snapshots: what cannot be read is never made up for by what an older state had. */
  readonly isExact?: boolean;
}

export class Lookup {
  readonly name: string;
  readonly store: LookupStore;
  readonly caches: CollectionCaches;
  readonly hotPlaces: HotPlaces;
  readonly fetch: Fetch;
  /** Undefined without a record cache. */
  readonly #values: Values | undefined;
  #generation: Generation;
  #checkedAt = Date.now();
  #commits: number;

  /**
   * @param previous over another state of the catalog: what has stayed the same since need not be loaded again.
   * @throws GristmillError COLLECTION_NOT_FOUND; TypeError for what is no name
   */
  constructor(store: LookupStore, name: string, previous?: Lookup) {
    checkNameToFind(name);
    this.store = store;
    this.name = name;
    this.#commits = store.catalog.commits;
    store.catalog.refresh();
    const before = previous === undefined ? undefined : previous.#generation;
    this.#generation = this.#load(before);
    // Not sooner: of a collection that is not there nothing is kept.
    this.caches = store.caches.of(name);
    this.fetch = new Fetch(this.caches);
    // Where no shard has changed hot places are still what they were: each confirms itself.
    const { id, layout } = this.#generation.manifest;
    const isSame = before?.manifest.id === id && before.manifest.layout === layout;
    this.hotPlaces = previous && isSame ? previous.hotPlaces : new HotPlaces(previous?.hotPlaces.reads);
    this.#values = this.caches.records && new Values(this, this.caches.records);
  }

  textSync(given: KeyValue): string | undefined {
    const key = canonicalKey(given);
    return (
      this.#hot(key) ??
      this.attempt((generation) => {
        const place = this.locate(generation, key);
        return place && this.fetch.textSync(this.remember(generation, key, place));
      })
    );
  }

  async text(given: KeyValue): Promise<string | undefined> {
    const key = canonicalKey(given);
    return (
      this.#hot(key) ??
      this.attemptLater(async (generation) => {
        const place = this.locate(generation, key);
        return place && this.fetch.text(this.remember(generation, key, place));
      })
    );
  }

  /** Texts in the order of the keys, each frame fetched once. */
  texts(keys: readonly KeyValue[]): Promise<(string | undefined)[]> {
    const read = (generation: Generation) => this.fetch.texts(keys.map((key) => this.locate(generation, key)));
    return this.attemptLater(read, keys.length);
  }

  /** The record, parsed: from the record cache, where there is one. */
  valueSync(key: KeyValue): unknown {
    return this.#values === undefined ? parsed(this.textSync(key)) : this.#values.getSync(canonicalKey(key));
  }

  value(key: KeyValue): Promise<unknown> {
    return this.#values === undefined ? this.text(key).then(parsed) : this.#values.get(canonicalKey(key));
  }

  /** Records in the order of the keys, of one generation, each frame fetched once. */
  async values(keys: readonly KeyValue[]): Promise<unknown[]> {
    if (this.#values === undefined) return (await this.texts(keys)).map(parsed);
    return this.#values.getMany(keys.map(canonicalKey));
  }

  has(key: KeyValue): boolean {
    return this.attempt((generation) => locate(generation, key) !== undefined);
  }

  /** The newest generation, as far as ten milliseconds ago. @throws GristmillError STORE_CLOSED from the moment `close` is called */
  generation(): Generation {
    const { catalog, caches } = this.store;
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

  /** Finds a record that is expected to be read, without reading it: it is a hot place from then on. */
  expect({ key: given, weight, place: known }: HotKey): Place | undefined {
    const key = canonicalKey(given);
    return this.attempt((generation) => {
      const isHeld = known !== undefined && generation.holds(known);
      const place = isHeld ? generation.place(known) : locate(generation, key);
      return place && this.remember(generation, key, place, weight);
    });
  }

  /** The frame of a place; undefined where the record is inline. @throws what `caches.shard` throws */
  frameAt(place: Place): FrameAt | undefined {
    if (place.line !== undefined) return undefined;
    const { reader, index } = this.fetch.lineOf(place);
    return { entry: place.entry, reader, index };
  }

  /** One over a newer state has taken its place: shards that are not in that one are closed once nobody reads them. */
  supersede(newer: Lookup): void {
    this.#generation.supersede(newer.#generation);
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

  /** The place of a record that is read. */
  locate(generation: Generation, key: KeyValue): Place | undefined {
    const place = locate(generation, key);
    if (place === undefined) this.caches.counters.absent++;
    return place;
  }

  /** A generation to iterate over, with a snapshot of the catalog that shows it. Release both. */
  hold(): { readonly generation: Generation; readonly snapshot: CatalogSnapshot } {
    this.store.caches.assertOpen();
    const snapshot = this.store.catalog.snapshot();
    try {
      if (!this.#generation.isCurrent()) this.#reload();
    } catch (error) {
      snapshot.release();
      throw error;
    }
    this.#generation.retain();
    return { generation: this.#generation, snapshot };
  }

  /** The record of a key looked up before whose frame is still in memory. */
  #hot(key: KeyValue): string | undefined {
    const place = this.hotPlaces.get(key, this.generation());
    const frame = place && this.caches.cachedFrame(place.file, place.frame);
    if (frame === undefined) return undefined;
    this.caches.counters.frameHits++;
    return recordText(lineText(frame, place!.line), place!.named);
  }

  /** Makes it a hot place: of a key that was read, or, with a weight, of one that is expected to be. */
  remember(generation: Generation, key: KeyValue, place: Place, weight?: number): Place {
    if (place.line !== undefined) return place;
    const { index, line } = this.fetch.lineOf(place);
    const { shard, fileNumber: file, named } = place.entry;
    const at = { shard, ordinal: place.ordinal, file, frame: index, line, named };
    this.hotPlaces.keep(key, { ...at, generation: generation.manifest.generation }, weight);
    return place;
  }

  /** Rethrows what a newer generation does not explain. */
  #recover(generation: Generation, error: unknown, tries: number): void {
    if ((error !== STALE && !isMissing(error)) || tries === RETRIES_MAX) throw describe(error, this.name);
    this.store.catalog.refresh();
    if (this.#generation === generation) this.#reload();
    if (this.#generation.manifest.generation === generation.manifest.generation) throw describe(error, this.name);
  }

  #reload(): void {
    const newer = this.#load(this.#generation);
    this.#generation.supersede(newer);
    this.#generation = newer;
  }

  #load(previous?: Generation): Generation {
    const { catalog, caches } = this.store;
    const generation = Generation.load(catalog, caches, this.name, previous);
    if (generation !== undefined) return generation;
    checkCollectionName(this.name);
    const names = catalog.collections().map(({ name }) => name);
    const there = names.length === 0 ? 'it is empty' : `it has ${names.join(', ')}`;
    throw new GristmillError('COLLECTION_NOT_FOUND', `the store has no collection ${this.name}; ${there}`);
  }
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : parsedRecord(text);
}

function describe(error: unknown, name: string): unknown {
  if (error === STALE) return noRecord(name);
  return isMissing(error) ? ioError(error, 'read a shard of', name) : error;
}
