// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// CSV and TSV (RFC 4180) to lines of JSON: each row is an object, with the names of the header and the cells as strings.
// A row may lie across lines, because a cell in quotes may have newlines. A quote elsewhere than at the beginning of a
// cell is a character like any other. A row that has more or fewer cells than the header is a bad record.
//
// This is the specification, and reads the header and every row that the kernel leaves (simd/row-kernel.ts).

import { GristmillError } from '../../base/errors.js';
import { COMMA, NEWLINE, QUOTE } from '../../kernel/plain/bytes.js';
import { isBoolean, isNumber } from './cell-types.js';
import { Converter, type ConverterFacts, type ConverterStart } from './converter.js';
import { badHeader, type Column, columnsOf } from './header.js';
import { RowKernel } from './simd/row-kernel.js';

/** The byte between two cells. */
export const SEPARATORS = { csv: COMMA, tsv: '\t'.charCodeAt(0) } as const;
const RETURN = '\r'.charCodeAt(0);
const MARK = [0xef, 0xbb, 0xbf];

/** What a row came to, where it is not the offset of the end of a cell. */
const UNFINISHED = -1;
const OPEN_QUOTE = -2;
const AFTER_QUOTE = -3;

interface BadRow {
  readonly start: number;
  readonly end: number;
  /** Bytes of the text before the row. */
  readonly written: number;
  /** Whether something follows a closing quote. */
  readonly isBad: boolean;
}

export class CsvConverter extends Converter {
  readonly #separator: number;
  readonly #types: string | undefined;
  #columns: readonly Column[] | undefined;
  #kernel: RowKernel | undefined;
  #hasBegun = false;
  /** The line that the next row begins on. */
  #line = 1;
  /** Of the row at hand: its cells, its newlines, and where it ends if something follows a closing quote. */
  #cells = 0;
  #newlines = 0;
  #badRowEnd = 0;
  /** The cells of the header, while it is read. */
  #header: Uint8Array[] = [];
  #afterHeader: ConverterStart | undefined;

  constructor(facts: ConverterFacts, format: keyof typeof SEPARATORS) {
    super(facts);
    this.#separator = SEPARATORS[format];
    this.#types = facts.types;
    const { header, line = 1 } = facts.start ?? {};
    if (header === undefined) return;
    this.#hasBegun = true;
    this.#line = line;
    this.#header = [...header];
    this.#takeHeader(this.offset);
  }

  /** How to convert from the first row after the header on. Undefined while the header has not come. */
  get afterHeader(): ConverterStart | undefined {
    return this.#afterHeader;
  }

  protected override recordBegins(): string {
    return `a row begins on line ${this.#line}`;
  }

  protected override convert(bytes: Uint8Array, isEnd: boolean): number {
    let at = 0;
    if (!this.#hasBegun) {
      if (bytes.byteLength < MARK.length && !isEnd) return 0;
      this.#hasBegun = true;
      this.#refuseWide(bytes);
      if (MARK.every((byte, i) => bytes[i] === byte)) at = MARK.length;
    }
    while (at < bytes.byteLength) {
      if (this.#kernel !== undefined) {
        at = this.#convertSimple(this.#kernel, bytes, at);
        if (at === bytes.byteLength) break;
      }
      const written = this.text.length;
      const found = this.#readRow(bytes, at, isEnd);
      if (found === UNFINISHED) {
        this.text.length = written;
        return at;
      }
      if (found === OPEN_QUOTE) throw this.#openQuote(at);
      const isBad = found === AFTER_QUOTE;
      const end = isBad ? this.#badRowEnd : found;
      const isHeader = this.#columns === undefined;
      if (isHeader && isBad) {
        throw badHeader(
          this.path,
          'a name that continues after its closing quote. Write a quote in a quoted name twice',
        );
      }
      if (!isHeader && !isBad && this.#cells === this.#columns?.length) this.text.ascii('}\n');
      else if (!isHeader) this.#refuseRow(bytes, { start: at, end, written, isBad });
      this.#line += this.#newlines;
      at = end;
      if (isHeader) this.#takeHeader(this.offset + at);
      this.relieve();
    }
    return at;
  }

  /** Converts the rows that the kernel takes. @returns where the first one begins that it leaves */
  #convertSimple(kernel: RowKernel, bytes: Uint8Array, from: number): number {
    let at = from;
    for (let next = kernel.convert(bytes, at); next > at; next = kernel.convert(bytes, at)) {
      this.text.raw(kernel.text, 0);
      this.#line += kernel.newlines;
      at = next;
      this.relieve();
      if (at === bytes.byteLength) break;
    }
    return at;
  }

  /** Writes cells to the end of the row. @returns where the next row begins; or why there is none */
  #readRow(bytes: Uint8Array, start: number, isEnd: boolean): number {
    this.#cells = 0;
    this.#newlines = 1;
    for (let at = start; ; at++) {
      const isQuoted = bytes[at] === QUOTE;
      const end = isQuoted ? this.#quotedCell(bytes, at, isEnd) : this.#bareCell(bytes, at, isEnd);
      if (end < 0) return end;
      if (bytes[end] !== this.#separator) return Math.min(end + 1, bytes.byteLength);
      at = end;
    }
  }

  /** @returns where it ends: the offset of a separator, a newline, or the end of the source */
  #bareCell(bytes: Uint8Array, from: number, isEnd: boolean): number {
    let end = from;
    while (end < bytes.byteLength && bytes[end] !== this.#separator && bytes[end] !== NEWLINE) end++;
    if (end === bytes.byteLength && !isEnd) return UNFINISHED;
    const hasReturn = bytes[end] !== this.#separator && end > from && bytes[end - 1] === RETURN;
    this.#cell(bytes, from, hasReturn ? end - 1 : end, false);
    return end;
  }

  /** @returns as `#bareCell` */
  #quotedCell(bytes: Uint8Array, from: number, isEnd: boolean): number {
    const { byteLength } = bytes;
    const closing = closingQuote(bytes, from);
    if (closing === -1) return isEnd ? OPEN_QUOTE : UNFINISHED;
    // What follows the last byte at hand decides what that byte means.
    if (closing + 2 >= byteLength && !isEnd) return UNFINISHED;
    this.#cell(bytes, from + 1, closing, true);
    for (let at = from + 1; at < closing; at++) if (bytes[at] === NEWLINE) this.#newlines++;
    let end = closing + 1;
    if (bytes[end] === RETURN && (end + 1 === byteLength || bytes[end + 1] === NEWLINE)) end++;
    if (end === byteLength || bytes[end] === this.#separator || bytes[end] === NEWLINE) return end;
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline === -1 && !isEnd) return UNFINISHED;
    this.#badRowEnd = newline === -1 ? byteLength : newline + 1;
    return AFTER_QUOTE;
  }

  /** Takes a cell. Doubled quotes in it are one. */
  #cell(bytes: Uint8Array, from: number, to: number, isQuoted: boolean): void {
    const columns = this.#columns;
    const number = this.#cells++;
    if (columns === undefined) {
      const cell = isQuoted ? undoubled(bytes, from, to) : bytes.subarray(from, to);
      if (number === 0) this.#header = [];
      // A copy: the bytes are not kept, and the slice of a Buffer is none.
      this.#header.push(new Uint8Array(cell));
      return;
    }
    const column = columns[number];
    if (column === undefined) return;
    const { text } = this;
    const { lead, type } = column;
    text.raw(lead, 0);
    if (type !== 'string' && (type !== 'auto' || !isQuoted)) {
      const isBare =
        (type !== 'boolean' && isNumber(bytes, from, to)) || (type !== 'number' && isBoolean(bytes, from, to));
      if (isBare) {
        text.raw(bytes, from, to);
        return;
      }
    }
    text.byte(QUOTE);
    let at = from;
    if (isQuoted) {
      for (let quote = at; quote < to; quote++) {
        if (bytes[quote] !== QUOTE) continue;
        text.inString(bytes, at, quote + 1);
        at = ++quote + 1;
      }
    }
    text.inString(bytes, at, to);
    text.byte(QUOTE);
  }

  /** @param offset where the rows after the header begin */
  #takeHeader(offset: number): void {
    this.#columns = columnsOf(this.path, this.#header, this.#types);
    this.#kernel = RowKernel.of(this.#columns, this.#separator);
    this.#afterHeader = { offset, line: this.#line, header: this.#header };
  }

  /** Makes a mark of a row that does not fit its header. @param row where it is, and the bytes of the text before it */
  #refuseRow(bytes: Uint8Array, { start, end, written, isBad }: BadRow): void {
    this.text.length = written;
    const raw = withoutLineEnd(bytes.subarray(start, end));
    // An empty line is a row only where a row is one cell.
    if (raw.byteLength === 0) return;
    const why = isBad
      ? `cell ${this.#cells} of the row continues after its closing quote (write a quote in a quoted cell twice)`
      : `the row has ${cellsOf(this.#cells)}, but the header has ${cellsOf(this.#columns?.length ?? 0)}`;
    this.mark({ reason: 'BAD_ROW', why, offset: this.offset + start, line: this.#line, raw });
    this.text.byte(NEWLINE);
  }

  #refuseWide([first, second]: Uint8Array): void {
    const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    if (!isMarked && first !== 0 && second !== 0) return;
    const message = `${this.path} looks like UTF-16 or UTF-32. Convert it to UTF-8 first, e.g. iconv -f UTF-16 -t UTF-8.`;
    throw new GristmillError('SOURCE_UTF16', message, { file: this.path, offset: 0 });
  }

  #openQuote(start: number): GristmillError {
    const offset = this.offset + start;
    const message = `${this.path} ends inside a quoted cell of the row that begins on line ${this.#line}, at byte ${offset}. Either the copy is not complete, or a closing quote is missing there.`;
    return new GristmillError('SOURCE_TRUNCATED', message, { file: this.path, offset, line: this.#line });
  }
}

/** Offset of the quote that closes the cell whose opening quote is here; -1 if the bytes end before. */
function closingQuote(bytes: Uint8Array, opening: number): number {
  for (let at = opening + 1; at < bytes.byteLength; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at;
    at++;
  }
  return -1;
}

function undoubled(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return Buffer.from(Buffer.from(bytes.subarray(from, to)).toString('latin1').replaceAll('""', '"'), 'latin1');
}

function withoutLineEnd(row: Uint8Array): Uint8Array {
  const end = row.at(-1) === NEWLINE ? row.byteLength - 1 : row.byteLength;
  return row.subarray(0, row[end - 1] === RETURN ? end - 1 : end);
}

function cellsOf(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}
