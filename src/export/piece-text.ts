// records > form > pack: the text of a piece, put together in memory that a thread uses for one piece after another. Codecs are
// shown no memory that threads share. Copying to it as a whole costs little; copying each line there costs much, because
// V8 does so byte by byte where two places are not aligned alike.

/** Memory that is kept for the next piece, at most. */
const KEPT_BYTES = 8 << 20;

let kept = Buffer.allocUnsafeSlow(0);

export class PieceText {
  #memory = kept;
  #used = 0;

  /** All that was added, valid until the text of another piece is begun. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.byteLength);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.byteLength;
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
