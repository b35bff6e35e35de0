// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Unique indexes. A value that two records have is found where pages are made: there equal keys lie side by side. Whether
// both records live is known only at the end of the transaction that publishes them, so it is asked there: a record may have
// been replaced, or removed, by what is published with it.

import { UNIQUE_REPEATS_MAX } from '../../base/limits.js';
import { hasNull } from '../../keys/composite.js';
import { compareKeys } from '../../keys/encode.js';
import { isCutKey } from '../../keys/key-bytes.js';
import type { KeyPath } from '../../keys/key-path.js';
import { TombstoneMarks } from '../catalog/tombstones.js';
import { lowestPageKey } from '../pages/page-key.js';
import { entriesOf, entryAt, entryCount, lowerBound } from '../pages/read.js';
import { walkPages } from '../pages/walk.js';
import type { TreeAt } from '../recent-types.js';
import type { CatalogRead, CollectionManifest, Location, ShardEntry } from '../types.js';

/** Whether a record is dead when the transaction ends. */
export type IsDead = (shard: number, ordinal: number) => boolean;

/** Two records have one value, or one has a value that is too long to be compared. `unique-error.ts` makes an error of it. */
export class UniqueViolation extends Error {
  /** @param places the records; one if its value is too long */
  constructor(
    readonly path: KeyPath,
    readonly places: readonly Location[],
    readonly manifest: CollectionManifest,
    readonly entries: readonly ShardEntry[],
  ) {
    super('unique violation');
  }
}

/** The records of a collection that are dead, by its tombstones as they are now. */
export function deadAmong(read: Pick<CatalogRead, 'tombstoneChunk'>, shards: readonly ShardEntry[]): IsDead {
  const marks = new TombstoneMarks((shard) => shards.find((one) => one.shard === shard)?.records, read);
  return (shard, ordinal) => marks.isDead(shard, ordinal);
}

/** Follows the pages of one tree, in order, where it is known which records are dead. */
export class LiveCheck {
  readonly #isDead: IsDead;
  /** The key of the group of entries at hand, and its first record. Null once that record has been asked about. */
  #key: Uint8Array | undefined;
  #first: Location | null = null;
  /** The group's record that lives. */
  #live: Location | undefined;
  #hasNull = false;

  constructor(isDead: IsDead) {
    this.#isDead = isDead;
  }

  /** Takes the next page. @returns the records that break the rule */
  add(page: Uint8Array): readonly Location[] | undefined {
    for (const { key, shard, ordinal } of entriesOf(page)) {
      const place = { shard, ordinal };
      if (isCutKey(key)) {
        if (!this.#isDead(shard, ordinal)) return [place];
      } else if (this.#key === undefined || compareKeys(this.#key, key) !== 0) {
        this.#key = key;
        this.#first = place;
        this.#live = undefined;
      } else {
        const violation = this.#repeated(place);
        if (violation) return violation;
      }
    }
    return undefined;
  }

  #repeated(place: Location): readonly Location[] | undefined {
    // Most values are there once, so nobody asks about the first record of a group until there is another one.
    if (this.#first !== null) {
      const { shard, ordinal } = this.#first;
      this.#hasNull = mayRepeat(this.#key as Uint8Array);
      if (!this.#isDead(shard, ordinal)) this.#live = this.#first;
      this.#first = null;
    }
    if (this.#hasNull || this.#isDead(place.shard, place.ordinal)) return undefined;
    if (this.#live !== undefined) return [this.#live, place];
    this.#live = place;
    return undefined;
  }
}

/** Marks the begin of a group among places, and a record whose value is too long to be compared. */
const GROUP = -1;
const LONG = -2;

/** Follows the pages of one new tree, in order, before it is known which records are dead. */
export class UniqueCheck {
  readonly #repeatsMax: number;
  /** Groups of records with equal keys, and records with long values: GROUP, shard, ordinal, shard, ordinal, …, LONG, shard, … */
  readonly #noted: number[] = [];
  /** The key from which on nothing is noted, because too much is: the tree is looked through from there. */
  #from: Uint8Array | undefined;
  #last: { readonly key: Uint8Array; readonly shard: number; readonly ordinal: number } | undefined;
  #isRepeated = false;
  #hasNull = false;

  /** @param repeatsMax records noted, about */
  constructor(repeatsMax = UNIQUE_REPEATS_MAX) {
    this.#repeatsMax = repeatsMax;
  }

  /** Takes the next page. */
  add(page: Uint8Array): void {
    for (const { key, shard, ordinal } of entriesOf(page)) {
      if (this.#from !== undefined) return;
      const last = this.#last;
      const isSame = last !== undefined && compareKeys(last.key, key) === 0;
      if (isCutKey(key)) this.#note(key, LONG, shard, ordinal);
      else if (isSame) {
        if (!this.#isRepeated) this.#hasNull = mayRepeat(key);
        if (!this.#hasNull && this.#isRepeated) this.#note(key, shard, ordinal);
        else if (!this.#hasNull) this.#note(key, GROUP, last.shard, last.ordinal, shard, ordinal);
      }
      this.#isRepeated = isSame;
      this.#last = { key, shard, ordinal };
    }
  }

  #note(key: Uint8Array, ...numbers: readonly number[]): void {
    if (this.#noted.length < 2 * this.#repeatsMax) this.#noted.push(...numbers);
    else this.#from = key;
  }

  /**
   * Asked when the tree is written and all that dies with it is marked.
   * @returns the records that break the rule
   */
  violation(read: CatalogRead, index: TreeAt, isDead: IsDead): readonly Location[] | undefined {
    return this.#violationNoted(isDead) ?? (this.#from && violationFrom(read, index, this.#from, isDead));
  }

  #violationNoted(isDead: IsDead): readonly Location[] | undefined {
    const noted = this.#noted;
    let kind = GROUP;
    let live: Location | undefined;
    for (let i = 0; i < noted.length; i += 2) {
      if (noted[i] === GROUP || noted[i] === LONG) {
        kind = noted[i++]!;
        live = undefined;
      }
      const place = { shard: noted[i]!, ordinal: noted[i + 1]! };
      if (isDead(place.shard, place.ordinal)) continue;
      if (kind === LONG) return [place];
      if (live !== undefined) return [live, place];
      live = place;
    }
    return undefined;
  }
}

/** Looks at all of a tree from a key on. */
function violationFrom(
  read: CatalogRead,
  index: TreeAt,
  key: Uint8Array,
  isDead: IsDead,
): readonly Location[] | undefined {
  const check = new LiveCheck(isDead);
  for (const page of pagesFrom(read, index, key)) {
    const places = check.add(page);
    if (places) return places;
  }
  return undefined;
}

/** Looks at some keys of a tree, whose pages are as the transaction will leave them. @returns the records that break the rule */
export function violationOf(
  read: CatalogRead,
  index: TreeAt,
  keys: Iterable<Uint8Array>,
  isDead: IsDead,
): readonly Location[] | undefined {
  for (const key of keys) {
    if (mayRepeat(key)) continue;
    const live: Location[] = [];
    for (const { shard, ordinal } of entriesWith(read, index, key))
      if (!isDead(shard, ordinal)) live.push({ shard, ordinal });
    if (live.length > 0 && isCutKey(key)) return live.slice(0, 1);
    if (live.length > 1) return live.slice(0, 2);
  }
  return undefined;
}

function* entriesWith(read: CatalogRead, index: TreeAt, key: Uint8Array): Generator<Location> {
  for (const page of pagesFrom(read, index, key, key)) {
    for (let i = lowerBound(page, key); i < entryCount(page); i++) {
      const entry = entryAt(page, i);
      if (compareKeys(entry.key, key) !== 0) return;
      yield { shard: entry.shard, ordinal: entry.ordinal };
    }
  }
}

/** The pages that may have entries with this key, or a greater one. @param upper the greatest key that is asked for */
function pagesFrom(read: CatalogRead, index: TreeAt, key: Uint8Array, upper?: Uint8Array): Generator<Uint8Array> {
  return walkPages(read, index, { start: lowestPageKey(index.tree, key), lower: key, upper });
}

/** Nothing is equal to null, as in SQL: any number of records may have it. */
function mayRepeat(key: Uint8Array): boolean {
  return !isCutKey(key) && hasNull(key);
}
