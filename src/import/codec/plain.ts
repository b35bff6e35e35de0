// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Where a decoder's plain bytes go: to whoever pushes. It counts them, and stops a file that grows out of all proportion.

import type { Out, Room } from './codec.js';
import type { Compressed } from './compressed.js';

/** A file may grow by any factor until it has given so many plain bytes: a small file cannot fill a disk. */
export const EXPANSION_FREE_BYTES = 64 * 1024 * 1024;

export class Plain {
  readonly #compressed: Compressed;
  readonly #ratioMax: number;
  #bytes = 0;
  #out: Out = noOut;
  /** Where the next plain bytes are wanted; absent where they are taken from anywhere. */
  room: Room | undefined;

  constructor(compressed: Compressed, ratioMax: number) {
    this.#compressed = compressed;
    this.#ratioMax = ratioMax;
  }

  /** Plain bytes go there from now on. */
  to(out: Out, room: Room | undefined): void {
    this.#out = out;
    this.room = room;
  }

  /** Hands out plain bytes. @throws GristmillError SOURCE_EXPANDS */
  put(plain: Uint8Array): void {
    if (plain.byteLength === 0) return;
    this.#bytes += plain.byteLength;
    const { offset, faults } = this.#compressed;
    if (this.#bytes >= EXPANSION_FREE_BYTES && this.#bytes > offset * this.#ratioMax) {
      throw faults.expands(offset, this.#bytes - plain.byteLength, this.#ratioMax);
    }
    this.#out(plain);
  }
}

function noOut(): never {
  throw new Error('plain bytes outside of a call of the decoder');
}
