// store at rest: [shard]
//
// The ordinals of a shard whose records were dead when its file was rewritten, and so have no line in it. Every other
// record keeps its ordinal, so no index entry has to change; which line it is, a rank over this bitmap says: counts before
// each block of ordinals, and bits counted within one (Jacobson 1989).

const BLOCK = 512;
const BLOCK_BYTES = BLOCK / 8;
/** In front of the bitmap: how many records it is for. */
const COUNT_BYTES = 4;

/** Bits set in a byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>>= 1) bits += rest & 1;
  return bits;
});

export class Holes {
  /** Ordinals, holes and others. */
  readonly records: number;
  readonly bitmap: Uint8Array;
  /** Element i: lines before ordinal i × BLOCK; one more than there are blocks. */
  readonly #lines: Uint32Array;

  constructor(records: number, bitmap: Uint8Array) {
    this.records = records;
    this.bitmap = bitmap;
    const blocks = Math.ceil(records / BLOCK);
    this.#lines = new Uint32Array(blocks + 1);
    for (let block = 0; block < blocks; block++) {
      const ordinals = Math.min(BLOCK, records - block * BLOCK);
      this.#lines[block + 1] = this.#lines[block]! + ordinals - this.#holesIn(block, ordinals);
    }
  }

  /** A section's body (format.ts), and back; undefined for a body that is none: one bit for each record, and no more. */
  static decode(body: Buffer): Holes | undefined {
    const records = body.byteLength < COUNT_BYTES ? 0 : body.readUInt32LE(0);
    if (body.byteLength !== COUNT_BYTES + Math.ceil(records / 8)) return undefined;
    return new Holes(records, body.subarray(COUNT_BYTES));
  }

  encode(): Uint8Array {
    const bytes = Buffer.alloc(COUNT_BYTES + Math.ceil(this.records / 8));
    bytes.writeUInt32LE(this.records, 0);
    bytes.set(this.bitmap.subarray(0, bytes.byteLength - COUNT_BYTES), COUNT_BYTES);
    return bytes;
  }

  /** Records that have a line. */
  get lines(): number {
    return this.#lines[this.#lines.length - 1]!;
  }

  has(ordinal: number): boolean {
    return ((this.bitmap[ordinal >>> 3] ?? 0) & (1 << (ordinal & 7))) !== 0;
  }

  /** The line of a record that is no hole. */
  lineOf(ordinal: number): number {
    const block = Math.floor(ordinal / BLOCK);
    const within = ordinal % BLOCK;
    return this.#lines[block]! + within - this.#holesIn(block, within);
  }

  /** Ordinals of `count` lines from this one. */
  ordinalsOf(line: number, count: number): Uint32Array {
    const ordinals = new Uint32Array(count);
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#lines[middle]! <= line) low = middle;
      else high = middle - 1;
    }
    let at = this.#lines[low]!;
    for (let ordinal = low * BLOCK, found = 0; found < count; ordinal++) {
      if (this.has(ordinal)) continue;
      if (at++ >= line) ordinals[found++] = ordinal;
    }
    return ordinals;
  }

  /** Holes among the first `ordinals` of a block. */
  #holesIn(block: number, ordinals: number): number {
    let at = block * BLOCK_BYTES;
    let holes = 0;
    for (; ordinals >= 8; ordinals -= 8) holes += BITS[this.bitmap[at++] ?? 0]!;
    return ordinals === 0 ? holes : holes + BITS[(this.bitmap[at] ?? 0) & ((1 << ordinals) - 1)]!;
  }
}
