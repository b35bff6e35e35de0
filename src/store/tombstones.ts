// store at rest: [tombstones]
//
// Which records of a shard are dead: bit `ordinal` of its bitmap (docs/format.md, Catalog). A shard never changes
// (Invariant 1), so replacing a record marks the old one here, in the transaction that publishes the new one.

import { GristmillError } from '../errors.js';

/** Whether a bitmap, absent when nothing is dead, marks this record. */
export function isDead(bitmap: Uint8Array | undefined, ordinal: number): boolean {
  return bitmap !== undefined && (bitmap[ordinal >>> 3] & (1 << (ordinal & 7))) !== 0;
}

interface Marked {
  readonly bitmap: Uint8Array;
  readonly records: number;
  /** Records marked since it was loaded. */
  added: number;
}

/** Collects the marks of one publication; loads the bitmaps of old shards as they are needed. */
export class TombstoneMarks {
  readonly #shards = new Map<number, Marked>();
  readonly #recordsOf: (shard: number) => number | undefined;
  readonly #load: (shard: number) => Uint8Array | undefined;

  /** @param recordsOf the number of records of a shard of this collection; undefined for any other. */
  constructor(recordsOf: (shard: number) => number | undefined, load: (shard: number) => Uint8Array | undefined) {
    this.#recordsOf = recordsOf;
    this.#load = load;
  }

  /** @throws GristmillError CHECKSUM_MISMATCH when there is no such record, or it is dead already. */
  mark(shard: number, ordinal: number): void {
    const marked = this.#shards.get(shard) ?? this.#open(shard);
    if (ordinal >= marked.records || isDead(marked.bitmap, ordinal)) {
      const why = ordinal >= marked.records ? `has ${marked.records} records` : 'has marked it dead already';
      throw new GristmillError('CHECKSUM_MISMATCH', `an index names record ${ordinal} of shard ${shard}, which ${why}`);
    }
    marked.bitmap[ordinal >>> 3] |= 1 << (ordinal & 7);
    marked.added++;
  }

  /** Bitmaps that have changed, with the number of records marked in each. */
  *changed(): Generator<{ readonly shard: number; readonly bitmap: Uint8Array; readonly added: number }> {
    for (const [shard, { bitmap, added }] of this.#shards) if (added > 0) yield { shard, bitmap, added };
  }

  #open(shard: number): Marked {
    const records = this.#recordsOf(shard);
    if (records === undefined) {
      throw new GristmillError(
        'CHECKSUM_MISMATCH',
        `an index names shard ${shard}, which its collection does not have`,
      );
    }
    const bitmap = new Uint8Array(Math.ceil(records / 8));
    const stored = this.#load(shard);
    if (stored !== undefined) bitmap.set(stored);
    const marked = { bitmap, records, added: 0 };
    this.#shards.set(shard, marked);
    return marked;
  }
}
