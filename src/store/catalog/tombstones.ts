// store at rest: [tombstones]
//
// Which records of a shard are dead: bit `ordinal` of its bitmap (docs/format.md, Catalog). A record never changes, so
// replacing or deleting one marks it here, in the transaction that publishes the change. The bitmap is kept in chunks, so
// that marking one record of a large shard writes two kilobytes and not fifty.

import { GristmillError } from '../../base/errors.js';
import type { CatalogRead, CatalogWrite } from '../types.js';

/** Bytes of a chunk: with checksum and key just below half an LMDB page, beyond which a value gets pages of its own. */
export const TOMBSTONE_CHUNK_BYTES = 1984;
const CHUNK_RECORDS = 8 * TOMBSTONE_CHUNK_BYTES;

/** The number of chunks of a bitmap for this number of records. */
export function tombstoneChunks(records: number): number {
  return Math.ceil(records / CHUNK_RECORDS);
}

/** Whether a bitmap, which may end early, marks this record. */
export function isDead(bitmap: Uint8Array, ordinal: number): boolean {
  return ((bitmap[ordinal >>> 3] ?? 0) & (1 << (ordinal & 7))) !== 0;
}

/** Whether a record is dead, reading only the chunk that tells. @param chunkOf reads one, undefined where none in it is dead */
export function isDeadIn(ordinal: number, chunkOf: (chunk: number) => Uint8Array | undefined): boolean {
  const chunk = chunkOf(Math.floor(ordinal / CHUNK_RECORDS));
  return chunk !== undefined && isDead(chunk, ordinal % CHUNK_RECORDS);
}

interface Marked {
  /** Records of the shard. */
  readonly records: number;
  readonly chunks: Map<number, Uint8Array>;
  /** Records marked since it was loaded. */
  added: number;
}

/** Collects the marks of one publication; loads the chunks of old shards as they are needed. */
export class TombstoneMarks {
  readonly #shards = new Map<number, Marked>();
  readonly #recordsOf: (shard: number) => number | undefined;
  readonly #read: Pick<CatalogRead, 'tombstoneChunk'>;

  /** @param recordsOf the number of records of a shard of this collection; undefined for any other. */
  constructor(recordsOf: (shard: number) => number | undefined, read: Pick<CatalogRead, 'tombstoneChunk'>) {
    this.#recordsOf = recordsOf;
    this.#read = read;
  }

  /** @throws GristmillError CHECKSUM_MISMATCH when there is no such record, or it is dead already. */
  mark(shard: number, ordinal: number): void {
    const marked = this.#shards.get(shard) ?? this.#open(shard);
    const chunk = this.#chunk(marked, shard, Math.floor(ordinal / CHUNK_RECORDS));
    const at = ordinal % CHUNK_RECORDS;
    if (ordinal >= marked.records || isDead(chunk, at)) {
      const why = ordinal >= marked.records ? `has ${marked.records} records` : 'has already marked it dead';
      throw new GristmillError('CHECKSUM_MISMATCH', `an index names record ${ordinal} of shard ${shard}, which ${why}`);
    }
    chunk[at >>> 3]! |= 1 << (at & 7);
    marked.added++;
  }

  /** Whether a record is dead, marks of this publication included. */
  isDead(shard: number, ordinal: number): boolean {
    const marked = this.#shards.get(shard) ?? this.#open(shard);
    return isDead(this.#chunk(marked, shard, Math.floor(ordinal / CHUNK_RECORDS)), ordinal % CHUNK_RECORDS);
  }

  /** Records marked so far. */
  get added(): number {
    let added = 0;
    for (const marked of this.#shards.values()) added += marked.added;
    return added;
  }

  /** Writes the changed tombstones, in the transaction that publishes `generation`. */
  write(read: CatalogRead, write: CatalogWrite, generation: number): void {
    for (const [shard, { chunks, added }] of this.#shards) {
      if (added === 0) continue;
      const dead = (read.tombstoneState(shard)?.dead ?? 0) + added;
      write.putTombstoneState(shard, { dead, generation });
      for (const [number, chunk] of chunks) {
        let end = chunk.byteLength;
        while (end > 0 && chunk[end - 1] === 0) end--;
        if (end > 0) write.putTombstoneChunk(shard, number, chunk.subarray(0, end));
      }
    }
  }

  #open(shard: number): Marked {
    const records = this.#recordsOf(shard);
    if (records === undefined) {
      throw new GristmillError(
        'CHECKSUM_MISMATCH',
        `an index names shard ${shard}, which its collection does not have`,
      );
    }
    const marked = { records, chunks: new Map<number, Uint8Array>(), added: 0 };
    this.#shards.set(shard, marked);
    return marked;
  }

  #chunk({ chunks }: Marked, shard: number, number: number): Uint8Array {
    let chunk = chunks.get(number);
    if (chunk === undefined) {
      chunk = new Uint8Array(TOMBSTONE_CHUNK_BYTES);
      const stored = this.#read.tombstoneChunk(shard, number);
      if (stored !== undefined) chunk.set(stored);
      chunks.set(number, chunk);
    }
    return chunk;
  }
}
