// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Node's zlib, called synchronously and piece by piece, which its public interface cannot do: the streams work in other
// threads, and `inflateRawSync` takes a whole file. So this file, and no other, calls `writeSync` of the handle below a stream,
// as Node itself does for `inflateRawSync`. A test runs on the oldest and the newest Node (docs/decisions.md).

import type { BrotliDecompress, InflateRaw } from 'node:zlib';
import type { Out } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';

/** What is used of a stream below its public interface. */
interface Internals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputBytes: number,
      output: Uint8Array,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Set by each write: free bytes of the output, unread bytes of the input. */
  readonly _writeState: Uint32Array;
}

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
  readonly #stream: InflateRaw | BrotliDecompress;
  readonly #internals: Internals;
  readonly #flushes: Flushes;
  readonly #output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  /** Whether the last write gave plain bytes. */
  #hasWritten = false;

  constructor(stream: InflateRaw | BrotliDecompress, flushes: Flushes) {
    this.#stream = stream;
    this.#internals = stream as unknown as Internals;
    this.#flushes = flushes;
    // The stream emits an error too, some time after the write that threw it.
    stream.on('error', () => {});
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
    this.#internals._handle.writeSync(flush, input, 0, inputBytes, output, 0, outputBytes);
    const error = this.#stream.errored as NodeJS.ErrnoException | null;
    if (error?.code === 'Z_BUF_ERROR') throw compressed.faults.truncated(compressed.offset);
    if (error !== null) throw compressed.faults.failed(compressed.offset, error);
    const [free, unread] = this.#internals._writeState as unknown as readonly [number, number];
    compressed.advance(inputBytes - unread);
    this.#hasWritten = free < outputBytes;
    if (this.#hasWritten) out(output.subarray(0, outputBytes - free));
    return free === 0;
  }

  close(): void {
    this.#stream.destroy();
  }
}
