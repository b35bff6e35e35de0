// key > index page > location > frame cache > frame > record: its text
//
// The text of the record of a key. A key that was looked up before is a hot place: its frame is asked for first, and the
// index only when that is not in memory. Finding the place is the same for all reads; only how its frame is fetched differs.

import { canonicalKey } from '../keys/decode.js';
import type { KeyValue } from '../keys/encode.js';
import { type FrameAt, lineText } from '../store/shards/frame.js';
import { recordText } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import type { CollectionCaches } from './cache/collection-caches.js';
import type { HotKey, HotPlaces } from './cache/hot-places.js';
import type { Current } from './current.js';
import { type Address, type Fetch, isInline } from './fetch.js';
import type { Generation } from './index/generation.js';
import { locate } from './index/locate.js';
import type { ReshapedTexts } from './reshaped-texts.js';

export class Texts {
  readonly hotPlaces: HotPlaces;
  readonly reshaped: ReshapedTexts;
  readonly #current: Current;
  readonly #caches: CollectionCaches;
  readonly #fetch: Fetch;

  /** @param reshaped of the hot places */
  constructor(current: Current, caches: CollectionCaches, fetch: Fetch, hotPlaces: HotPlaces, reshaped: ReshapedTexts) {
    this.#current = current;
    this.#caches = caches;
    this.#fetch = fetch;
    this.hotPlaces = hotPlaces;
    this.reshaped = reshaped;
  }

  getSync(given: KeyValue): string | undefined {
    const key = canonicalKey(given);
    return (
      this.#hot(key) ??
      this.#current.attempt((generation) => {
        const address = this.find(generation, key);
        return address && this.#fetch.textSync(address);
      })
    );
  }

  async get(given: KeyValue): Promise<string | undefined> {
    const key = canonicalKey(given);
    return (
      this.#hot(key) ??
      this.#current.attemptLater(async (generation) => {
        const address = this.find(generation, key);
        return address && this.#fetch.text(address);
      })
    );
  }

  /** Texts in the order of the keys, of one generation, each frame fetched once. */
  getMany(keys: readonly KeyValue[]): Promise<(string | undefined)[]> {
    const read = (generation: Generation) => this.#fetch.texts(keys.map((key) => this.#locate(generation, key)));
    return this.#current.attemptLater(read, keys.length);
  }

  /** Where the record of a key that is read is; it is a hot place from then on. */
  find(generation: Generation, key: KeyValue): Address | undefined {
    const place = this.#locate(generation, key);
    return place && this.#remember(generation, key, place);
  }

  /** Finds a record that is expected to be read, without reading it: it is a hot place from then on. */
  expect({ key: given, weight, place: known }: HotKey): Address | undefined {
    const key = canonicalKey(given);
    return this.#current.attempt((generation) => {
      const isHeld = known !== undefined && generation.holds(known);
      const place = isHeld ? generation.place(known) : locate(generation, key);
      return place && this.#remember(generation, key, place, weight);
    });
  }

  /** The frame of a place. Undefined if the record is inline. @throws as `caches.shard` */
  frameAt(place: Place): FrameAt | undefined {
    const address = this.#fetch.address(place);
    return isInline(address) ? undefined : { entry: address.entry, reader: address.reader, index: address.frame };
  }

  /** The record of a key looked up before whose frame is still in memory. */
  #hot(key: KeyValue): string | undefined {
    const place = this.hotPlaces.get(key, this.#current.generation());
    const frame = place && this.#caches.cachedFrame(place.file, place.frame);
    if (frame === undefined) return undefined;
    this.#caches.counters.frameHits++;
    if (place!.form.reshape !== undefined) return this.reshaped.textAt(place!, frame);
    return recordText(lineText(frame, place!.line), place!.form);
  }

  #locate(generation: Generation, key: KeyValue): Place | undefined {
    const place = locate(generation, key);
    if (place === undefined) this.#caches.counters.absent++;
    return place;
  }

  /** Makes it a hot place: of a key that was read, or, with a weight, of one that is expected to be. */
  #remember({ manifest }: Generation, key: KeyValue, place: Place, weight?: number): Address {
    const address = this.#fetch.address(place);
    if (isInline(address)) return address;
    const { entry, ordinal, frame, line, form } = address;
    const { shard, fileNumber: file } = entry;
    const { generation } = manifest;
    this.hotPlaces.keep(key, { shard, ordinal, file, frame, line, form, generation }, weight);
    return address;
  }
}
