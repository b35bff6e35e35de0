// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// The fences of all runs: the first entry of every chunk, numbered in the order of the runs. They lie one after another in
// one buffer: as an object each they would be most of what the coordinator holds, and grow with the source.

import { ENTRY_HEADER_BYTES, entryBytes } from '../scan/run-write.js';
import type { Run } from '../tasks/span.js';

export class Fences {
  readonly #entries: Buffer;
  /** Where each entry begins, and where the last one ends. */
  readonly #starts: Uint32Array;
  readonly #chunkBytes: Uint32Array;

  constructor(runs: readonly Run[]) {
    this.#entries = Buffer.concat(runs.map(({ fences }) => fences));
    this.#chunkBytes = new Uint32Array(runs.reduce((count, { chunkBytes }) => count + chunkBytes.length, 0));
    this.#starts = new Uint32Array(this.#chunkBytes.length + 1);
    const view = new DataView(this.#entries.buffer, this.#entries.byteOffset, this.#entries.byteLength);
    let fence = 0;
    let at = 0;
    for (const { chunkBytes } of runs) {
      for (const bytes of chunkBytes) {
        this.#chunkBytes[fence++] = bytes;
        at += entryBytes(view, at);
        this.#starts[fence] = at;
      }
    }
  }

  entry(fence: number): Buffer {
    return this.#entries.subarray(this.#start(fence), this.#start(fence + 1));
  }

  /** Bytes of the chunk that begins with this fence. */
  chunkBytes(fence: number): number {
    return this.#chunkBytes[fence] as number;
  }

  /** All fences, by their entries. */
  inOrder(): Uint32Array {
    return Uint32Array.from(this.#chunkBytes.keys()).sort((one, other) =>
      this.#compare(one, this.#entries, this.#start(other), this.#start(other + 1)),
    );
  }

  /** Of a fence's entry with another one. */
  compare(fence: number, entry: Buffer): number {
    return this.#compare(fence, entry, 0, entry.byteLength);
  }

  /** By (index and key, shard, ordinal), with the entry that lies between `from` and `to`: no object for either. */
  #compare(fence: number, other: Buffer, from: number, to: number): number {
    const all = this.#entries;
    const start = this.#start(fence);
    const end = this.#start(fence + 1);
    const order = all.compare(other, from + ENTRY_HEADER_BYTES, to, start + ENTRY_HEADER_BYTES, end);
    if (order !== 0) return order;
    return (
      all.readUInt32LE(start) - other.readUInt32LE(from) || all.readUInt32LE(start + 4) - other.readUInt32LE(from + 4)
    );
  }

  #start(fence: number): number {
    return this.#starts[fence] as number;
  }
}
