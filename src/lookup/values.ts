// key > [record cache], or index page > location > frame cache > frame > record
//
// Reads parsed records through the record cache. An entry answers a read when it is of the generation that the read sees.
// In another generation it is looked up again: where the key still has the same location it is the same record, and
// nothing is read or parsed. Past its TTL it is renewed in the background (refresh.ts), and given meanwhile as long as the
// options allow; while looking it up again fails, for some time longer.

import { keyId } from '../keys/decode.js';
import type { KeyPart, KeyValue } from '../keys/encode.js';
import type { Place } from '../store/shards/place.js';
import type { ReadCounters } from './cache/read-counters.js';
import { type CollectionRecords, RecordEntry } from './cache/record-cache.js';
import type { Current } from './current.js';
import type { Address, Fetch } from './fetch.js';
import type { Generation } from './index/generation.js';
import { type ReadParts, Refresh } from './refresh.js';
import type { Texts } from './texts.js';

/** A load that other reads of the same generation may wait for. */
interface Loading {
  readonly generation: number;
  readonly entry: Promise<RecordEntry>;
}

/** Hits of an entry of which the last is told: one in 16. */
const READS_MASK = 15;

export class Values {
  readonly #current: Current;
  readonly #texts: Texts;
  readonly #fetch: Fetch;
  readonly #counters: ReadCounters;
  readonly #records: CollectionRecords;
  readonly #refresh: Refresh;
  /** By `keyId`. */
  readonly #loading = new Map<KeyPart, Loading>();

  constructor(parts: ReadParts, texts: Texts, records: CollectionRecords) {
    const { current, fetch, caches } = parts;
    this.#current = current;
    this.#texts = texts;
    this.#fetch = fetch;
    this.#counters = caches.counters;
    this.#records = records;
    this.#refresh = new Refresh(parts, records);
  }

  getSync(key: KeyValue): unknown {
    const hit = this.#hit(key, this.#current.generation());
    if (hit !== undefined) return this.#records.valueOf(hit);
    try {
      return this.#current.attempt((generation) => {
        const found = this.#borne(key, generation) ?? this.#find(key, generation);
        if (found === undefined) return undefined;
        if (found instanceof RecordEntry) return this.#records.valueOf(found);
        const text = this.#fetch.textSync(found);
        return this.#records.valueOf(this.#keep(key, generation, found, text));
      });
    } catch (error) {
      return this.#records.valueOf(this.#inspiteOf(error, key));
    }
  }

  async get(key: KeyValue): Promise<unknown> {
    const hit = this.#hit(key, this.#current.generation());
    if (hit !== undefined) return this.#records.valueOf(hit);
    try {
      return await this.#current.attemptLater(async (generation) => {
        const found = this.#borne(key, generation) ?? this.#find(key, generation);
        if (found === undefined) return undefined;
        return this.#records.valueOf(found instanceof RecordEntry ? found : await this.#load(key, generation, found));
      });
    } catch (error) {
      return this.#records.valueOf(this.#inspiteOf(error, key));
    }
  }

  /** All records of one generation. If a read fails, no record of an older generation is returned instead. */
  getMany(keys: readonly KeyValue[]): Promise<unknown[]> {
    return this.#current.attemptLater(async (generation) => {
      const values = new Array<unknown>(keys.length).fill(undefined);
      const places = new Array<Place | undefined>(keys.length).fill(undefined);
      for (const [i, key] of keys.entries()) {
        const found = this.#hit(key, generation) ?? this.#find(key, generation);
        if (found instanceof RecordEntry) values[i] = this.#records.valueOf(found);
        else places[i] = found;
      }
      const texts = await this.#fetch.texts(places);
      for (const [i, text] of texts.entries()) {
        if (text === undefined) continue;
        values[i] = this.#records.valueOf(this.#keep(keys[i]!, generation, places[i]!, text));
      }
      return values;
    }, keys.length);
  }

  /** An entry that may be given as it is. */
  #hit(key: KeyValue, { manifest }: Generation): RecordEntry | undefined {
    const entry = this.#records.get(key);
    if (entry === undefined || entry.generation !== manifest.generation) return undefined;
    const { kept, times } = this.#records.cache;
    // `readAt` is now.
    if (kept.isTimed && entry.readAt - entry.loadedAt >= times.aheadMs) {
      const age = entry.readAt - entry.loadedAt;
      if (age >= times.staleMs && !this.#refresh.isBearable(entry, manifest.generation)) return undefined;
      this.#refresh.soon(entry);
      if (age >= times.ttlMs) {
        this.#counters.recordStale++;
        return entry;
      }
    }
    this.#counters.recordHits++;
    // Hot places make the hot set: they are told now and then, not every time.
    if ((++entry.reads & READS_MASK) === 0) this.#texts.hotPlaces.count(key, READS_MASK + 1);
    return entry;
  }

  /** An entry that is given because looking it up again has just failed. */
  #borne(key: KeyValue, { manifest }: Generation): RecordEntry | undefined {
    const entry = this.#records.peek(key);
    if (entry?.failing === undefined || !this.#refresh.isTooSoon(entry)) return undefined;
    if (!this.#refresh.isBearable(entry, manifest.generation)) return undefined;
    this.#counters.recordStale++;
    return entry;
  }

  /** Looks a key up. Returns the entry if it is still the present record, else the place of the record. */
  #find(key: KeyValue, generation: Generation): RecordEntry | Address | undefined {
    const place = this.#texts.find(generation, key);
    const entry = this.#records.peek(key);
    if (entry === undefined) return place;
    if (place !== undefined && entry.isAt(place)) {
      this.#counters.recordHits++;
      this.#counters.recordsConfirmed++;
      entry.confirm(generation.manifest.generation);
      return entry;
    }
    if (place === undefined && entry.generation < generation.manifest.generation) this.#records.drop(entry);
    return place;
  }

  /** Reads of one record share one load. */
  #load(key: KeyValue, generation: Generation, address: Address): Promise<RecordEntry> {
    const number = generation.manifest.generation;
    const id = keyId(key);
    const known = this.#loading.get(id);
    if (known?.generation === number) {
      this.#counters.loadsShared++;
      return known.entry;
    }
    const load = async (): Promise<RecordEntry> => {
      try {
        return this.#keep(key, generation, address, await this.#fetch.text(address));
      } finally {
        if (this.#loading.get(id) === loading) this.#loading.delete(id);
      }
    };
    const loading: Loading = { generation: number, entry: load() };
    this.#loading.set(id, loading);
    return loading.entry;
  }

  #keep(key: KeyValue, { manifest }: Generation, { entry, ordinal, form }: Place, text: string): RecordEntry {
    const { shape } = form;
    return this.#records.keep(key, { text, generation: manifest.generation, shard: entry.shard, ordinal, shape });
  }

  /** The entry, when a lookup has failed and it may be given all the same. @throws the error */
  #inspiteOf(error: unknown, key: KeyValue): RecordEntry {
    const entry = this.#records.peek(key);
    if (entry === undefined) throw error;
    const read = this.#current.generation().manifest.generation;
    if (!this.#refresh.isFor(entry, read) || !this.#refresh.failed(entry, error)) throw error;
    if (!this.#refresh.isBearable(entry, read)) {
      // From now on it is the reader's matter alone.
      this.#records.drop(entry);
      throw error;
    }
    this.#counters.recordStale++;
    return entry;
  }
}
