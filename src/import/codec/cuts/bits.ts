// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Bits of bzip2, which is a row of bits: the highest of a byte is its first.

/** Reads up to 48 bits. They must be there. */
export function bitsAt(bytes: Uint8Array, bit: number, count: number): number {
  let value = 0;
  for (let at = bit, left = count; left > 0; ) {
    const inByte = Math.min(8 - (at & 7), left);
    const piece = (bytes[at >>> 3]! >>> (8 - (at & 7) - inByte)) & ((1 << inByte) - 1);
    value = value * 2 ** inByte + piece;
    at += inByte;
    left -= inByte;
  }
  return value;
}

/** Rows of bits, put together to one. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  #bit = 0;

  /** @param bitsMax how many bits it will have, at most */
  constructor(bitsMax: number) {
    this.#bytes = new Uint8Array(Math.ceil(bitsMax / 8) + 1);
  }

  /** Adds up to 48 bits of a number. */
  add(value: number, count: number): void {
    for (let left = count; left > 0; ) {
      const piece = Math.min(8, left);
      left -= piece;
      this.#addBits(Math.floor(value / 2 ** left) & 0xff & ((1 << piece) - 1), piece);
    }
  }

  /** Copies bits from one bit of `source` to another. */
  copy(source: Uint8Array, from: number, to: number): void {
    let at = from;
    // Up to a whole byte of the source, then bytes, then the rest.
    const lead = Math.min((8 - (at & 7)) & 7, to - at);
    if (lead > 0) this.#addBits(bitsAt(source, at, lead), lead);
    at += lead;
    const shift = this.#bit & 7;
    const end = to >>> 3;
    let out = this.#bit >>> 3;
    for (let i = at >>> 3; i < end; i++, out++) {
      const byte = source[i]!;
      this.#bytes[out]! |= byte >>> shift;
      this.#bytes[out + 1] = (byte << (8 - shift)) & 0xff;
    }
    if (end * 8 > at) {
      this.#bit += end * 8 - at;
      at = end * 8;
    }
    if (at < to) this.#addBits(bitsAt(source, at, to - at), to - at);
  }

  /** What was written, with zeros up to a whole byte. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, Math.ceil(this.#bit / 8));
  }

  /** @param count at most 8 */
  #addBits(value: number, count: number): void {
    const at = this.#bit >>> 3;
    const shift = 16 - (this.#bit & 7) - count;
    const pair = value << shift;
    this.#bytes[at]! |= pair >>> 8;
    this.#bytes[at + 1]! |= pair & 0xff;
    this.#bit += count;
  }
}
