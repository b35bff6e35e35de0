// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A BSON dump, as mongodump writes it: documents one after another, each with its length before it. Each becomes a line of
// Extended JSON (bson-values.ts). A document whose inside is damaged is a bad record, if its length is sound: then it ends
// with a zero, and the next one begins there. Otherwise nobody knows where the next one begins.

import { GristmillError } from '../../base/errors.js';
import { NEWLINE } from '../../kernel/plain/bytes.js';
import { BadBson, BsonText } from './bson-values.js';
import { Converter, type ConverterFacts } from './converter.js';
import { DocumentKernel } from './simd/document-kernel.js';

/** Of an empty document: its length, and the zero at its end. */
export const DOCUMENT_BYTES_MIN = 5;

export class BsonConverter extends Converter {
  readonly #values = new BsonText(this.text);
  readonly #kernel = new DocumentKernel();
  readonly #documentBytesMax: number;
  #documents: number;

  constructor(facts: ConverterFacts) {
    super(facts);
    this.#documentBytesMax = facts.recordBytesMax;
    this.#documents = facts.start?.documents ?? 0;
  }

  protected override recordBegins(): string {
    return `document ${this.#documents} begins`;
  }

  protected override convert(bytes: Uint8Array, isEnd: boolean): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + 4 <= bytes.byteLength) {
      const size = view.getInt32(at, true);
      if (size < DOCUMENT_BYTES_MIN || size > this.#documentBytesMax) throw this.#unsound(at, size);
      if (at + size > bytes.byteLength) break;
      if (bytes[at + size - 1] !== 0) throw this.#unsound(at, size);
      const next = this.#kernel.convert(bytes, at, size);
      this.text.raw(this.#kernel.text, 0);
      this.#documents += this.#kernel.documents;
      if (next === at) {
        this.#write(bytes.subarray(at, at + size), this.offset + at);
        this.#documents++;
      }
      at = next === at ? at + size : next;
      this.relieve();
    }
    if (isEnd && at < bytes.byteLength) throw this.#truncated(this.offset + at);
    return at;
  }

  #write(document: Uint8Array, offset: number): void {
    const written = this.text.length;
    try {
      this.#values.write(document);
    } catch (error) {
      if (!(error instanceof BadBson)) throw error;
      this.text.length = written;
      this.mark({ reason: 'BAD_BSON', why: `the document is damaged: ${error.message}`, offset, raw: document });
    }
    this.text.byte(NEWLINE);
  }

  #unsound(at: number, size: number): GristmillError {
    const offset = this.offset + at;
    const message = `${this.path} is damaged, or is not BSON: document ${this.#documents} at byte ${offset} has a length of ${size} bytes, which is not possible. Get the file again`;
    return new GristmillError('SOURCE_DAMAGED', message, { file: this.path, offset, record: this.#documents });
  }

  #truncated(offset: number): GristmillError {
    const message = `${this.path} ends inside document ${this.#documents}, which begins at byte ${offset}. Is the copy complete?`;
    return new GristmillError('SOURCE_TRUNCATED', message, { file: this.path, offset, record: this.#documents });
  }
}
