// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Pages of one index on their way into a tree. Whoever built them, a worker mostly, verifies them and says under which keys
// they go, so that the thread that owns the catalog has nothing to do but put them there.

import type { Entry } from '../types.js';
import { compareEntries } from './merge-page.js';
import { pageKey } from './page-key.js';
import { entryAt, entryCount, verifyPage } from './read.js';

/** Consecutive pages of one index, sorted, after all that came before for the same index. */
export interface PageBatch {
  /** 0 primary, i + 1 for the secondary index i. */
  readonly index: number;
  /** Entries in these pages. */
  readonly entries: number;
  /** Pages one after another, and where each ends. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  /** The page key of each page, for tree 0 (page-key.ts), one after another; and where each ends. */
  readonly keys: Uint8Array;
  readonly keyEnds: Uint32Array;
}

/** Takes pages into a room, one after another; `finish` says what they are. */
export class PageBatcher {
  readonly #index: number;
  readonly #room: Uint8Array;
  readonly #ends: number[] = [];
  readonly #keys: Buffer[] = [];
  #keysEnd = 0;
  readonly #keyEnds: number[] = [];
  #end = 0;
  #entries = 0;
  #last: Entry | undefined;

  /** @param room has space for all of them. */
  constructor(index: number, room: Uint8Array) {
    this.#index = index;
    this.#room = room;
  }

  /**
   * @param entries in it, by whoever built it: the publication counts them again in the page
   * @throws GristmillError CHECKSUM_MISMATCH: what is wrong now could not be told later
   */
  add(page: Uint8Array, entries: number): void {
    const start = this.#end;
    this.#room.set(page, start);
    this.#end += page.byteLength;
    const copy = this.#room.subarray(start, this.#end);
    verifyPage(copy, this.#index, 'the import');
    const first = entryAt(copy, 0);
    this.#last = checkedLast(copy, first, this.#last, this.#index);
    const key = pageKey(0, first.key, first.shard, first.ordinal);
    this.#keys.push(key);
    this.#keysEnd += key.byteLength;
    this.#keyEnds.push(this.#keysEnd);
    this.#ends.push(this.#end);
    this.#entries += entries;
  }

  finish(): PageBatch {
    return {
      ...{ index: this.#index, entries: this.#entries, bytes: this.#room.subarray(0, this.#end) },
      ...{ ends: Uint32Array.from(this.#ends), keys: Buffer.concat(this.#keys) },
      keyEnds: Uint32Array.from(this.#keyEnds),
    };
  }
}

/** The last entry of a page that follows `before`. @throws Error where it does not */
export function checkedLast(page: Uint8Array, first: Entry, before: Entry | undefined, index: number): Entry {
  if (before !== undefined && compareEntries(before, first) >= 0) {
    throw new Error(`pages of index ${index} are out of order`);
  }
  return entryAt(page, entryCount(page) - 1);
}

/** The pages of a batch. */
export function* pagesOf({ bytes, ends }: PageBatch): Generator<Uint8Array> {
  let from = 0;
  for (const end of ends) {
    yield bytes.subarray(from, end);
    from = end;
  }
}
