// location > frame cache > [frame] > record
//
// Reads one shard, in a file of its own or in a joined one (joined.ts); write.ts is its twin and format.ts draws the file.
// Offsets are those of the file. Opening reads the two tables at the shard's end; then frame i is one `pread` and one
// decompression, synchronously or with the read off the main thread.
//
// Nothing is returned unverified: the tables carry a checksum and must add up to the file's length, a frame must hold
// exactly the bytes the table says and pass zstd's checksum, and its newlines must be as many as its records.

import { GristmillError } from '../../base/errors.js';
import { type FrameDecoder, newBuffer, type Room } from '../codec/frame-codec.js';
import type { BlobReader, Blobs, Region } from '../files/blobs.js';
import type { SealKeys } from '../seal/types.js';
import { decoderOf, type SealedShard } from '../sealed/frames.js';
import type { ShardEntry } from '../types.js';
import { damaged, Section } from './format.js';
import { Holes } from './holes.js';
import {
  checkFacts,
  openSections,
  readFully,
  readSeal,
  readSections,
  readTables,
  type ShardFacts,
  truncated,
} from './tables.js';

/** The catalog's facts about a shard. If given, they are compared with the file. */
type ShardExpectation = ShardFacts & Partial<Pick<ShardEntry, 'at' | 'shard'>>;

/** A frame as the tables describe it. */
export interface FrameSpan {
  readonly index: number;
  /** Where it begins in the file. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly records: number;
}

/** Sequential reads ask for this much at once. */
const READ_AHEAD_BYTES = 1 << 20;

/** Compressed bytes for synchronous reads; one is enough, since nothing else runs meanwhile. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

export class ShardReader {
  readonly path: string;
  readonly frames: number;
  /** Ordinals it spans, holes included. */
  readonly records: number;
  /** Records that have no line in this file; undefined when all have. */
  readonly holes: Holes | undefined;
  /** The shape of its records (store/shape-types.ts). */
  readonly shape: number;
  readonly #file: BlobReader;
  /** What decodes its frames. */
  readonly codec: FrameDecoder;
  /** What another thread needs to decode them; undefined in a plain store. */
  readonly sealed: SealedShard | undefined;
  readonly #plainBytes: Uint32Array;
  /** Element i: where frame i begins in the file, its first line; one element more than frames. */
  readonly #offsets: Float64Array;
  readonly #firstLines: Uint32Array;
  /** Where the tables begin, and the sections end. */
  readonly tablesAt: number;
  /** Where the shard begins in its file, and where its tables end. */
  readonly #begin: number;
  readonly #end: number;
  #pending = 0;
  #closing = false;

  private constructor(
    path: string,
    file: BlobReader,
    seal: SealKeys | undefined,
    { at: begin, bytes: size }: Region,
    expected: ShardExpectation | undefined,
  ) {
    this.path = path;
    this.#file = file;
    this.#begin = begin;
    this.#end = begin + size;
    const tables = readTables(file, { begin, end: this.#end }, path, seal !== undefined);
    if (tables.isJoined) throw damaged(path, tables.tablesAt, 'these are the tables of a joined file, not of a shard');
    this.frames = tables.records.length;
    this.shape = tables.shape;
    this.#plainBytes = tables.plainBytes;
    this.tablesAt = tables.tablesAt;
    this.#offsets = new Float64Array(this.frames + 1);
    this.#firstLines = new Uint32Array(this.frames + 1);
    let plainBytes = 0;
    this.#offsets[0] = tables.framesBegin;
    for (let i = 0; i < this.frames; i++) {
      this.#offsets[i + 1] = this.#offsets[i]! + tables.storedBytes[i]!;
      this.#firstLines[i + 1] = this.#firstLines[i]! + tables.records[i]!;
      plainBytes += tables.plainBytes[i]!;
    }
    this.sealed = seal && readSeal(file, seal, { begin, end: this.#end }, tables, path, expected?.shard);
    this.codec = decoderOf(this.sealed);
    const lines = this.#firstLines[this.frames]!;
    this.holes = tables.hasHoles ? this.#readHoles(lines) : undefined;
    this.records = this.holes?.records ?? lines;
    const { records, frames, shape } = this;
    const found = { records, holes: records - lines, frames, plainBytes, storedBytes: size, shape };
    if (expected !== undefined) checkFacts(path, begin, found, expected);
  }

  /**
   * @param region the part of the file that is the shard; by default what `expected` says, or else all of it
   * @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW, IO_ERROR (cause ENOENT when there is no such file).
   */
  static open(
    blobs: Pick<Blobs, 'open' | 'seal'>,
    path: string,
    expected?: ShardExpectation,
    region = regionOf(expected),
  ): ShardReader {
    const file = blobs.open(path, 'shard');
    try {
      return new ShardReader(path, file, blobs.seal, region ?? { at: 0, bytes: file.size }, expected);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The line number of a record, from 0. @throws GristmillError CHECKSUM_MISMATCH if there is none */
  lineOf(ordinal: number): number {
    if (!(ordinal >= 0 && ordinal < this.records) || this.holes?.has(ordinal)) {
      const message = `shard ${this.path} has ${this.records} records, but none with ordinal ${ordinal}`;
      throw new GristmillError('CHECKSUM_MISMATCH', message, { file: this.path, offset: 0 });
    }
    return this.holes === undefined ? ordinal : this.holes.lineOf(ordinal);
  }

  /** The frame that holds this line. */
  frameOf(line: number): number {
    const first = this.#firstLines;
    let low = 0;
    let high = this.frames - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (first[middle]! <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first line of frame `index`; for `index` = frames the number of lines. */
  firstLine(index: number): number {
    return this.#firstLines[index]!;
  }

  /** Where frame `index` begins in the file; for `index` = frames where the frames end. */
  offsetOf(index: number): number {
    return this.#offsets[index]!;
  }

  linesOf(index: number): number {
    return this.#firstLines[index + 1]! - this.#firstLines[index]!;
  }

  /** The sections behind the frames, by their magic number. */
  sections(): ReadonlyMap<number, Buffer> {
    if (this.#closing) throw this.#closed();
    const bytes = readSections(this.#file, this.offsetOf(this.frames), this.tablesAt, this.path);
    return openSections(bytes, this.offsetOf(this.frames), this.path, this.sealed);
  }

  plainBytesOf(index: number): number {
    return this.#plainBytes[index]!;
  }

  /** The facts that another thread needs to read frame `index`. */
  spanOf(index: number): FrameSpan {
    const offset = this.#offsets[index]!;
    const storedBytes = this.#offsets[index + 1]! - offset;
    return { index, offset, storedBytes, plainBytes: this.#plainBytes[index]!, records: this.linesOf(index) };
  }

  /** Keeps the file open while `use`, who may read from it in another thread, is not done. */
  async lend<T>(use: (descriptor: number | undefined) => Promise<T>): Promise<T> {
    if (this.#closing) throw this.#closed();
    this.#pending++;
    try {
      return await use(this.#file.descriptor);
    } finally {
      this.#settle();
    }
  }

  /** The text of frame `index`. @param room what it is put in; by default a buffer of its own */
  readFrameSync(index: number, room = newBuffer): Buffer {
    return this.decode(index, this.storedFramesSync(index, index + 1), room);
  }

  /** The same, with the read off the main thread; decompression (tens of microseconds) stays on it. */
  async readFrame(index: number, room = newBuffer): Promise<Buffer> {
    return this.decode(index, await this.storedFrames(index, index + 1), room);
  }

  /** All frames in order; the file is read a megabyte at a time. */
  async *readFrames(first = 0) {
    for (let index = first; index < this.frames; ) {
      let end = index + 1;
      while (end < this.frames && this.#offsets[end + 1]! - this.#offsets[index]! <= READ_AHEAD_BYTES) end++;
      const start = this.#offsets[index]!;
      const chunk = await this.storedFrames(index, end);
      for (; index < end; index++) {
        const frame = chunk.subarray(this.#offsets[index]! - start, this.#offsets[index + 1]! - start);
        yield { index, plain: this.decode(index, frame, newBuffer), stored: frame };
      }
    }
  }

  /** Frames `from` … `to` − 1 as they are in the file, valid until the next synchronous read in this thread. */
  storedFramesSync(from: number, to: number): Buffer {
    if (this.#closing) throw this.#closed();
    const bytes = this.#offsets[to]! - this.#offsets[from]!;
    if (scratch.byteLength < bytes) scratch = Buffer.allocUnsafeSlow(bytes);
    const frames = scratch.subarray(0, bytes);
    readFully(this.#file, frames, this.#offsets[from]!, this.path);
    return frames;
  }

  /** Frames `from` … `to` − 1 as they are in the file. */
  async storedFrames(from: number, to: number): Promise<Buffer> {
    const start = this.#offsets[from]!;
    const frames = Buffer.allocUnsafe(this.#offsets[to]! - start);
    await this.#readFullyAsync(frames, start);
    return frames;
  }

  /** All its bytes as they are in the file, tables too, a megabyte at a time. */
  async *bytes(): AsyncGenerator<Buffer> {
    for (let at = this.#begin; at < this.#end; at += READ_AHEAD_BYTES) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_AHEAD_BYTES, this.#end - at));
      await this.#readFullyAsync(chunk, at);
      yield chunk;
    }
  }

  /** Closes the file, after the reads under way. Idempotent. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#pending === 0) this.#file.close();
  }

  #readHoles(lines: number): Holes {
    const body = this.sections().get(Section.holes);
    const holes = body && Holes.decode(body);
    if (holes?.lines === lines) return holes;
    const message = `shard ${this.path} is damaged: its holes do not fit its ${lines} lines`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file: this.path, offset: this.#offsets[this.frames] });
  }

  /** The text of frame `index` from its bytes in the file. */
  decode(index: number, frame: Uint8Array, room: Room): Buffer {
    const offset = this.#offsets[index]!;
    const plain = this.codec.decode(room, frame, this.#plainBytes[index]!, this.path, offset, index);
    if (plain[plain.byteLength - 1] !== 10) {
      const message = `frame at byte ${offset} of ${this.path} does not end with a newline`;
      throw new GristmillError('CHECKSUM_MISMATCH', message, { file: this.path, offset });
    }
    return plain;
  }

  async #readFullyAsync(into: Buffer, offset: number): Promise<void> {
    if (this.#closing) throw this.#closed();
    this.#pending++;
    try {
      const done = await this.#file.read(into, offset);
      if (done < into.byteLength) throw truncated(this.path, offset + done);
    } finally {
      this.#settle();
    }
  }

  /** A read has ended. */
  #settle(): void {
    this.#pending--;
    if (this.#closing && this.#pending === 0) this.#file.close();
  }

  #closed(): GristmillError {
    return new GristmillError('STORE_CLOSED', `shard ${this.path} has been closed`, { file: this.path });
  }
}

/** The part of a joined file that a shard is; undefined for one that has a file to itself. */
export function regionOf(entry: Pick<ShardEntry, 'at' | 'storedBytes'> | undefined): Region | undefined {
  return entry?.at === undefined ? undefined : { at: entry.at, bytes: entry.storedBytes };
}
