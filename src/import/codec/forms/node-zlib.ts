// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Node's zlib, called synchronously and piece by piece, which its public interface cannot do: the streams work in other
// threads, and `inflateRawSync` takes a whole file. So this file, and no other, calls `writeSync` of the handle below a stream,
// as Node itself does for `inflateRawSync`. A test runs on the oldest and the newest Node (docs/decisions.md).

import type { BrotliDecompress, InflateRaw } from 'node:zlib';
import type { Compressed, Step } from '../compressed.js';
import type { Out } from '../plain.js';

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

  constructor(stream: InflateRaw | BrotliDecompress, flushes: Flushes) {
    this.#stream = stream;
    this.#internals = stream as unknown as Internals;
    this.#flushes = flushes;
    // The stream emits an error too, some time after the write that threw it.
    stream.on('error', () => {});
  }

  /**
   * Decodes one compressed stream to its end, which may come before the end of the file.
   * @throws GristmillError SOURCE_TRUNCATED, SOURCE_DAMAGED
   */
  *decode(compressed: Compressed, out: Out): Step {
    for (;;) {
      const hasMore = yield* compressed.more();
      const flush = hasMore ? this.#flushes.more : this.#flushes.last;
      const begin = compressed.offset;
      let written = this.#write(compressed, flush, out);
      const isIdle = written === 0 && compressed.offset === begin;
      while (written === OUTPUT_BYTES) written = this.#write(compressed, flush, out);
      // A stream that has not ended takes what it is given. And Node refuses the last write of one that has not ended.
      if (isIdle || !hasMore) return;
    }
  }

  /** @returns how many plain bytes were handed out; `OUTPUT_BYTES` if there may be more without more input */
  #write(compressed: Compressed, flush: number, out: Out): number {
    const input = compressed.rest;
    const inputBytes = Math.min(input.byteLength, INPUT_BYTES);
    this.#internals._handle.writeSync(flush, input, 0, inputBytes, this.#output, 0, OUTPUT_BYTES);
    const error = this.#stream.errored as NodeJS.ErrnoException | null;
    if (error?.code === 'Z_BUF_ERROR') throw compressed.faults.truncated(compressed.offset);
    if (error !== null) throw compressed.faults.failed(compressed.offset, error);
    const [free, unread] = this.#internals._writeState as unknown as readonly [number, number];
    compressed.advance(inputBytes - unread);
    out(this.#output.subarray(0, OUTPUT_BYTES - free));
    return OUTPUT_BYTES - free;
  }

  close(): void {
    this.#stream.destroy();
  }
}
