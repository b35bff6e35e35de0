// source > plan > map > scan > key > frame > [shard] > verify > merge > publish
//
// Writes one shard, synchronously, in a worker thread; shard-read.ts is its twin and shard-format.ts draws the file.
// Compressed frames collect in a buffer of a megabyte: a system call a frame would cost as much as compressing it.
// The SHA-256 grows with every buffer that leaves, so the file is never read again to hash it.
//
// Durability is the coordinator's: it syncs the file and its directory before it publishes (Invariant 8).

import { createHash } from 'node:crypto';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { GristmillError } from '../errors.js';
import { failpoint } from '../failpoints.js';
import { FRAMES_PER_SHARD_MAX } from '../limits.js';
import type { Holes } from './holes.js';
import { ioError, writeFully } from './io.js';
import { encodeSection, encodeTables, Section } from './shard-format.js';
import { Compressor } from './zstd.js';

const BUFFER_BYTES = 1 << 20;
/** Sizes in the seek table are u32. */
const FRAME_BYTES_MAX = 0xffff_ffff;

/** What a finished shard is, for its catalog entry. */
export interface ShardSummary {
  /** Ordinals it spans, and those of them without a line. */
  readonly records: number;
  readonly holes: number;
  readonly frames: number;
  /** Bytes of text in the frames. */
  readonly plainBytes: number;
  /** Bytes of the file. */
  readonly storedBytes: number;
  /** Of the whole file, hexadecimal. */
  readonly sha256: string;
}

export class ShardWriter {
  readonly path: string;
  /** Open until `finish` or `abort`. */
  readonly fd: number;
  readonly #compressor: Compressor;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  readonly #storedBytes: number[] = [];
  readonly #plainBytes: number[] = [];
  readonly #records: number[] = [];
  #open = true;

  private constructor(path: string, fd: number, compressor: Compressor) {
    this.path = path;
    this.fd = fd;
    this.#compressor = compressor;
  }

  /**
   * Creates the file, which must not exist, with mode 0600.
   * @param compressor a level, or the worker's own compressor to reuse its context.
   */
  static create(path: string, compressor: Compressor | number = 1): ShardWriter {
    let fd: number;
    try {
      fd = openSync(path, 'wx', 0o600);
    } catch (cause) {
      throw ioError(cause, 'create shard', path);
    }
    return new ShardWriter(path, fd, typeof compressor === 'number' ? new Compressor(compressor) : compressor);
  }

  /** Bytes given to the file so far, buffered ones included. */
  get storedBytes(): number {
    return this.#written + this.#buffered;
  }

  /** Appends one frame: `records` whole lines, each ended by a newline. `plain` may be reused afterwards. */
  append(plain: Uint8Array, records: number): void {
    if (records === 0) return;
    if (plain.byteLength > FRAME_BYTES_MAX) {
      throw new GristmillError('RECORD_TOO_LARGE', `a frame of ${plain.byteLength} bytes is beyond the format's 4 GiB`);
    }
    if (this.#records.length === FRAMES_PER_SHARD_MAX) {
      throw new Error(`a shard can have ${FRAMES_PER_SHARD_MAX} frames: use smaller spans`);
    }
    const frame = this.#compressor.compress(plain);
    this.#storedBytes.push(frame.byteLength);
    this.#plainBytes.push(plain.byteLength);
    this.#records.push(records);
    this.#put(frame);
  }

  /**
   * Writes sections and tables and closes the file.
   * @param origin what rebuilding the index has to know; kept as JSON.
   * @param holes ordinals that were given no line.
   */
  finish(origin?: object, holes?: Holes): ShardSummary {
    if (holes !== undefined) this.#put(encodeSection(Section.holes, holes.encode()));
    if (origin !== undefined) this.#put(encodeSection(Section.origin, Buffer.from(JSON.stringify(origin))));
    const tables = {
      storedBytes: Uint32Array.from(this.#storedBytes),
      plainBytes: Uint32Array.from(this.#plainBytes),
      records: Uint32Array.from(this.#records),
      hasHoles: holes !== undefined,
    };
    this.#put(encodeTables(tables));
    this.#flush();
    this.#close();
    const lines = sum(this.#records);
    const records = holes?.records ?? lines;
    return {
      records,
      holes: records - lines,
      frames: this.#records.length,
      plainBytes: sum(this.#plainBytes),
      storedBytes: this.#written,
      sha256: this.#hash.digest('hex'),
    };
  }

  /** Closes and removes the file; for a span that failed. Harmless after `finish`, which it undoes. */
  abort(): void {
    this.#close();
    try {
      unlinkSync(this.path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw ioError(cause, 'remove', this.path);
    }
  }

  #put(bytes: Uint8Array): void {
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) this.#flush();
    if (bytes.byteLength > BUFFER_BYTES) {
      this.#write(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.byteLength;
    }
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    this.#write(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #write(bytes: Uint8Array): void {
    failpoint('shard.write');
    writeFully(this.fd, bytes, this.path);
    this.#hash.update(bytes);
    this.#written += bytes.byteLength;
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.fd);
    } catch (cause) {
      // NFS and quotas report a failed write only here.
      throw ioError(cause, 'close', this.path);
    }
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
