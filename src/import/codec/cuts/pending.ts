// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Compressed bytes that have come and are in no part yet.

export class Pending {
  #room = Buffer.alloc(0);
  #from = 0;
  #bytes = 0;
  /** Whether the source ends with these bytes. */
  isAll = false;

  /** Offset in the source of the first byte. */
  get from(): number {
    return this.#from;
  }

  /** Offset in the source of the end of the bytes. */
  get to(): number {
    return this.#from + this.#bytes;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  add(piece: Uint8Array): void {
    const needed = this.#bytes + piece.byteLength;
    if (needed > this.#room.byteLength) {
      const larger = Buffer.allocUnsafeSlow(2 * needed);
      larger.set(this.bytes);
      this.#room = larger;
    }
    this.#room.set(piece, this.#bytes);
    this.#bytes = needed;
  }

  /** All bytes; valid until bytes are added or dropped. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#bytes);
  }

  /** The bytes from one offset in the source to another; valid as `bytes` is. */
  slice(from: number, to: number): Buffer {
    return this.#room.subarray(from - this.#from, Math.min(to - this.#from, this.#bytes));
  }

  /** Drops the bytes before an offset in the source. */
  dropBefore(offset: number): void {
    this.#room.copyWithin(0, offset - this.#from, this.#bytes);
    this.#bytes -= offset - this.#from;
    this.#from = offset;
  }
}
