// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A stream of Node's zlib as a decoder: called synchronously, piece by piece (base/native/zlib-step.ts).

import { stepped, type ZlibStep, type ZlibStream, zlibStep } from '../../../base/native/zlib-step.js';
import type { Out } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';

/** What a write is told: that more input may come, or that none comes (`Z_FINISH`, `BROTLI_OPERATION_FINISH`). */
export interface Flushes {
  readonly more: number;
  readonly last: number;
}

/** Plain bytes are handed out in pieces of this size. Larger ones are not faster. */
const OUTPUT_BYTES = 256 * 1024;
/** Compressed bytes of a write: Node does not say where in them it met an error. */
const INPUT_BYTES = 64 * 1024;

export class NodeZlib {
  readonly #stream: ZlibStream;
  readonly #flushes: Flushes;
  readonly #output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  /** Whether the last write gave plain bytes. */
  #hasWritten = false;

  constructor(stream: ZlibStream, flushes: Flushes) {
    this.#stream = stepped(stream);
    this.#flushes = flushes;
  }

  /**
   * Decodes one compressed stream to its end, which may come before the end of the file.
   * @param out takes the plain bytes. @param plain says where they are wanted
   * @throws GristmillError SOURCE_TRUNCATED, SOURCE_DAMAGED
   */
  *decode(compressed: Compressed, plain: Plain, out: Out): Step {
    for (;;) {
      const hasMore = yield* compressed.more();
      const flush = hasMore ? this.#flushes.more : this.#flushes.last;
      const begin = compressed.offset;
      let isFull = this.#write(compressed, plain, flush, out);
      const isIdle = !this.#hasWritten && compressed.offset === begin;
      while (isFull) isFull = this.#write(compressed, plain, flush, out);
      // A stream that has not ended takes what it is given. And Node refuses the last write of one that has not ended.
      if (isIdle || !hasMore) return;
    }
  }

  /** @returns whether there may be more plain bytes without more input */
  #write(compressed: Compressed, plain: Plain, flush: number, out: Out): boolean {
    const input = compressed.rest;
    const inputBytes = Math.min(input.byteLength, INPUT_BYTES);
    const output = plain.room?.() ?? this.#output;
    const outputBytes = Math.min(output.byteLength, OUTPUT_BYTES);
    let step: ZlibStep;
    try {
      step = zlibStep(this.#stream, flush, input, output, inputBytes, outputBytes);
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException;
      if (error.code === 'Z_BUF_ERROR') throw compressed.faults.truncated(compressed.offset);
      throw compressed.faults.failed(compressed.offset, error);
    }
    compressed.advance(step.read);
    this.#hasWritten = step.written > 0;
    if (this.#hasWritten) out(output.subarray(0, step.written));
    return step.written === outputBytes;
  }

  close(): void {
    this.#stream.destroy();
  }
}
