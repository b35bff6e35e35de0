// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A compressed or converted file as a source that can be read at any offset: a small one, or one of a folder. It is decoded
// once to its end, which tells its length and that it is whole. A short text is kept; a longer one is decoded again as it is read, from
// the beginning if it has to go back.

import { type Decoder, SLICE_BYTES } from '../codec/codec.js';
import type { Coding } from '../format/coding.js';
import type { EntryPlace, Fingerprint, Source } from '../source/source.js';

/** Text that is kept, at most. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class DecodedFile implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly end: number;
  readonly coding: Coding | undefined;
  readonly entry: EntryPlace | undefined;
  readonly #file: Source;
  readonly #open: () => Decoder;
  /** Whether all of the text is in `#pieces`. */
  readonly isKept: boolean;
  /** Text that has been decoded and not been passed; it begins at `#from`. */
  #pieces: Uint8Array[] = [];
  #from = 0;
  #decoded = 0;
  /** Offset in the file of the next byte to decode. */
  #at = 0;
  #decoder: Decoder;

  /**
   * @param file is closed with it. @param open makes a decoder of it. @param coding what is said of the source
   * @throws DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_EXPANDS, SOURCE_BAD_HEADER; as Source.read
   */
  constructor(file: Source, open: () => Decoder, coding?: Coding) {
    this.path = file.path;
    this.fingerprint = file.fingerprint;
    this.coding = coding;
    this.entry = file.entry;
    this.#file = file;
    this.#open = open;
    this.#decoder = this.#open();
    try {
      while (this.#more()) if (this.#decoded > KEPT_BYTES_MAX) this.#drop();
    } catch (error) {
      this.#decoder.close();
      throw error;
    }
    this.end = this.#decoded;
    this.isKept = this.#from === 0;
    if (!this.isKept) this.#restart();
  }

  get available(): number {
    return this.end;
  }

  upTo(): undefined {}

  discardBefore(): void {}

  read(target: Uint8Array, offset: number): void {
    if (offset < this.#from) this.#restart();
    while (this.#decoded < offset + target.byteLength && this.#more()) if (!this.isKept) this.#dropBefore(offset);
    let at = this.#from;
    for (const piece of this.#pieces) {
      const from = Math.max(offset, at);
      const to = Math.min(offset + target.byteLength, at + piece.byteLength);
      if (from < to) target.set(piece.subarray(from - at, to - at), from - offset);
      at += piece.byteLength;
    }
  }

  bytesAt(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(to, this.end) - from));
    this.read(bytes, from);
    return bytes;
  }

  close(): void {
    this.#decoder.close();
    this.#file.close();
  }

  /** Decodes the next bytes. @returns false at the end */
  #more(): boolean {
    const { end } = this.#file;
    if (this.#at > end) return false;
    if (this.#at === end) this.#decoder.end(this.#take);
    else this.#decoder.push(this.#file.bytesAt(this.#at, this.#at + SLICE_BYTES), this.#take);
    this.#at = this.#at === end ? end + 1 : Math.min(end, this.#at + SLICE_BYTES);
    return true;
  }

  readonly #take = (plain: Uint8Array): void => {
    this.#pieces.push(new Uint8Array(plain));
    this.#decoded += plain.byteLength;
  };

  #restart(): void {
    this.#decoder.close();
    this.#decoder = this.#open();
    this.#drop();
    [this.#from, this.#decoded, this.#at] = [0, 0, 0];
  }

  #drop(): void {
    this.#pieces = [];
    this.#from = this.#decoded;
  }

  #dropBefore(offset: number): void {
    while (this.#pieces.length > 0 && this.#from + this.#pieces[0]!.byteLength <= offset) {
      this.#from += this.#pieces.shift()!.byteLength;
    }
  }
}
