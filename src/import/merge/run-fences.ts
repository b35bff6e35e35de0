// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// The fences of all runs: the first entry of every chunk, numbered in the order of the runs. They lie one after another in
// one buffer: as an object each they would be most of what the coordinator holds, and grow with the source.

import { compareEntries, entryBytes } from '../../kernel/entry.js';
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
    let fence = 0;
    let at = 0;
    for (const { chunkBytes } of runs) {
      for (const bytes of chunkBytes) {
        this.#chunkBytes[fence++] = bytes;
        at += entryBytes(this.#entries, at);
        this.#starts[fence] = at;
      }
    }
  }

  entry(fence: number): Buffer {
    return this.#entries.subarray(this.#start(fence), this.#start(fence + 1));
  }

  /** Bytes of the chunk that begins with this fence. */
  chunkBytes(fence: number): number {
    return this.#chunkBytes[fence]!;
  }

  /** All fences, by their entries. */
  inOrder(): Uint32Array {
    return Uint32Array.from(this.#chunkBytes.keys()).sort((one, other) =>
      this.#compare(one, this.#entries, this.#start(other), this.#start(other + 1)),
    );
  }

  /** Of a fence's entry with another one: by (index and key, shard, ordinal). */
  compare(fence: number, entry: Buffer): number {
    return this.#compare(fence, entry, 0, entry.byteLength);
  }

  /** With the entry that lies between `from` and `to`: no object for either. */
  #compare(fence: number, other: Buffer, from: number, to: number): number {
    return compareEntries(this.#entries, this.#start(fence), this.#start(fence + 1), other, from, to);
  }

  #start(fence: number): number {
    return this.#starts[fence]!;
  }
}
