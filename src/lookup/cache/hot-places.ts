// key > index page > location > frame cache > frame > record
//
// Where the records are that were looked up of late: a key that comes again skips encoding, page search and frame search.
// A place is of one generation; before it answers for another one it is confirmed there, which is cheaper than searching.
// Beside it stands how much its key is read, which makes the hot set (lookup/warm/hot-set.ts).

import { LRUCache } from 'lru-cache';
import { HOT_PLACES_MAX } from '../../base/limits.js';
import { keyId, keyOfId, keyText } from '../../keys/decode.js';
import type { KeyPart, KeyValue } from '../../keys/encode.js';
import { JsonNumber } from '../../keys/json-number.js';
import type { LineForm } from '../../store/shards/line.js';

/** Longer keys are searched each time: with this the memory is bounded, at some ten megabytes. */
const KEY_CHARACTERS_MAX = 100;
const INTEGER_MAX = 10n ** BigInt(KEY_CHARACTERS_MAX);
/** Of newcomers; see there. */
const BITS_PER_KEY = 4;
/** 2^32 divided by the golden ratio, odd: multiplying by it spreads numbers that follow each other. */
const SPREAD = 0x9e37_79b1;
const PRIME = 0x0100_0193;
/** Weight of one read. Weights are halved now and then, so a key that was read once is remembered for some of these times. */
export const READ_WEIGHT = 16;

/** A record's place, down to its line. */
export interface HotPlace {
  /** Its location, */
  readonly shard: number;
  readonly ordinal: number;
  /** Number of the shard's file, of the frame in it, and of the line in the frame. */
  readonly file: number;
  readonly frame: number;
  readonly line: number;
  readonly form: LineForm;
  /** In which it is known to be there. */
  readonly generation: number;
}

/** The part of a generation that hot places need. */
interface HoldingGeneration {
  readonly manifest: { readonly generation: number };
  /** Whether it has the record of a place, of another generation, at that place too. */
  holds(place: HotPlace): boolean;
}

/** A key and how much it is read. */
export interface HotKey {
  readonly key: KeyValue;
  readonly weight: number;
  /** Where it was of late. */
  readonly place?: HotPlace | undefined;
}

interface WeighedPlace extends HotPlace {
  generation: number;
  weight: number;
  /** How often all weights had been halved when this one was last. */
  halvings: number;
}

export class HotPlaces {
  /** The number of reads so far. If it is the same at the next look, no weight has changed. */
  reads: number;
  /** Bounded by size, a place being 1: with `max`, lru-cache makes room for all at once, which takes 5 ms of a first read. */
  readonly #places = new LRUCache<KeyPart & {}, WeighedPlace>({ maxSize: HOT_PLACES_MAX, sizeCalculation: () => 1 });
  readonly #newcomers = new Newcomers(HOT_PLACES_MAX);
  #halvings = 0;

  /** @param reads those of the hot places that these take the place of. */
  constructor(reads = 0) {
    this.reads = reads;
  }

  /** The place of a key that is read, in a generation. */
  get(key: KeyValue, generation: HoldingGeneration): HotPlace | undefined {
    const id = keyId(key);
    const place = id === null ? undefined : this.#places.get(id);
    if (place === undefined) return undefined;
    if (place.generation !== generation.manifest.generation) {
      if (!isHeld(place, generation)) return undefined;
      place.generation = generation.manifest.generation;
    }
    if (place.halvings !== this.#halvings) this.#halve(place);
    place.weight += READ_WEIGHT;
    this.reads++;
    return place;
  }

  /** Counts reads of a key that were answered from elsewhere. */
  count(key: KeyValue, reads: number): void {
    const id = keyId(key);
    const place = id === null ? undefined : this.#places.get(id);
    if (place === undefined) return;
    this.#halve(place);
    place.weight += reads * READ_WEIGHT;
    this.reads += reads;
  }

  /** Keeps the place of a key that was read, or, with a weight, of one that is expected to be. */
  keep(key: KeyValue, place: HotPlace, weight?: number): void {
    const id = keyId(key);
    if (id === null || isLong(id)) return;
    const known = this.#places.peek(id);
    if (known !== undefined) this.#halve(known);
    else if (weight === undefined && this.#places.size === HOT_PLACES_MAX && !this.#newcomers.meets(id)) {
      this.reads++;
      return;
    }
    // A read of a place of this generation was counted when it was asked for.
    const isCounted = weight !== undefined || known?.generation === place.generation;
    if (!isCounted) this.reads++;
    const counted = (known?.weight ?? 0) + (isCounted ? 0 : READ_WEIGHT);
    // Not `{ ...place, weight }`: V8 gives such copies a layout of which every later read is slow.
    const { shard, ordinal, file, frame, line, form, generation } = place;
    const heavier = Math.max(counted, weight ?? 0);
    const at = { shard, ordinal, file, frame, line, form, generation, weight: heavier, halvings: this.#halvings };
    this.#places.set(id, at);
  }

  /** Keys with their weights, those that were read last, at most `max`. */
  keys(max = HOT_PLACES_MAX): HotKey[] {
    const keys: HotKey[] = [];
    let left = max;
    for (const id of this.#places.keys()) {
      if (left-- === 0) break;
      const place = this.#places.peek(id);
      if (place === undefined) continue;
      this.#halve(place);
      if (place.weight > 0) keys.push({ key: keyOfId(id), weight: place.weight, place });
    }
    return keys;
  }

  /** Halves all weights, so that keys that nobody reads any more fade. Each weight is halved when it is next used. */
  decay(): void {
    this.#halvings++;
  }

  #halve(place: WeighedPlace): void {
    place.weight = Math.floor(place.weight / 2 ** (this.#halvings - place.halvings));
    place.halvings = this.#halvings;
  }
}

function isLong(id: KeyPart & {}): boolean {
  if (typeof id === 'string') return id.length > KEY_CHARACTERS_MAX;
  if (typeof id === 'bigint') return id > INTEGER_MAX || id < -INTEGER_MAX;
  return id instanceof JsonNumber && id.text.length > KEY_CHARACTERS_MAX;
}

/** Whether a place is confirmed. If that cannot be determined, the key is searched again, and the search reports the error. */
function isHeld(place: HotPlace, generation: HoldingGeneration): boolean {
  try {
    return generation.holds(place);
  } catch {
    return false;
  }
}

/** The heaviest of some keys, at most `max`, the heaviest first. Sorts only those. */
export function heaviest<Key extends { readonly weight: number }>(keys: readonly Key[], max: number): Key[] {
  let candidates = keys;
  if (keys.length > max) {
    const least = Float64Array.from(keys, ({ weight }) => weight).sort()[keys.length - max]!;
    candidates = keys.filter(({ weight }) => weight >= least);
  }
  return candidates.toSorted((left, right) => right.weight - left.weight).slice(0, max);
}

/**
 * Which keys were seen lately, roughly: while all places are taken, a key gets one when it comes a second time. So keys that
 * are read once cost little and push nothing out. This is the "doorkeeper" of TinyLFU (Einziger, Friedman, Manes: TinyLFU, A
 * Highly Efficient Cache Admission Policy, 2017), with one hash function: a wrong answer admits a key too early.
 */
class Newcomers {
  readonly #seen: Uint8Array;
  readonly #keysMax: number;
  #keys = 0;

  /** @param keysMax after so many keys all are forgotten. A power of two, at least 2 */
  constructor(keysMax: number) {
    this.#keysMax = keysMax;
    this.#seen = new Uint8Array((keysMax * BITS_PER_KEY) / 8);
  }

  /** Whether a key was seen lately. From now on it was. */
  meets(id: KeyPart & {}): boolean {
    const hash = hashOf(id);
    const at = (hash >>> 3) & (this.#seen.length - 1);
    const bit = 1 << (hash & 7);
    if ((this.#seen[at]! & bit) !== 0) return true;
    if (this.#keys++ >= this.#keysMax) {
      this.#seen.fill(0);
      this.#keys = 1;
    }
    this.#seen[at]! |= bit;
    return false;
  }
}

function hashOf(id: KeyPart & {}): number {
  if (typeof id === 'number' && Number.isInteger(id)) return spread(id | 0) ^ spread(Math.floor(id / 2 ** 32));
  const text = typeof id === 'string' ? id : keyText(id);
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return spread(hash);
}

function spread(number: number): number {
  const product = Math.imul(number, SPREAD);
  return (product ^ (product >>> 15)) >>> 0;
}
