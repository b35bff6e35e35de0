// store at rest: [frame]; and sources: plan > [map] > scan
//
// Finds the end of a frame in its bytes, which come piece by piece: an implementation of zstd does not always tell it. Only
// headers are read, that of the frame and those of its blocks (header.ts).

import { BLOCK_HEADER_BYTES, blockBytes, blockHeaderIn, CHECKSUM_BYTES, hasChecksum, headerBytes } from './header.js';

/** The magic number, and the descriptor after it. */
const BEGINNING_BYTES = 5;

export class FrameEnd {
  /** Of a header that is not there as a whole yet. */
  readonly #header = new Uint8Array(BEGINNING_BYTES);
  #headerBytes = 0;
  /** Bytes up to the next header, or to the end. */
  #skipped = 0;
  #checksumBytes = 0;
  #isLast = false;
  /** Blocks that have begun. */
  blocks = 0;
  #hasBegun = false;

  /** Begins with the next frame. */
  begin(): void {
    this.#headerBytes = 0;
    this.#isLast = false;
    this.#hasBegun = false;
    this.blocks = 0;
  }

  get isReached(): boolean {
    return this.#isLast && this.#skipped === 0;
  }

  /** @returns how many of the bytes, which follow those before, belong to the frame */
  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.byteLength && !this.isReached) {
      if (this.#skipped > 0) {
        const skipped = Math.min(this.#skipped, bytes.byteLength - at);
        this.#skipped -= skipped;
        at += skipped;
      } else {
        this.#header[this.#headerBytes++] = bytes[at++]!;
        if (this.#headerBytes === (this.#hasBegun ? BLOCK_HEADER_BYTES : BEGINNING_BYTES)) this.#readHeader();
      }
    }
    return at;
  }

  #readHeader(): void {
    this.#headerBytes = 0;
    if (this.#hasBegun) {
      const bits = blockHeaderIn(this.#header, 0);
      this.blocks++;
      this.#isLast = (bits & 1) !== 0;
      this.#skipped = blockBytes(bits) + (this.#isLast ? this.#checksumBytes : 0);
    } else {
      const descriptor = this.#header[BEGINNING_BYTES - 1]!;
      this.#hasBegun = true;
      this.#checksumBytes = hasChecksum(descriptor) ? CHECKSUM_BYTES : 0;
      this.#skipped = headerBytes(descriptor) - 1;
    }
  }
}
