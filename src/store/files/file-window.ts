// store at rest: [blobs]
//
// A file, or a part of it, that is read from its beginning to its end without ever being in memory as a whole: a window moves over it, and is
// larger only while one piece is. For verification and repair.

import { GristmillError } from '../../base/errors.js';
import { READ_WINDOW_BYTES } from '../../base/limits.js';
import type { BlobReader, Region } from './blobs.js';

/** The bytes that a disk reads at once. A block that cannot be read counts as zeros, so no checksum matches there. */
const BLOCK_BYTES = 4096;

export class FileWindow {
  /** Where the part begins and ends in the file. Offsets are those of the file. */
  readonly begin: number;
  readonly end: number;
  readonly #file: BlobReader;
  #buffer: Buffer;
  #from = 0;
  #bytes = 0;

  /** @param region the part of the file; by default all of it */
  constructor(file: BlobReader, region: Region = { at: 0, bytes: file.size }) {
    this.#file = file;
    this.end = Math.min(file.size, region.at + region.bytes);
    this.begin = Math.min(this.end, region.at);
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(READ_WINDOW_BYTES, this.size));
  }

  get size(): number {
    return this.end - this.begin;
  }

  /** The bytes from `offset`: `length` of them, or fewer where the part ends. They are valid until the next call. */
  at(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.end - offset));
    if (offset < this.#from || offset + wanted > this.#from + this.#bytes) this.#move(offset, wanted);
    const start = offset - this.#from;
    return this.#buffer.subarray(start, Math.min(start + wanted, this.#bytes));
  }

  /** Where these bytes are next, from `offset` on; `end` where they do not begin before it. */
  find(pattern: Buffer, offset: number, end: number): number {
    const overlap = pattern.byteLength - 1;
    for (let at = offset; at < end; ) {
      const bytes = this.at(at, READ_WINDOW_BYTES);
      const found = bytes.indexOf(pattern);
      if (found !== -1) return Math.min(end, at + found);
      if (bytes.byteLength <= overlap) return end;
      at += bytes.byteLength - overlap;
    }
    return end;
  }

  #move(offset: number, wanted: number): void {
    if (this.#buffer.byteLength < wanted) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    // A large piece has passed: its room is given back.
    else if (wanted <= READ_WINDOW_BYTES && this.#buffer.byteLength > READ_WINDOW_BYTES)
      this.#buffer = Buffer.allocUnsafeSlow(READ_WINDOW_BYTES);
    this.#from = offset;
    this.#bytes = 0;
    this.#bytes = this.#read(offset);
  }

  #read(offset: number): number {
    try {
      return this.#file.readSync(this.#buffer, offset);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
    const bytes = Math.min(this.#buffer.byteLength, this.end - offset);
    for (let at = 0; at < bytes; at += BLOCK_BYTES) {
      const block = this.#buffer.subarray(at, Math.min(at + BLOCK_BYTES, bytes)).fill(0);
      try {
        this.#file.readSync(block, offset + at);
      } catch (error) {
        if (!isUnreadable(error)) throw error;
      }
    }
    return bytes;
  }
}

/** Whether the disk itself could not read. */
function isUnreadable(error: unknown): boolean {
  return error instanceof GristmillError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EIO';
}
