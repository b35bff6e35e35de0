// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The bytes of a file of documents (document-scan.ts): where the next document begins, and up to where a document can reach.
// The file is read a piece at a time. Of the piece at hand any part can be looked at again, so that many small documents are
// not many reads.

import { WINDOW_BYTES_DEFAULT } from '../../base/limits.js';
import { NEWLINE, skipBlanks } from '../../kernel/plain/bytes.js';
import { endOfBadValue } from '../../kernel/plain/resync.js';
import { STRICT } from '../../kernel/plain/syntax.js';
import { UTF8_MARK } from '../source/detect.js';
import type { Container } from '../source/document.js';
import type { DocumentLayout } from '../source/layout.js';
import type { Source } from '../source/source.js';
import type { Documents } from '../tasks/span.js';

/** Bytes in which the end of a bad document is looked for first. */
const RESYNC_BYTES = 64 * 1024;

/** Which documents are read, and how. */
export interface DocumentsToRead extends Documents {
  /** The layout of the records in each document. */
  readonly recordLayout: Container['layout'];
  /** The scan ends at the first document that begins at or after this offset. */
  readonly stop: number;
  /** Whether the file is one of many of its span. */
  readonly isOneOfMany: boolean;
  /** Whether a fault of a document that is alone in its file is one of the import: so it is if the file is a source itself. */
  readonly isStrict: boolean;
  /** The name that records are given, with a number after it. */
  readonly name?: string | undefined;
  /** Called with the offset up to which the kernel has been given bytes. */
  readonly onFill?: (offset: number) => void;
}

export class DocumentBytes {
  /** How documents follow one another; undefined while only one is known. */
  layout: DocumentLayout | undefined;
  readonly #file: Source;
  #next: number;
  #hasEnded = false;
  #piece: Uint8Array = new Uint8Array();
  #pieceFrom = 0;
  #end: number;

  constructor(file: Source, from: number, layout: DocumentLayout | undefined) {
    this.#file = file;
    this.layout = layout;
    this.#next = from;
    this.#end = file.end;
  }

  /** Where the next document is looked for. */
  get next(): number {
    return this.#next;
  }

  /** Whether the file has no more documents. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Where the document at hand ends at the latest, as far as is known: with its line, or with the file. */
  get end(): number {
    return this.#end;
  }

  /**
   * Bytes of the document at hand from this offset on, at most up to the end of its line; none where it ends. They are valid
   * until the next call. @throws as Source.read
   */
  at(offset: number, max?: number): Uint8Array {
    const bytes = this.#pieceAt(offset).subarray(0, max);
    const newline = this.layout === 'ndjson' ? bytes.indexOf(NEWLINE) : -1;
    if (newline === -1) return bytes;
    this.#end = offset + newline;
    return bytes.subarray(0, newline);
  }

  /**
   * Where the next document begins. Undefined if the file has no more, or if it is not one of the span: then `next` is where
   * the next span begins, which may have guessed it (guess.ts).
   */
  begin(stop: number): number | undefined {
    this.#end = this.#file.end;
    if (this.#next === 0) this.#skipMark();
    return this.layout === 'ndjson' ? this.#beginLine(stop) : this.#beginValue(stop);
  }

  #beginLine(stop: number): number | undefined {
    for (let at = this.#next; at > this.#next || at < stop; ) {
      const bytes = this.#pieceAt(at);
      const blanks = skipBlanks(bytes, 0, bytes.byteLength);
      const newline = bytes.subarray(0, blanks).indexOf(NEWLINE);
      if (newline === -1 && blanks < bytes.byteLength) return at + blanks;
      if (bytes.byteLength === 0) return this.#ended(at);
      at += newline === -1 ? blanks : newline + 1;
      if (newline !== -1) this.#next = at;
    }
    return undefined;
  }

  #beginValue(stop: number): number | undefined {
    for (;;) {
      const bytes = this.#pieceAt(this.#next);
      if (bytes.byteLength === 0) return this.#ended(this.#next);
      const blanks = skipBlanks(bytes, 0, bytes.byteLength);
      this.#next += blanks;
      if (blanks < bytes.byteLength) return this.#next < stop ? this.#next : undefined;
    }
  }

  #skipMark(): void {
    const bytes = this.#pieceAt(0);
    if (UTF8_MARK.every((byte, i) => bytes[i] === byte)) this.#next = UTF8_MARK.length;
  }

  #ended(at: number): undefined {
    this.#next = at;
    this.#hasEnded = true;
  }

  /** A document has been read up to this offset: that is the end of its line, where it is a line. */
  leave(end: number): void {
    this.#next = this.layout === 'ndjson' ? Math.min(end + 1, this.#file.end) : end;
  }

  /** The offset of the first byte from `from` on that is not white space, in the same line. Undefined if there is none. */
  behind(from: number): number | undefined {
    for (let at = from; ; ) {
      const bytes = this.at(at);
      const blanks = skipBlanks(bytes, 0, bytes.byteLength);
      at += blanks;
      if (blanks < bytes.byteLength) return at;
      if (blanks === 0) return undefined;
    }
  }

  /**
   * Where a document with a fault ends: with its line, or where its brackets are closed.
   * @param start its first byte @param from it ends there at the earliest
   * @returns undefined if that is more than `bytesMax` after its start
   */
  endOfBad(start: number, from: number, bytesMax: number): number | undefined {
    if (this.layout === 'ndjson') {
      let at = from;
      for (let bytes = this.at(at); bytes.byteLength > 0; bytes = this.at(at)) at += bytes.byteLength;
      return at;
    }
    for (let wanted = RESYNC_BYTES; ; wanted *= 4) {
      const bytes = this.#file.bytesAt(start, start + Math.min(wanted, bytesMax + 1));
      const end = endOfBadValue(bytes, 0, STRICT);
      if (end !== -1) return Math.max(start + end, from);
      if (start + bytes.byteLength === this.#file.end) return start + bytes.byteLength;
      if (wanted > bytesMax) return undefined;
    }
  }

  #pieceAt(offset: number): Uint8Array {
    const isHere = offset >= this.#pieceFrom && offset < this.#pieceFrom + this.#piece.byteLength;
    if (!isHere) {
      this.#piece = this.#file.bytesAt(offset, offset + WINDOW_BYTES_DEFAULT);
      this.#pieceFrom = offset;
    }
    return this.#piece.subarray(offset - this.#pieceFrom);
  }
}
