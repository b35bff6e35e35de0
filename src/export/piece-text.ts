// records > form > pack: the text of a piece, put together in memory that another thread sees, or else in memory of the thread
// that is used for one piece after another.

/** Memory that is kept for the next piece, at most. */
const KEPT_BYTES = 8 << 20;

let kept = Buffer.allocUnsafeSlow(0);

export class PieceText {
  #memory: Uint8Array;
  #used = 0;

  /** @param into memory to fill, as long as there is room */
  constructor(into: Uint8Array = kept) {
    this.#memory = into;
  }

  /** All that was added, valid until the text of another piece is begun. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.byteLength);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.byteLength;
  }

  addString(text: string): void {
    this.add(Buffer.from(text));
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#memory.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#used));
    larger.set(this.bytes);
    this.#memory = larger;
    if (larger.byteLength <= KEPT_BYTES) kept = larger;
  }
}
