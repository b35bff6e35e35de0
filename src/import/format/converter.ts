// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// What the converters have in common. A converter stands where a decoder stands, after the one that decompresses, and
// writes one JSON value for each record of the source, so that ordinals of records are those of the source. It keeps the
// bytes of a record whose end has not come. They are converted again when there are twice as many: so a record of any
// length takes linear time.

import { GristmillError } from '../../base/errors.js';
import type { Decoder } from '../codec/codec.js';
import { type MarkedRecord, markOf } from './bad-mark.js';
import { TextOutput } from './text-output.js';

/** What a converter is made with. */
export interface ConverterFacts {
  /** The path of the source, for errors. */
  readonly path: string;
  readonly recordBytesMax: number;
  /** Types of cells: option `types`. */
  readonly types?: string | undefined;
  /** Whether option `key` says where the keys are. */
  readonly isKeyed: boolean;
  /** Where it begins, if that is not the beginning of the source. */
  readonly start?: ConverterStart | undefined;
}

/** What has to be known to convert a part of a source, from the beginning of a record on. */
export interface ConverterStart {
  /** Offset in the source of its first byte. */
  readonly offset: number;
  /** Of rows: the line of the first one, from 1, and the cells of the header. */
  readonly line?: number;
  readonly header?: readonly Uint8Array[];
  /** Of documents: how many come before. */
  readonly documents?: number;
}

/** Text that collects before it is handed out. */
const TEXT_BYTES = 256 * 1024;

/** Where a tar archive says that it is one (POSIX and GNU). */
const TAR_MAGIC_AT = 257;
const TAR_MAGIC = Buffer.from('ustar');
const ZIP_MAGIC = Buffer.from('PK\u0003\u0004');

/** What it holds would be read as records. @throws GristmillError SOURCE_NOT_SUPPORTED */
function refuseArchive(path: string, head: Uint8Array): void {
  const has = (magic: Buffer, at: number) => magic.equals(head.subarray(at, at + magic.byteLength));
  const kind = has(TAR_MAGIC, TAR_MAGIC_AT) ? 'tar' : has(ZIP_MAGIC, 0) ? 'zip' : undefined;
  if (kind === undefined) return;
  const message = `${path} is a ${kind} archive, and its name or option format says that it is one file of another format. Leave option format out, or rename the file: entries of an archive that are named .csv, .tsv or .bson have that format`;
  throw new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: path, offset: 0 });
}

export abstract class Converter implements Decoder {
  protected readonly path: string;
  protected readonly text = new TextOutput();
  /** Offset in the source of the first byte that `convert` is given. */
  protected offset = 0;
  readonly #recordBytesMax: number;
  /** The bytes of a record whose end has not come. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  /** Fewer bytes than these are not worth another attempt. */
  #wanted = 0;
  #out: (plain: Uint8Array) => void = () => {};

  constructor({ path, recordBytesMax, start }: ConverterFacts) {
    this.path = path;
    this.#recordBytesMax = recordBytesMax;
    this.offset = start?.offset ?? 0;
  }

  /**
   * Writes the records that end in `bytes` to `text`.
   * @param isEnd whether the source ends with them
   * @returns how many bytes are done with; all of them at the end
   */
  protected abstract convert(bytes: Uint8Array, isEnd: boolean): number;

  /** "a row begins on line 7" */
  protected abstract recordBegins(): string;

  push(input: Uint8Array, out: (plain: Uint8Array) => void): void {
    const bytes = this.#heldBytes === 0 ? input : this.#append(input);
    if (bytes.byteLength >= this.#wanted) this.#take(bytes, false, out);
  }

  end(out: (plain: Uint8Array) => void): void {
    this.#take(this.#held.subarray(0, this.#heldBytes), true, out);
  }

  close(): void {
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
  }

  /** Hands out the text, if there is much. Called between records: what has been handed out cannot be taken back. */
  protected relieve(): void {
    if (this.text.length >= TEXT_BYTES) this.#handOut();
  }

  #handOut(): void {
    if (this.text.length > 0) this.#out(this.text.written);
    this.text.length = 0;
  }

  /** The mark of a bad record. */
  protected mark(bad: MarkedRecord): void {
    this.text.utf8(markOf(bad));
  }

  #take(bytes: Uint8Array, isEnd: boolean, out: (plain: Uint8Array) => void): void {
    if (this.offset === 0) refuseArchive(this.path, bytes);
    this.text.length = 0;
    this.#out = out;
    const used = this.convert(bytes, isEnd);
    this.offset += used;
    this.#handOut();
    this.#hold(bytes, used);
    if (this.#heldBytes > this.#recordBytesMax) throw this.#tooLarge();
    this.#wanted = 2 * this.#heldBytes;
  }

  #append(input: Uint8Array): Uint8Array {
    const bytes = this.#heldBytes + input.byteLength;
    if (bytes > this.#held.byteLength) {
      const longer = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#held.byteLength));
      longer.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = longer;
    }
    this.#held.set(input, this.#heldBytes);
    this.#heldBytes = bytes;
    return this.#held.subarray(0, bytes);
  }

  #hold(bytes: Uint8Array, from: number): void {
    const left = bytes.byteLength - from;
    if (bytes.buffer === this.#held.buffer && bytes.byteOffset === this.#held.byteOffset) {
      this.#held.copyWithin(0, from, bytes.byteLength);
    } else {
      if (left > this.#held.byteLength) this.#held = Buffer.alloc(left);
      this.#held.set(bytes.subarray(from));
    }
    this.#heldBytes = left;
  }

  #tooLarge(): GristmillError {
    const message = `In ${this.path} ${this.recordBegins()}, at byte ${this.offset}, that is larger than ${this.#recordBytesMax} bytes. If it is really that large, raise option recordBytesMax. Otherwise a quote is missing there, or the source is damaged.`;
    return new GristmillError('RECORD_TOO_LARGE', message, { file: this.path, offset: this.offset });
  }
}
