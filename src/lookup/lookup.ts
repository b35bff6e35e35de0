// key > index page > location > frame cache > frame > record
//
// The read path of one collection, on one screen. `locate` and the last step are synchronous and the same for all; only
// how the frame is fetched differs between `textSync` and `text`.
//
// Every lookup works on one generation. Whether there is a newer one is asked at the beginning of a lookup, at most every
// ten milliseconds (at once after a transaction of this process). A lookup that meets a newer generation on its way, in
// the index or because a shard's file is gone, starts again.

import { GristmillError } from '../errors.js';
import type { StorePlace } from '../store/blobs.js';
import { ioError, isMissing } from '../store/io.js';
import { encodeKey, type KeyValue } from '../store/key.js';
import type { ShardReader } from '../store/shard-read.js';
import type { CatalogSnapshot, CatalogView } from '../store/types.js';
import type { Caches } from './caches.js';
import type { CollectionCaches } from './collection-caches.js';
import { type Frame, lineText } from './frame.js';
import { Generation, type Place, STALE } from './generation.js';
import { HotPlaces } from './hot-places.js';
import { recordText } from './record.js';

const CHECK_MILLISECONDS = 10;
const RETRIES_MAX = 5;
/** Records fetched at a time: bounds the frames in flight. */
const FETCHES_MAX = 64;

/** What a collection needs of its store. */
export interface LookupStore extends StorePlace {
  readonly catalog: CatalogView;
  readonly caches: Caches;
}

export class Lookup {
  readonly name: string;
  readonly store: LookupStore;
  readonly caches: CollectionCaches;
  readonly #hotPlaces = new HotPlaces();
  #generation: Generation;
  #checkedAt = Date.now();
  #commits: number;

  /** @throws GristmillError COLLECTION_NOT_FOUND */
  constructor(store: LookupStore, name: string) {
    this.store = store;
    this.name = name;
    this.caches = store.caches.of(name);
    this.#commits = store.catalog.commits;
    store.catalog.refresh();
    this.#generation = this.#load();
  }

  textSync(key: KeyValue): string | undefined {
    return (
      this.#hot(key) ??
      this.attempt((generation) => {
        const place = this.#locate(generation, key);
        return place && this.#fetchSync(this.#remember(generation, key, place));
      })
    );
  }

  async text(key: KeyValue): Promise<string | undefined> {
    const hot = this.#hot(key);
    if (hot !== undefined) return hot;
    for (let tries = 0; ; tries++) {
      const generation = this.generation();
      try {
        const place = this.#locate(generation, key);
        if (place === undefined) return undefined;
        this.#remember(generation, key, place);
        return this.#cached(place) ?? (await this.fetch(place));
      } catch (error) {
        this.#recover(generation, error, tries);
      }
    }
  }

  /** Texts in the order of the keys, each frame fetched once. */
  async texts(keys: readonly KeyValue[]): Promise<(string | undefined)[]> {
    for (let tries = 0; ; tries++) {
      const generation = this.generation();
      try {
        return await this.fetchAll(keys.map((key) => this.#locate(generation, key)));
      } catch (error) {
        this.#recover(generation, error, tries);
      }
    }
  }

  has(key: KeyValue): boolean {
    return this.attempt((generation) => locate(generation, key) !== undefined);
  }

  /** The newest generation, as far as ten milliseconds ago. */
  generation(): Generation {
    const { catalog } = this.store;
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

  /** A generation to iterate over, with a snapshot of the catalog that shows it. Release both. */
  hold(): { readonly generation: Generation; readonly snapshot: CatalogSnapshot } {
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

  /** The text of the record at a place; its frame is read off the main thread unless it is in memory. */
  async fetch(place: Place): Promise<string> {
    const cached = this.#cached(place);
    if (cached !== undefined) return cached;
    const { reader, index, line } = this.#lineOf(place);
    return textIn(await this.caches.frame(reader, place.entry.fileNumber, index), line, place);
  }

  /** Texts of the records at many places, in their order; frames are fetched in the order of the shards, each once. */
  async fetchAll(places: readonly (Place | undefined)[]): Promise<(string | undefined)[]> {
    const texts = new Array<string | undefined>(places.length).fill(undefined);
    const order = [...places.keys()].filter((i) => places[i] !== undefined);
    order.sort((i, j) => comparePlaces(places[i]!, places[j]!));
    for (let at = 0; at < order.length; at += FETCHES_MAX) {
      const fetches: Promise<void>[] = [];
      try {
        for (const i of order.slice(at, at + FETCHES_MAX)) {
          const place = places[i]!;
          texts[i] = this.#cached(place);
          if (texts[i] === undefined) fetches.push(this.#fetchInto(texts, i, place));
        }
      } finally {
        // Also when one could not even begin: the others must not fail unheard.
        await Promise.all(fetches);
      }
    }
    return texts;
  }

  /** The record of a key looked up before whose frame is still in memory. */
  #hot(key: KeyValue): string | undefined {
    const place = this.#hotPlaces.get(key, this.generation().manifest.generation);
    const frame = place && this.caches.cachedFrame(place.file, place.frame);
    if (frame === undefined) return undefined;
    this.caches.counters.frameHits++;
    return recordText(lineText(frame, place!.line), place!.named);
  }

  /** The place of a record that is read. */
  #locate(generation: Generation, key: KeyValue): Place | undefined {
    const place = locate(generation, key);
    if (place === undefined) this.caches.counters.absent++;
    return place;
  }

  #remember(generation: Generation, key: KeyValue, place: Place): Place {
    if (place.line !== undefined) return place;
    const { index, line } = this.#lineOf(place);
    const { fileNumber, named } = place.entry;
    this.#hotPlaces.keep(key, {
      file: fileNumber,
      frame: index,
      line,
      named,
      generation: generation.manifest.generation,
    });
    return place;
  }

  async #fetchInto(texts: (string | undefined)[], i: number, place: Place): Promise<void> {
    texts[i] = await this.fetch(place);
  }

  #fetchSync(place: Place): string {
    const cached = this.#cached(place);
    if (cached !== undefined) return cached;
    const { reader, index, line } = this.#lineOf(place);
    return textIn(this.caches.frameSync(reader, place.entry.fileNumber, index), line, place);
  }

  #cached(place: Place): string | undefined {
    const { counters } = this.caches;
    if (place.line !== undefined) {
      counters.inlineReads++;
      return recordText(place.line, place.entry.named);
    }
    const { index, line } = this.#lineOf(place);
    const frame = this.caches.cachedFrame(place.entry.fileNumber, index);
    if (frame === undefined) return undefined;
    counters.frameHits++;
    return textIn(frame, line, place);
  }

  /** The frame and the line in it of a record in a file. */
  #lineOf({ entry, ordinal }: Place): { readonly reader: ShardReader; readonly index: number; readonly line: number } {
    const reader = this.store.caches.shard(entry);
    const line = reader.lineOf(ordinal);
    const index = reader.frameOf(line);
    return { reader, index, line: line - reader.firstLine(index) };
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
    const names = catalog.collections().map(({ name }) => name);
    const there = names.length === 0 ? 'it is empty' : `it has ${names.join(', ')}`;
    throw new GristmillError('COLLECTION_NOT_FOUND', `the store has no collection ${this.name}; ${there}`);
  }
}

/** key > index page > location */
function locate(generation: Generation, key: KeyValue): Place | undefined {
  const { primary } = generation;
  if (primary === undefined) return locateOrdinal(generation, key);
  const location = primary.find(encodeKey(key));
  return location && generation.place(location);
}

function locateOrdinal(generation: Generation, key: KeyValue): Place | undefined {
  const ordinal = ordinalOf(generation.manifest.name, key);
  return Number.isSafeInteger(ordinal) && ordinal >= 0 ? generation.placeOf(ordinal) : undefined;
}

/** A key of a collection without a key. */
export function ordinalOf(collection: string, key: KeyValue): number {
  if (typeof key !== 'number' && typeof key !== 'bigint') {
    throw new TypeError(`collection ${collection} has no key: its records are found by their ordinal`);
  }
  return Number(key);
}

/** frame > record */
function textIn(frame: Frame, line: number, { entry }: Place): string {
  return recordText(lineText(frame, line), entry.named);
}

function comparePlaces(left: Place, right: Place): number {
  return left.entry.shard - right.entry.shard || left.ordinal - right.ordinal;
}

function describe(error: unknown, name: string): unknown {
  if (error === STALE) {
    return new GristmillError('CHECKSUM_MISMATCH', `an index of collection ${name} names a shard it does not have`);
  }
  return isMissing(error) ? ioError(error, 'read a shard of', name) : error;
}
