// store at rest: [frame]; and sources: plan > [map] > scan
//
// Reads frames with a function that knows whole frames only. A frame and its text are in memory, so it takes more than one that
// is read in parts: the caller says how much it may take.

import { FrameEnd } from './frame-end.js';
import { frameHeader, HEADER_BYTES_MAX } from './header.js';
import { MemoryNeeded, type ZstdReader, type ZstdStep } from './types.js';

/** The plain bytes of a block are not more. */
const BLOCK_BYTES = 128 * 1024;
const MAGIC_BYTES = 4;
const NOTHING = new Uint8Array();

type Decompress = (into: Uint8Array, frame: Uint8Array) => number;

export class WholeFrames implements ZstdReader {
  readonly holdsFrames = true;
  readonly windowBytesMax = 2 ** 30; // zstd's own limit where addresses have 32 bits
  readonly #decompress: Decompress;
  readonly #frame = new FrameEnd();
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Undefined before the header is there. */
  #claim: { readonly bytes: number | undefined } | undefined;
  /** Plain bytes that are not handed out yet; undefined before the frame has ended. */
  #plain: Uint8Array | undefined;

  constructor(decompress: Decompress) {
    this.#decompress = decompress;
  }

  step(input: Uint8Array, output: Uint8Array, memoryMax: number): ZstdStep {
    const read = this.#plain === undefined ? this.#collect(input, memoryMax) : 0;
    if (this.#plain === undefined) return { plain: NOTHING, read, isFull: false, isEnd: false };
    const plain = output.subarray(0, Math.min(output.byteLength, this.#plain.byteLength));
    plain.set(this.#plain.subarray(0, plain.byteLength));
    this.#plain = this.#plain.subarray(plain.byteLength);
    const isEnd = this.#plain.byteLength === 0;
    if (isEnd) this.#plain = undefined;
    return { plain, read, isFull: !isEnd, isEnd };
  }

  /** Takes the frame's bytes; decompresses it when all are there. */
  #collect(input: Uint8Array, memoryMax: number): number {
    const read = this.#frame.take(input);
    // The caller uses the memory of its input again.
    this.#parts.push(Uint8Array.prototype.slice.call(input, 0, read));
    this.#bytes += read;
    if (this.#frame.blocks > 0) this.#claim ??= { bytes: claimedBytes(this.#parts) };
    const plainMax = this.#claim?.bytes ?? this.#frame.blocks * BLOCK_BYTES;
    const needed = Math.max(this.#bytes, plainMax);
    if (needed > memoryMax) throw new MemoryNeeded(needed);
    if (this.#frame.isReached) {
      const frame = Buffer.concat(this.#parts);
      const plain = Buffer.allocUnsafeSlow(plainMax);
      this.#plain = plain.subarray(0, this.#decompress(plain, frame));
      this.#parts = [];
      this.#bytes = 0;
      this.#claim = undefined;
      this.#frame.begin();
    }
    return read;
  }
}

/** The plain bytes that the header of a frame claims; undefined where it claims none. @param parts of the frame; its header is there */
function claimedBytes(parts: readonly Uint8Array[]): number | undefined {
  // A frame may be shorter than the longest header; the rest is zeros then.
  return frameHeader(Buffer.concat(parts, HEADER_BYTES_MAX).subarray(MAGIC_BYTES))?.plainBytes;
}
