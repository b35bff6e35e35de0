// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Unique indexes. A value that two records have is found where pages are made: there equal keys lie side by side. Whether
// both records live is known only at the end of the transaction that publishes them, so it is asked there: a record may have
// been replaced, or removed, by what is published with it.

import { UNIQUE_REPEATS_MAX } from '../../base/limits.js';
import { decodeKey } from '../../keys/decode.js';
import { compareKeys } from '../../keys/encode.js';
import { isCutKey } from '../../keys/key-bytes.js';
import type { KeyPath } from '../../keys/key-path.js';
import { highestPageKey, lowestPageKey, treeStart } from '../pages/page-key.js';
import { entriesOf, entryAt, entryCount, lowerBound } from '../pages/read.js';
import type { CatalogRead, CollectionManifest, Location, ShardEntry } from '../types.js';

/** Whether a record is dead when the transaction ends. */
type IsDead = (shard: number, ordinal: number) => boolean;

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

/** Marks the begin of a group among places. */
const GROUP = -1;

/** Follows the pages of one new tree, in order. */
export class UniqueCheck {
  /** Groups of records with equal keys: GROUP, shard, ordinal, shard, ordinal, … */
  readonly #repeated: number[] = [];
  readonly #long: Location[] = [];
  #last: { readonly key: Uint8Array; readonly shard: number; readonly ordinal: number } | undefined;
  #isRepeated = false;

  /** Takes the next page. */
  add(page: Uint8Array): void {
    for (const { key, shard, ordinal } of entriesOf(page)) {
      if (isCutKey(key)) this.#long.push({ shard, ordinal });
      const last = this.#last;
      const isSame = last !== undefined && compareKeys(last.key, key) === 0 && !hasNull(key);
      if (isSame && !this.#isRepeated) this.#repeated.push(GROUP, last.shard, last.ordinal);
      if (isSame && this.#repeated.length < 2 * UNIQUE_REPEATS_MAX) this.#repeated.push(shard, ordinal);
      this.#isRepeated = isSame;
      this.#last = { key: isSame ? last.key : key.slice(), shard, ordinal };
    }
  }

  /** @returns the records that break the rule */
  violation(isDead: IsDead): readonly Location[] | undefined {
    const long = this.#long.find(({ shard, ordinal }) => !isDead(shard, ordinal));
    if (long !== undefined) return [long];
    let live: Location | undefined;
    for (let i = 0; i < this.#repeated.length; i += 2) {
      if (this.#repeated[i] === GROUP) {
        live = undefined;
        i++;
      }
      const place = { shard: this.#repeated[i]!, ordinal: this.#repeated[i + 1]! };
      if (isDead(place.shard, place.ordinal)) continue;
      if (live !== undefined) return [live, place];
      live = place;
    }
    return undefined;
  }
}

/** Looks at some keys of a tree, whose pages are as the transaction will leave them. @returns the records that break the rule */
export function violationOf(
  read: CatalogRead,
  tree: number,
  keys: Iterable<Uint8Array>,
  isDead: IsDead,
): readonly Location[] | undefined {
  for (const key of keys) {
    if (hasNull(key)) continue;
    const live: Location[] = [];
    for (const { shard, ordinal } of entriesWith(read, tree, key))
      if (!isDead(shard, ordinal)) live.push({ shard, ordinal });
    if (live.length > 0 && isCutKey(key)) return live.slice(0, 1);
    if (live.length > 1) return live.slice(0, 2);
  }
  return undefined;
}

function* entriesWith(read: CatalogRead, tree: number, key: Uint8Array): Generator<Location> {
  const end = highestPageKey(tree, key);
  let at = read.floorPage(tree, lowestPageKey(tree, key)) ?? read.nextPage(tree, treeStart(tree), false);
  while (at !== undefined && Buffer.compare(at.pageKey, end) <= 0) {
    for (let i = lowerBound(at.page, key); i < entryCount(at.page); i++) {
      const entry = entryAt(at.page, i);
      if (compareKeys(entry.key, key) !== 0) return;
      yield { shard: entry.shard, ordinal: entry.ordinal };
    }
    at = read.nextPage(tree, at.pageKey, false);
  }
}

/** Nothing is equal to null, as in SQL: any number of records may have it. */
function hasNull(key: Uint8Array): boolean {
  if (isCutKey(key)) return false;
  const value = decodeKey(key);
  return value === null || (Array.isArray(value) && value.includes(null));
}
