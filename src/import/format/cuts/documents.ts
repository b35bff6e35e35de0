// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Cuts a BSON dump between documents: each begins with its length.

import { Pending } from '../../codec/cuts/pending.js';
import { DOCUMENT_BYTES_MIN } from '../bson.js';
import type { ConverterFacts } from '../converter.js';
import type { FormatCutter, FormatPart } from './part.js';

export class DocumentCutter implements FormatCutter {
  readonly #pending = new Pending();
  readonly #documentBytesMax: number;
  readonly #partBytes: number;
  /** Offset of the next document to look at, and how many come before it. */
  #next = 0;
  #documents = 0;
  /** How many come before the bytes that are pending. */
  #before = 0;

  constructor({ recordBytesMax }: ConverterFacts, partBytes: number) {
    this.#documentBytesMax = recordBytesMax;
    this.#partBytes = partBytes;
  }

  *push(piece: Uint8Array): Generator<FormatPart, void> {
    const pending = this.#pending;
    pending.add(piece);
    while (this.#next + 4 <= pending.to) {
      const at = this.#next - pending.from;
      const size = pending.bytes.readInt32LE(at);
      const isWhole = this.#next + size <= pending.to;
      const isSound = size >= DOCUMENT_BYTES_MIN && size <= this.#documentBytesMax;
      // The converter says what is wrong.
      if (!isSound || (isWhole && pending.bytes[at + size - 1] !== 0)) return yield this.#part(pending.to, true);
      if (!isWhole) return;
      this.#next += size;
      this.#documents++;
      if (this.#next - pending.from >= this.#partBytes) yield this.#part(this.#next, false);
    }
  }

  *end(): Generator<FormatPart, void> {
    if (this.#pending.byteLength > 0) yield this.#part(this.#pending.to, false);
  }

  #part(to: number, isBeginning: boolean): FormatPart {
    const { from } = this.#pending;
    const bytes = new Uint8Array(this.#pending.slice(from, to));
    const start = { offset: from, documents: this.#before };
    this.#pending.dropBefore(to);
    this.#before = this.#documents;
    return { bytes, from, to, isGuess: false, isBeginning, start };
  }
}
