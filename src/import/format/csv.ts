// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// CSV and TSV (RFC 4180) to lines of JSON: each row is an object, with the names of the header and the cells as strings.
// A row may lie across lines, because a cell in quotes may have newlines. A quote elsewhere than at the beginning of a
// cell is a character like any other. A row that has more or fewer cells than the header is a bad record.

import { GristmillError } from '../../base/errors.js';
import { CLOSE_OBJECT, COMMA, countNewlines, NEWLINE, QUOTE } from '../../kernel/plain/bytes.js';
import { isBoolean, isNumber } from './cell-types.js';
import { Converter, type ConverterFacts } from './converter.js';
import { badHeader, type Column, columnsOf } from './header.js';

const TAB = '\t'.charCodeAt(0);
const RETURN = '\r'.charCodeAt(0);
const MARK = [0xef, 0xbb, 0xbf];

/** What a row came to; `none`: it does not end in the bytes at hand. */
type Outcome = 'row' | 'none' | 'open quote' | 'after quote';

export class CsvConverter extends Converter {
  readonly #separator: number;
  readonly #types: string | undefined;
  #columns: readonly Column[] | undefined;
  #hasBegun = false;
  /** The line that the next row begins on. */
  #line = 1;
  /** Where the row at hand ends, with its newline; and its number of cells. */
  #rowEnd = 0;
  #cells = 0;
  /** The cells of the header, while it is read. */
  #header: Uint8Array[] = [];

  constructor(facts: ConverterFacts, separator: 'csv' | 'tsv') {
    super(facts);
    this.#separator = separator === 'tsv' ? TAB : COMMA;
    this.#types = facts.types;
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
      const written = this.text.length;
      const outcome = this.#readRow(bytes, at, isEnd);
      if (outcome === 'none') {
        this.text.length = written;
        return at;
      }
      if (outcome === 'open quote') throw this.#openQuote(at);
      if (this.#columns === undefined) this.#takeHeader(outcome);
      else this.#finishRow(bytes, at, written, outcome);
      this.#line += countNewlines(bytes.subarray(at, this.#rowEnd));
      at = this.#rowEnd;
    }
    return at;
  }

  /** Reads cells to the end of the row. */
  #readRow(bytes: Uint8Array, start: number, isEnd: boolean): Outcome {
    const separator = this.#separator;
    const { byteLength } = bytes;
    this.#cells = 0;
    for (let at = start; ; at++) {
      let end = at;
      if (bytes[at] === QUOTE && at < byteLength) {
        end = closingQuote(bytes, at);
        if (end === -1) return isEnd ? 'open quote' : 'none';
        if (end + 1 === byteLength && !isEnd) return 'none';
        this.#cell(bytes, at + 1, end, true);
        end++;
        if (bytes[end] === RETURN) {
          if (end + 1 === byteLength && !isEnd) return 'none';
          if (end + 1 === byteLength || bytes[end + 1] === NEWLINE) end++;
        }
        if (end < byteLength && bytes[end] !== separator && bytes[end] !== NEWLINE) {
          const newline = bytes.indexOf(NEWLINE, end);
          this.#rowEnd = newline === -1 ? byteLength : newline + 1;
          return newline === -1 && !isEnd ? 'none' : 'after quote';
        }
      } else {
        while (end < byteLength && bytes[end] !== separator && bytes[end] !== NEWLINE) end++;
        if (end === byteLength && !isEnd) return 'none';
        const isLast = end === byteLength || bytes[end] === NEWLINE;
        this.#cell(bytes, at, isLast && end > at && bytes[end - 1] === RETURN ? end - 1 : end, false);
      }
      if (end < byteLength && bytes[end] === separator) {
        at = end;
        continue;
      }
      this.#rowEnd = Math.min(end + 1, byteLength);
      return 'row';
    }
  }

  /** Takes a cell. Doubled quotes in it are one. */
  #cell(bytes: Uint8Array, from: number, to: number, isQuoted: boolean): void {
    const columns = this.#columns;
    const number = this.#cells++;
    if (columns === undefined) {
      const cell = isQuoted ? undoubled(bytes, from, to) : bytes.slice(from, to);
      if (number === 0) this.#header = [];
      this.#header.push(cell);
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
      if (isBare) return text.raw(bytes, from, to);
    }
    text.byte(QUOTE);
    let at = from;
    if (isQuoted) {
      for (let quote = bytes.indexOf(QUOTE, at); quote !== -1 && quote < to; quote = bytes.indexOf(QUOTE, at)) {
        text.inString(bytes, at, quote + 1);
        at = quote + 2;
      }
    }
    text.inString(bytes, at, to);
    text.byte(QUOTE);
  }

  #takeHeader(outcome: Outcome): void {
    if (outcome === 'after quote')
      throw badHeader(this.path, 'a name that goes on after its closing quote. A quote in a quoted name is doubled');
    this.#columns = columnsOf(this.path, this.#header, this.#types);
  }

  /** Ends a row; one that does not fit its header becomes a mark. @param written bytes of the text before it */
  #finishRow(bytes: Uint8Array, start: number, written: number, outcome: Outcome): void {
    const columns = this.#columns!;
    const { text } = this;
    if (outcome === 'row' && this.#cells === columns.length) {
      text.byte(CLOSE_OBJECT);
      text.byte(NEWLINE);
      return;
    }
    text.length = written;
    const raw = withoutLineEnd(bytes.subarray(start, this.#rowEnd));
    // An empty line is a row only where a row is one cell.
    if (raw.byteLength === 0) return;
    const why =
      outcome === 'after quote'
        ? `cell ${this.#cells} of the row goes on after its closing quote (a quote in a quoted cell is doubled)`
        : `the row has ${cellsOf(this.#cells)}, and the header ${cellsOf(columns.length)}`;
    this.mark({ reason: 'BAD_ROW', why, offset: this.offset + start, line: this.#line, raw });
    text.byte(NEWLINE);
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
  for (let at = bytes.indexOf(QUOTE, opening + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at;
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
