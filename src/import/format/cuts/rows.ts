// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Cuts CSV and TSV between rows. Each part gets the header, and the line that it begins on. The header itself is read by the
// converter, which also says what is wrong with it.

import { Pending } from '../../codec/cuts/pending.js';
import type { ConverterFacts, ConverterStart } from '../converter.js';
import { CsvConverter, SEPARATORS } from '../csv.js';
import { INPUT_BYTES } from '../simd/converters.js';
import { RowEnds } from '../simd/row-ends.js';
import type { FormatCutter, FormatPart } from './part.js';

/** Bytes of text around a name in each row: `,"name":""`. */
const NAME_BYTES = 6;

export class RowCutter implements FormatCutter {
  readonly #pending = new Pending();
  readonly #recordBytesMax: number;
  readonly #textBytes: number;
  readonly #ends: RowEnds;
  /** Reads the header. */
  readonly #first: CsvConverter;
  #afterHeader: Required<Pick<ConverterStart, 'offset' | 'line' | 'header'>> | undefined;
  /** Bytes of text in a row that come from the header. */
  #rowBytes = 0;
  #stepBytes = INPUT_BYTES;
  /** Offset up to which the ends of rows are known; the last one of them, and the line after it. */
  #scanned = 0;
  #end = 0;
  #line = 1;
  /** The line that the pending bytes begin on. */
  #lineFrom = 1;
  /** Newlines since the end of the last row. */
  #newlines = 0;

  constructor(facts: ConverterFacts, format: 'csv' | 'tsv', textBytes: number) {
    this.#first = new CsvConverter(facts, format);
    this.#ends = new RowEnds(SEPARATORS[format]);
    this.#recordBytesMax = facts.recordBytesMax;
    this.#textBytes = textBytes;
  }

  *push(piece: Uint8Array): Generator<FormatPart, void> {
    const pending = this.#pending;
    pending.add(piece);
    if (this.#afterHeader === undefined && !this.#takeHeader(piece)) return;
    while (this.#scanned < pending.to) {
      this.#scan();
      if (this.#end === pending.from) continue;
      const text = this.#end - pending.from + this.#rowBytes * (this.#line - this.#lineFrom);
      if (text >= this.#textBytes) yield this.#part(this.#end, false);
    }
    // The converter says which row is too large.
    if (pending.to - this.#end > this.#recordBytesMax) yield this.#part(pending.to, true);
  }

  *end(): Generator<FormatPart, void> {
    if (this.#pending.byteLength > 0) yield this.#part(this.#pending.to, false);
  }

  /** Looks for the header. @returns whether it has come */
  #takeHeader(piece: Uint8Array): boolean {
    this.#first.push(piece, () => {});
    const { afterHeader } = this.#first;
    if (afterHeader === undefined) return false;
    this.#first.close();
    const { offset, line = 1, header = [] } = afterHeader;
    this.#afterHeader = { offset, line, header };
    this.#rowBytes = header.reduce((sum, name) => sum + name.byteLength + NAME_BYTES, 0);
    // A row has at least a byte for each cell.
    const share = header.length / (header.length + this.#rowBytes);
    this.#stepBytes = Math.max(1, Math.min(INPUT_BYTES, Math.floor(this.#textBytes * share)));
    [this.#scanned, this.#end, this.#line] = [offset, offset, line];
    return true;
  }

  #scan(): void {
    const to = Math.min(this.#pending.to, this.#scanned + this.#stepBytes);
    const { end, newlinesBefore, newlines } = this.#ends.find(this.#pending.slice(this.#scanned, to));
    if (end > 0) {
      this.#end = this.#scanned + end;
      this.#line += this.#newlines + newlinesBefore;
      this.#newlines = newlines - newlinesBefore;
    } else this.#newlines += newlines;
    this.#scanned = to;
  }

  #part(to: number, isBeginning: boolean): FormatPart {
    const { from } = this.#pending;
    const bytes = new Uint8Array(this.#pending.slice(from, to));
    const start = this.#afterHeader && from > 0 && { ...this.#afterHeader, offset: from, line: this.#lineFrom };
    this.#pending.dropBefore(to);
    this.#lineFrom = this.#line;
    return { bytes, from, to, isGuess: false, isBeginning, ...(start && { start }) };
  }
}
