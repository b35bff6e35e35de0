// source > plan > map > scan > key > frame > [shard] > verify > merge > publish
//
// Writes one shard, synchronously, in a worker thread; read.ts is its twin and format.ts draws the file.
// Compressed frames collect in a buffer of a megabyte: a system call a frame would cost as much as compressing it.
// The SHA-256 grows with every buffer that leaves, so the file is never read again to hash it.
//
// In an encrypted store a frame waits, compressed, until the next one comes: the last one is sealed as the last.
//
// Durability is the coordinator's: it syncs the file and its directory before it publishes (Invariant 8).

import { createHash } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { FRAMES_PER_SHARD_MAX } from '../../base/limits.js';
import type { FrameEncoder } from '../codec/frame-codec.js';
import type { Blobs, BlobWriter } from '../files/blobs.js';
import { newShardKey, SEALED_FRAME_EXTRA, type ShardKey, sealFrame, sealSection, tagOf } from '../sealed/shard-key.js';
import { encodeSection, encodeTables, Section } from './format.js';
import type { Holes } from './holes.js';
import { encoderOf, PACKED, type Packing } from './packing.js';
import type { TableRow } from './tables.js';

const BUFFER_BYTES = 1 << 20;
/** The thread's buffer while no shard needs it: left to the garbage collector, there would be one for each of many shards. */
let spare: Buffer | undefined;
/** Sizes in the seek table are u32. */
const FRAME_BYTES_MAX = 0xffff_ffff;

const NOTHING = Buffer.alloc(0);

/** What a shard is written into. */
export type ShardFile = Pick<BlobWriter, 'append' | 'close'>;

/** The facts of a finished shard, for its catalog entry. */
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
  readonly #blobs: Blobs;
  /** Open until `finish` or `abort`. */
  readonly #file: ShardFile;
  readonly #encoder: FrameEncoder;
  readonly #hash = createHash('sha256');
  readonly #buffer = spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  readonly #storedBytes: number[] = [];
  readonly #plainBytes: number[] = [];
  readonly #records: number[] = [];
  /** Of an encrypted store: what seals the frames, and the frame that is not sealed yet. */
  readonly #key: ShardKey | undefined;
  #waiting: Uint8Array | undefined;
  /** Where it waits. */
  #held = NOTHING;

  private constructor(blobs: Blobs, path: string, file: ShardFile, encoder: FrameEncoder, shard: number | undefined) {
    this.path = path;
    this.#blobs = blobs;
    this.#file = file;
    this.#encoder = encoder;
    spare = undefined;
    if (blobs.seal === undefined) return;
    if (shard === undefined) throw new Error('a shard of an encrypted store is written without its number');
    const { key, head } = newShardKey(blobs.seal, shard);
    this.#key = key;
    this.#put(head);
  }

  /**
   * Creates the file, which must not exist.
   * @param how how frames are made, or the worker's own encoder to reuse its context.
   * @param shard the number of the shard; only an encrypted store needs it
   */
  static create(blobs: Blobs, path: string, how: FrameEncoder | Packing = PACKED, shard?: number): ShardWriter {
    const ready = 'encode' in how ? how : encoderOf(blobs.codec, how);
    return new ShardWriter(blobs, path, blobs.create(path, 'shard'), ready, shard);
  }

  /** Writes into a part of a file that others have opened. They close and remove it. */
  static within(blobs: Blobs, path: string, file: ShardFile, encoder: FrameEncoder, shard: number): ShardWriter {
    return new ShardWriter(blobs, path, file, encoder, shard);
  }

  /** The rows of its tables so far, one for each frame. */
  get rows(): readonly TableRow[] {
    return this.#records.map((records, i) => {
      return { storedBytes: this.#storedBytes[i]!, plainBytes: this.#plainBytes[i]!, records };
    });
  }

  /** Bytes given to the file so far, buffered ones included. */
  get storedBytes(): number {
    return this.#written + this.#buffered;
  }

  /** Appends one frame: `records` whole lines, each ended by a newline. `plain` may be reused afterwards. */
  append(plain: Uint8Array, records: number): void {
    if (records === 0) return;
    if (plain.byteLength > FRAME_BYTES_MAX) {
      throw new GristmillError(
        'RECORD_TOO_LARGE',
        `a frame of ${plain.byteLength} bytes is too large: the limit of the format is 4 GiB`,
      );
    }
    if (this.#records.length === FRAMES_PER_SHARD_MAX) {
      throw new Error(`a shard can have at most ${FRAMES_PER_SHARD_MAX} frames: use smaller spans (option spanBytes)`);
    }
    this.appendFrame(this.#encoder.encode(plain), plain.byteLength, records);
  }

  /** Appends a frame of zstd as it is. @param plainBytes the bytes of its text */
  appendFrame(frame: Uint8Array, plainBytes: number, records: number): void {
    this.#sealWaiting(false);
    this.#storedBytes.push(frame.byteLength + (this.#key === undefined ? 0 : SEALED_FRAME_EXTRA));
    this.#plainBytes.push(plainBytes);
    this.#records.push(records);
    if (this.#key === undefined) this.#put(frame);
    else this.#waiting = this.#copied(frame);
  }

  /**
   * Writes sections and tables and closes the file.
   * @param origin the facts that a rebuild of the index needs; stored as JSON, with the shape.
   * @param holes ordinals that were given no line.
   * @param shape of its records (store/shape-types.ts)
   */
  finish(origin?: object, holes?: Holes, shape = 0): ShardSummary {
    this.#sealWaiting(true);
    const sections: Uint8Array[] = [];
    if (holes !== undefined) sections.push(this.#section(Section.holes, holes.encode()));
    if (origin !== undefined)
      sections.push(this.#section(Section.origin, Buffer.from(JSON.stringify(withShape(origin, shape)))));
    const tables = {
      storedBytes: Uint32Array.from(this.#storedBytes),
      plainBytes: Uint32Array.from(this.#plainBytes),
      records: Uint32Array.from(this.#records),
      ...{ hasHoles: holes !== undefined, shape },
    };
    const encoded = encodeTables(tables, false, this.#key !== undefined);
    if (this.#key !== undefined) {
      const tag = tagOf(this.#key, Section.tag, [...sections, encoded]);
      sections.push(encodeSection(Section.tag, tag));
    }
    for (const bytes of [...sections, encoded]) this.#put(bytes);
    this.#flush();
    this.#file.close();
    spare = this.#buffer;
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
    this.#file.close();
    this.#blobs.remove(this.path);
  }

  #section(magic: number, body: Uint8Array): Buffer {
    return encodeSection(magic, this.#key === undefined ? body : sealSection(this.#key, magic, body));
  }

  /** Seals and writes the frame that waits. */
  #sealWaiting(isLast: boolean): void {
    if (this.#key === undefined || this.#waiting === undefined) return;
    const index = this.#records.length - 1;
    const bytes = this.#waiting.byteLength + SEALED_FRAME_EXTRA;
    const sealed = bytes > BUFFER_BYTES ? Buffer.allocUnsafeSlow(bytes) : this.#room(bytes);
    sealFrame(this.#key, index, isLast, this.#plainBytes[index]!, this.#waiting, sealed);
    if (bytes > BUFFER_BYTES) this.#put(sealed);
    else this.#buffered += bytes;
    this.#waiting = undefined;
  }

  /** The frame in memory that holds one frame at a time. */
  #copied(frame: Uint8Array): Uint8Array {
    if (frame.byteLength > this.#held.byteLength) this.#held = Buffer.allocUnsafeSlow(2 * frame.byteLength);
    this.#held.set(frame);
    return this.#held.subarray(0, frame.byteLength);
  }

  /** The place of the next bytes in the buffer, at most as many as it holds. */
  #room(bytes: number): Buffer {
    if (this.#buffered + bytes > BUFFER_BYTES) this.#flush();
    return this.#buffer.subarray(this.#buffered, this.#buffered + bytes);
  }

  #put(bytes: Uint8Array): void {
    if (bytes.byteLength > BUFFER_BYTES) {
      this.#flush();
      this.#write(bytes);
    } else {
      this.#room(bytes.byteLength).set(bytes);
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
    this.#file.append(bytes);
    this.#hash.update(bytes);
    this.#written += bytes.byteLength;
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The origin of a shard that is written in this shape. One that says nothing says nothing of it either. */
function withShape({ shape: _, ...origin }: { readonly shape?: number }, shape: number): object {
  return shape === 0 || Object.keys(origin).length === 0 ? origin : { ...origin, shape };
}
