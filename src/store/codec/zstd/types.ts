// store at rest: [frame]; and sources: plan > [map] > scan
//
// What an implementation of zstd does for us. Three of them do it (implementation.ts): their frames are of one format, and each
// reads what the others wrote. They differ in speed, and in how well they compress.

import type { ZstdName } from '../../../base/import-report.js';

export interface Zstd {
  readonly name: ZstdName;
  /** @param level zstd's, −7 (fastest) … 22 */
  encoder(level: number): ZstdEncoder;
  /** @param threads that compress beside the caller's. @throws GristmillError PACKAGE_NOT_FOUND where it can make no such frame */
  frameWriter(level: number, threads: number): ZstdWriter;
  /**
   * Decompresses exactly one frame, whose checksum it checks.
   * @param into as long as the text that the frame claims. @returns the bytes of text
   * @throws an error for a frame that is damaged
   */
  decompress(into: Uint8Array, frame: Uint8Array): number;
  reader(): ZstdReader;
}

/** Makes frames that say how much text they hold, and have a checksum. */
export interface ZstdEncoder {
  /** One whole frame. The bytes returned are valid until the next call. */
  encode(plain: Uint8Array): Uint8Array;
}

/** Compresses a text of any length into one frame with a checksum, step by step. */
export interface ZstdWriter {
  /** The bytes of the frame that there are after this text. Each part is valid until the next. */
  write(plain: Uint8Array): Generator<Uint8Array>;
  /** The rest of the frame. */
  end(): Generator<Uint8Array>;
}

/** Decompresses frames of any size, piece by piece, one after another. */
export interface ZstdReader {
  /** Whether it holds a whole frame in memory, its text too. Others hold the window of a frame. */
  readonly holdsFrames: boolean;
  /** Frames with a larger window are not read. */
  readonly windowBytesMax: number;
  /**
   * Decompresses what fits into the output.
   * @param memoryMax bytes of memory that a frame may take which is held whole
   * @throws MemoryNeeded. And the error of zstd for bytes that are no frame; the reader is of no use then
   */
  step(input: Uint8Array, output: Uint8Array, memoryMax: number): ZstdStep;
}

/** What a step of a `ZstdReader` did. */
export interface ZstdStep {
  /** Plain bytes, valid until the next step. */
  readonly plain: Uint8Array;
  /** Bytes of the input that were read. */
  readonly read: number;
  /** Whether the next step may give plain bytes without more input. */
  readonly isFull: boolean;
  /** Whether the frame has ended. The bytes after it were not read. */
  readonly isEnd: boolean;
}

/** Thrown for a frame that takes more memory than it may. */
export class MemoryNeeded extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a frame takes ${bytes} bytes of memory`);
    this.bytes = bytes;
  }
}

/** zstd's own limit of a window, 2 GiB, as a power of 2. */
export const WINDOW_LOG_MAX = 31;
/** Bytes of a step of a `ZstdWriter`. */
export const COMPRESSED_STEP_BYTES = 256 * 1024;
