// hot places > [hot set] > frames
//
// The hot set of a store: what has been read most, of late. Saved every minute in which something was read, and on close;
// each time the weights in memory are halved, and those in the file too before they are compared, so what nobody reads any
// more fades out. Many processes may save: of two weights of a key the greater one stays.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import type { StoreEmitter } from '../../base/events.js';
import { HOT_SET_KEYS_MAX } from '../../base/limits.js';
import { ioError } from '../../base/system-errors.js';
import { encodeKey } from '../../keys/encode.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { type HotPlaces, heaviest } from '../cache/hot-places.js';
import { type CollectionHotKey, KEYS_PER_TURN, readHotSet, writeHotSet } from './hot-set-file.js';

const SAVE_MILLISECONDS = 60_000;
/** Keys among which the heaviest are looked for, over all collections, and at least in each. */
const CANDIDATES = 16_384;
const CANDIDATES_MIN = 1024;

/** The hot places of a collection, of all its lookups. */
export type HotPlacesOf = readonly (readonly [collection: string, places: HotPlaces])[];

export class HotSet {
  readonly #place: StorePlace;
  readonly #places: () => HotPlacesOf;
  readonly #events: StoreEmitter;
  readonly #timer: NodeJS.Timeout | undefined;
  #savedReads = 0;
  #saving: Promise<void> | undefined;

  /** @param places the hot places there are now. @param isReadOnly whether it must not be saved. */
  constructor(place: StorePlace, events: StoreEmitter, places: () => HotPlacesOf, isReadOnly: boolean) {
    this.#place = place;
    this.#events = events;
    this.#places = places;
    if (!isReadOnly) this.#timer = setInterval(() => void this.save(), SAVE_MILLISECONDS).unref();
  }

  /** The saved keys, the heaviest first. Empty if there is no such file, or if it cannot be read. */
  async load(): Promise<readonly CollectionHotKey[]> {
    try {
      return (await readHotSet(this.#place)) ?? [];
    } catch (error) {
      this.#warn(error);
      return [];
    }
  }

  /** Saves it, if something was read since the last time. Never fails: it warns. */
  save(): Promise<void> {
    this.#saving ??= this.#save()
      .catch((error) => this.#warn(error))
      .finally(() => {
        this.#saving = undefined;
      });
    return this.#saving;
  }

  /** Saves it for the last time. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#saving;
    await this.save();
  }

  async #save(): Promise<void> {
    const places = this.#places();
    let reads = 0;
    for (const [, { reads: some }] of places) reads += some;
    if (reads === this.#savedReads) return;
    const saved = await this.#saved();
    if (saved === undefined) return;
    if (await writeHotSet(this.#place, await merged(hotKeysOf(places), saved))) {
      this.#savedReads = reads;
      for (const [, some] of places) some.decay();
    }
  }

  /** What is in the file; nothing where it is damaged, undefined where it is somebody else's. */
  async #saved(): Promise<readonly CollectionHotKey[] | undefined> {
    try {
      return await readHotSet(this.#place);
    } catch {
      return [];
    }
  }

  #warn(error: unknown): void {
    const known =
      error instanceof GristmillError ? error : ioError(error, 'keep the hot set of', this.#place.directory);
    this.#events.tell('warning', { about: 'hot set', error: known });
  }
}

/** The heaviest keys of all, as many as a hot set may have: of those that were read last, so that choosing takes no time to speak of. */
export function hotKeysOf(places: HotPlacesOf): CollectionHotKey[] {
  const each = Math.max(CANDIDATES_MIN, Math.floor(CANDIDATES / Math.max(1, places.length)));
  const all = places.flatMap(([collection, some]) =>
    some.keys(each).map(({ key, weight, place }) => ({ collection, key, weight, place })),
  );
  return heaviest(all, HOT_SET_KEYS_MAX);
}

/** @returns the greater weights of both, in turns of the event loop */
async function merged(
  ours: readonly CollectionHotKey[],
  saved: readonly CollectionHotKey[],
): Promise<CollectionHotKey[]> {
  const keys = new Map<string, CollectionHotKey>();
  const halved = saved.map(({ collection, key, weight }) => ({ collection, key, weight: Math.floor(weight / 2) }));
  for (const [i, hot] of [...ours, ...halved].entries()) {
    if (i % KEYS_PER_TURN === 0) await setImmediate();
    // The key as it is encoded: 5 and 5n are one.
    const id = `${hot.collection}\n${Buffer.from(encodeKey(hot.key)).toString('latin1')}`;
    if (hot.weight > (keys.get(id)?.weight ?? 0)) keys.set(id, hot);
  }
  return heaviest([...keys.values()], HOT_SET_KEYS_MAX);
}
