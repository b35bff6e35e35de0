// store at rest: [journal]
//
// Bytes and numbers one after another, written and read. Numbers are of 32 bits and take few bytes: seven bits each, the
// lowest first; the eighth says that another byte follows.

const BITS = 7;
const MORE = 1 << BITS;
const NUMBER_MAX = 2 ** 32 - 1;
const NUMBER_BYTES_MAX = 5;
const FIRST_BYTES = 4096;

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;

  /** Bytes that are written; what comes after a smaller number is taken back by setting it. */
  get length(): number {
    return this.#at;
  }

  set length(length: number) {
    this.#at = length;
  }

  number(value: number): void {
    this.#reserve(NUMBER_BYTES_MAX);
    let rest = value;
    for (; rest >= MORE; rest = Math.floor(rest / MORE)) this.#bytes[this.#at++] = (rest % MORE) | MORE;
    this.#bytes[this.#at++] = rest;
  }

  /** Those of `bytes` between two places. */
  some(bytes: Uint8Array, from = 0, to = bytes.byteLength): void {
    this.#reserve(to - from);
    // Mostly few.
    for (let i = from; i < to; i++) this.#bytes[this.#at++] = bytes[i]!;
  }

  /** A copy of what is written. */
  written(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.byteLength, this.#at + count));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** Reads what a `ByteWriter` has written. All of it throws RangeError for anything else. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; factor <= NUMBER_MAX; factor *= MORE) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte % MORE) * factor;
      if (byte < MORE && value <= NUMBER_MAX) return value;
    }
    throw new RangeError('it has a number that is too large, or ends within one');
  }

  some(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.byteLength) throw new RangeError('it ends too early');
    const some = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return some;
  }
}
