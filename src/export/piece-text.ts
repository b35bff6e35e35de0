// records > form > pack: the text of a piece, put together in memory that is given away with it, or that a thread uses for
// one piece after another.

/** Memory that is kept for the next piece, at most. */
const KEPT_BYTES = 8 << 20;

let kept: Buffer | undefined;

export class PieceText {
  #memory: Buffer;
  #used = 0;

  /** @param bytes room for so many at first */
  constructor(bytes: number) {
    this.#memory = kept !== undefined && kept.byteLength >= bytes ? kept : Buffer.allocUnsafeSlow(bytes);
    kept = undefined;
  }

  /** All that was added. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.byteLength);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.byteLength;
  }

  addString(text: string): void {
    this.#makeRoom(Buffer.byteLength(text));
    this.#used += this.#memory.write(text, this.#used);
  }

  /** Keeps the memory for the next piece: the bytes are of no use to anyone any more. */
  keep(): void {
    if (this.#memory.byteLength <= KEPT_BYTES) kept = this.#memory;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#memory.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#used));
    larger.set(this.bytes);
    this.#memory = larger;
  }
}
