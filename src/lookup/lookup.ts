// key > index page > location > frame cache > frame > record
//
// The read path of one collection: which generation a read sees (current.ts), the text of a record (texts.ts) and, with a
// record cache, the record parsed (values.ts). A key goes down through them; none of them asks the one above.

import { checkNameToFind } from '../base/names.js';
import { canonicalKey } from '../keys/decode.js';
import type { KeyValue } from '../keys/encode.js';
import type { UnsafeIntegers } from '../keys/json-value.js';
import type { FrameAt } from '../store/shards/frame.js';
import { parsedRecord } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import type { CatalogSnapshot } from '../store/types.js';
import type { CollectionCaches } from './cache/collection-caches.js';
import { type HotKey, HotPlaces } from './cache/hot-places.js';
import { Current, type LookupStore } from './current.js';
import { Fetch } from './fetch.js';
import type { Generation } from './index/generation.js';
import { isKeyOf, locate } from './index/locate.js';
import { ReshapedTexts } from './reshaped-texts.js';
import { Texts } from './texts.js';
import { Values } from './values.js';

export class Lookup {
  readonly name: string;
  /** The version in which records are given; undefined: the newest. */
  readonly version: number | undefined;
  readonly store: LookupStore;
  readonly caches: CollectionCaches;
  readonly fetch: Fetch;
  readonly #current: Current;
  readonly #texts: Texts;
  /** Undefined without a record cache. */
  readonly #values: Readonly<Record<UnsafeIntegers, Values>> | undefined;

  /**
   * @param previous the same over another state of the catalog. Data that is the same is not loaded again.
   * @param version in which records are given; undefined: the newest
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH; TypeError for an invalid name
   */
  constructor(store: LookupStore, name: string, previous?: Lookup, version?: number) {
    checkNameToFind(name);
    this.store = store;
    this.name = name;
    this.version = version;
    const current = new Current(store, name, version, previous === undefined ? undefined : previous.#current);
    this.#current = current;
    // Not sooner: of a collection that is not there nothing is kept.
    const caches = store.caches.of(name);
    this.caches = caches;
    const fetch = new Fetch(caches);
    this.fetch = fetch;
    // Where no shard has changed hot places are still what they were: each confirms itself.
    const isSame = previous !== undefined && current.hasLayoutOf(previous.#current);
    const hotPlaces = isSame ? previous.hotPlaces : new HotPlaces(previous?.hotPlaces.reads);
    const reshaped = isSame ? previous.#texts.reshaped : new ReshapedTexts();
    this.#texts = new Texts(current, caches, fetch, hotPlaces, reshaped);
    const records = caches.recordsIn(version);
    const parts = { store, current, caches, fetch };
    if (records !== undefined) {
      this.#values = {
        number: new Values(parts, this.#texts, records.number),
        bigint: new Values(parts, this.#texts, records.bigint),
      };
    }
  }

  get hotPlaces(): HotPlaces {
    return this.#texts.hotPlaces;
  }

  textSync(key: KeyValue): string | undefined {
    return this.#texts.getSync(key);
  }

  text(key: KeyValue): Promise<string | undefined> {
    return this.#texts.get(key);
  }

  /** The record, parsed: from the record cache, where there is one. */
  valueSync(key: KeyValue, unsafe: UnsafeIntegers = 'number'): unknown {
    if (this.#values === undefined) return parsed(this.textSync(key), unsafe);
    return this.#values[unsafe].getSync(canonicalKey(key));
  }

  value(key: KeyValue, unsafe: UnsafeIntegers = 'number'): Promise<unknown> {
    if (this.#values === undefined) return this.text(key).then((text) => parsed(text, unsafe));
    return this.#values[unsafe].get(canonicalKey(key));
  }

  /** Records in the order of the keys, of one generation, each frame fetched once. */
  async values(keys: readonly KeyValue[], unsafe: UnsafeIntegers = 'number'): Promise<unknown[]> {
    if (this.#values === undefined) return (await this.#texts.getMany(keys)).map((text) => parsed(text, unsafe));
    return this.#values[unsafe].getMany(keys.map((key) => canonicalKey(key)));
  }

  has(key: KeyValue): boolean {
    return this.place(key) !== undefined;
  }

  /** Where the record of a key is, in the newest generation. */
  place(key: KeyValue): Place | undefined {
    return this.#current.attempt((generation) => locate(generation, key));
  }

  /** Whether there is a record with this key, as the primary index has it. */
  hasEntry(key: Uint8Array): boolean {
    return this.#current.attempt(({ primary }) => primary?.find(key) !== undefined);
  }

  /** Whether a key has the form of the collection's keys. */
  isKey(key: KeyValue): boolean {
    return isKeyOf(this.#current.generation(), key);
  }

  /** The newest generation, as far as ten milliseconds ago. @throws GristmillError STORE_CLOSED from the moment `close` is called */
  generation(): Generation {
    return this.#current.generation();
  }

  /** The newest generation, this instant. */
  newest(): Generation {
    return this.#current.newest();
  }

  /** A generation to iterate over, with a snapshot of the catalog that shows it. Release both. */
  hold(): { readonly generation: Generation; readonly snapshot: CatalogSnapshot } {
    return this.#current.hold();
  }

  /** Finds a record that is expected to be read, without reading it: it is a hot place from then on. */
  expect(key: HotKey): Place | undefined {
    return this.#texts.expect(key);
  }

  /** The frame of a place. Undefined if the record is inline. @throws as `caches.shard` */
  frameAt(place: Place): FrameAt | undefined {
    return this.#texts.frameAt(place);
  }

  /** Call it when a newer state has replaced this one: shards that only this one has are closed when nobody reads them. */
  supersede(newer: Lookup): void {
    this.#current.supersede(newer.#current);
  }
}

function parsed(text: string | undefined, unsafe: UnsafeIntegers): unknown {
  return text === undefined ? undefined : parsedRecord(text, unsafe);
}
