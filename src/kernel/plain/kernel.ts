// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The plain kernel: the readable twin of the WebAssembly one, and its specification. One record is read at a time, from
// a boundary, and everything about it is decided by these rules:
//
// Grammar    Accepted is exactly what is valid UTF-8 and `JSON.parse` accepts, down to `depthMax` (plain/grammar.ts,
//            plain/scalars.ts). A byte order mark is not the kernel's business.
// Dialect    Other spellings (syntax.ts) are accepted where the options say so, and become strict JSON. Comments before a
//            record are passed over by themselves, so the SIMD kernel can read what follows them.
// lines      White-space-only lines are skipped. A raw newline always ends the record, whatever is open; a bad one reaches to it.
// values     White space between values is optional: `{}{}`, `1 2`, `"a""b"`. Record separators (RFC 7464) count as white
//            space, but a record ends before one, and a number or literal after one is whole only if white space follows.
// array,     A comma or the container's closer must follow each record. An empty place (`[1,,2]`, `[,1]`, `[1,]`) is
// object     a bad record without bytes, at the comma or closer. A bad member begins at its name.
// Bad        A record with a fault in its syntax ends where plain/resync.ts says; one whose syntax is fine (a KEY_ reason,
//            TOO_MANY_KEYS) ends with its value.
// Size       A record's extent is counted from its first byte (of the name, for a member) to the byte that decides where it
//            ends: separator, closer, newline, or the end of the source. When it exceeds `recordBytesMax`, that is the only
//            thing said about the record, and nothing is read after it. So a prefix of a source that holds more than that of
//            an unfinished record is enough to decide.
// Precedence RECORD_TOO_LARGE, then syntax, then TOO_MANY_KEYS, then the primary key, then keys that cannot be encoded.
//
// `bytes` may be a prefix of the source. The answer never depends on how much of the source is there: it is that of the
// whole source, or 'more'.

import type { BadReasonName, BadRecord, ScannedRecord, ScanOptions, ScanResult } from '../contract.js';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  endsScalar,
  isBlank,
  NEWLINE,
  RECORD_SEPARATOR,
  skipBlanks,
} from './bytes.js';
import { captureKeys } from './capture.js';
import { checkMember, checkValue } from './grammar.js';
import { endOfBadElement, endOfBadText, endOfBadValue } from './resync.js';
import type { Syntax } from './syntax.js';
import { type Extent, strictly, syntaxOf } from './syntaxes.js';
import { lineOf } from './tokens.js';
import { cutShort, type Fault, fault, MORE, type View } from './view.js';

/** Nowhere: nothing can be read after this. */
export const NOWHERE = -1;

/** Where to read on: a boundary, and whether a comma stands before it (layouts `array` and `object`). */
interface Onward {
  readonly next: number;
  readonly afterComma: boolean;
}

/** A record and where it was; offsets in bytes from the start of the scanned buffer. */
export interface PlainRecord extends ScannedRecord {
  /** First byte of the value (not of the member name). */
  readonly start: number;
  /** One past the last byte of the value. */
  readonly end: number;
}

/** The outcome of a scan with the places of its records. */
export interface PlainResult extends ScanResult {
  readonly records: readonly PlainRecord[];
}

/** What stands at a boundary. */
export type RecordOutcome =
  | ({ readonly kind: 'record'; readonly record: PlainRecord } & Onward)
  /** `next` is NOWHERE for RECORD_TOO_LARGE, whose `end` is as far as the limit allows. */
  | ({ readonly kind: 'bad' } & Omit<BadRecord, 'record'> & Onward)
  /** Nothing but comments and separators. */
  | ({ readonly kind: 'skipped' } & Onward)
  /** Just after the container's closer, or the length; NOWHERE when the source ends before its container does. */
  | { readonly kind: 'end'; readonly next: number }
  /** Ask again with more bytes, from the boundary `from`; the bytes before it are not needed any more. */
  | { readonly kind: 'more'; readonly from: number };

/**
 * Reads the record at the boundary `at`: just after the opening bracket or a comma (layouts `array`, `object`), the start
 * of a line (`lines`), anywhere between two values (`values`).
 * @param isLast whether `bytes` ends where the source ends.
 * @param afterComma the `afterComma` of the outcome that led here; false at the start.
 */
export function readRecord(
  bytes: Uint8Array,
  at: number,
  options: ScanOptions,
  isLast: boolean,
  afterComma = false,
): RecordOutcome {
  const start = skipBlanks(bytes, at, bytes.length);
  const reading: Reading = { bytes, start, counted: start, options, isLast, syntax: syntaxOf(options) };
  const isContainer = options.layout === 'array' || options.layout === 'object';
  if (start === bytes.length) return nothingLeft(reading, isContainer && options.openEnd !== 'bare' ? NOWHERE : start);
  if (options.layout === 'ndjson') return readLine(reading);
  const passed = reading.syntax.pass?.(viewOfAll(reading), start) ?? start;
  if (passed === MORE) return more(reading);
  if (typeof passed !== 'number') return bad(reading, passed, bytes.length, { next: bytes.length, afterComma });
  if (passed > start) return skipped(reading, { next: passed, afterComma });
  return isContainer ? readElement(reading, afterComma) : readValue(reading);
}

/** Scans a whole source; bad records are stepped over. A `Scan` that also says where the records are. */
export function scanPlain(bytes: Uint8Array, options: ScanOptions): PlainResult {
  const records: PlainRecord[] = [];
  const bad: BadRecord[] = [];
  let at = 0;
  let afterComma = false;
  while (at !== NOWHERE) {
    const outcome = readRecord(bytes, at, options, true, afterComma);
    if (outcome.kind === 'end') return { records, bad, end: outcome.next };
    if (outcome.kind === 'more')
      throw new Error('a whole source was given, and more was asked for: a bug in gristmill');
    if (outcome.kind === 'record') records.push(outcome.record);
    else if (outcome.kind === 'bad') {
      const { reason, offset, start, end } = outcome;
      bad.push({ reason, offset, record: records.length + bad.length, start, end });
    }
    at = outcome.next;
    afterComma = outcome.afterComma;
  }
  return { records, bad, end: NOWHERE };
}

/** One call of `readRecord`, at the record's first byte `start`. */
interface Reading {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** The byte from which on its size is counted: a separator before it counts. */
  readonly counted: number;
  readonly options: ScanOptions;
  readonly isLast: boolean;
  readonly syntax: Syntax;
}

function readLine(reading: Reading): RecordOutcome {
  const { bytes, start, options, isLast, syntax } = reading;
  const newline = bytes.indexOf(NEWLINE, start);
  const hasNewline = newline !== -1;
  if (!hasNewline && !isLast) return more(reading);
  const limit = hasNewline ? newline : bytes.length;
  const onward = { next: hasNewline ? newline + 1 : limit, afterComma: false };

  const view: View = {
    bytes,
    limit,
    isFinal: true,
    cutReason: hasNewline ? 'UNEXPECTED_END_OF_LINE' : 'UNEXPECTED_END',
  };
  const begin = syntax.skip(view, start);
  if (begin === limit) return skipped(reading, onward);
  const end = typeof begin === 'number' ? checkValue(view, begin, options.depthMax, syntax) : begin;
  if (end === MORE) return more(reading);
  if (typeof end !== 'number') return bad(reading, end, limit, onward);
  const behind = syntax.skip(view, end);
  if (typeof behind === 'object') return bad(reading, behind, limit, onward);
  if (behind !== limit) return bad(reading, fault('UNEXPECTED_CHARACTER', behind as number), limit, onward);
  return good(reading, { start: begin as number, end }, limit, onward);
}

function readValue(outer: Reading): RecordOutcome {
  const { bytes, options, isLast, syntax } = outer;
  const start = options.hasSeparators ? skipSeparators(bytes, outer.start) : outer.start;
  if (start === bytes.length) return isLast ? skipped(outer, { next: start, afterComma: false }) : more(outer);
  const reading: Reading = start === outer.start ? outer : { ...outer, start };
  const checked = checkValue(viewOfAll(reading), start, options.depthMax, syntax);
  if (checked === MORE) return more(reading);
  const end = start > outer.start ? checkText(reading, checked) : checked;
  if (typeof end === 'number') return good(reading, { start, end }, end, { next: end, afterComma: false });
  const resync = options.hasSeparators ? endOfBadText(bytes, start, syntax) : endOfBadValue(bytes, start, syntax);
  if (resync === NOWHERE && !isLast) return more(reading);
  const badEnd = resync === NOWHERE ? bytes.length : resync;
  return bad(reading, end, badEnd, { next: badEnd, afterComma: false });
}

function skipSeparators(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && (isBlank[bytes[at]!] === 1 || bytes[at] === RECORD_SEPARATOR)) at++;
  return at;
}

/** RFC 7464, section 2.4: a number or literal that no white space follows may be the beginning of a longer one. */
function checkText({ bytes, start }: Reading, end: number | Fault): number | Fault {
  const isWord = endsScalar[bytes[start]!] === 0;
  if (typeof end !== 'number' || !isWord || isBlank[bytes[end] ?? 0] === 1) return end;
  return fault(end === bytes.length ? 'UNEXPECTED_END' : 'UNEXPECTED_CHARACTER', end);
}

function readElement(reading: Reading, afterComma: boolean): RecordOutcome {
  const { bytes, start, options, syntax } = reading;
  const closer = options.layout === 'array' ? CLOSE_ARRAY : CLOSE_OBJECT;
  if (bytes[start] === closer && (!afterComma || syntax.hasTrailingCommas)) return { kind: 'end', next: start + 1 };
  if (bytes[start] === closer || bytes[start] === COMMA) {
    return bad(reading, fault('UNEXPECTED_CHARACTER', start), start, beyond(bytes, start));
  }
  const element = checkElement(reading, closer);
  if (element === MORE) return more(reading);
  if (!('reason' in element)) return good(reading, element, element.separator, beyond(bytes, element.separator));
  const resync = endOfBadElement(bytes, start, closer, syntax);
  if (resync === NOWHERE && !reading.isLast) return more(reading);
  const end = resync === NOWHERE ? bytes.length : resync;
  return bad(reading, element, end, beyond(bytes, end));
}

/** Reading on from a separator: after a comma, but at a closer (which ends the container) or the end of the source. */
function beyond(bytes: Uint8Array, separator: number): Onward {
  const isComma = bytes[separator] === COMMA;
  return { next: isComma ? separator + 1 : separator, afterComma: isComma };
}

/** An element or member with the separator or closer behind it. */
function checkElement(reading: Reading, closer: number): (Extent & { separator: number }) | Fault | typeof MORE {
  const { bytes, options } = reading;
  const view = viewOfAll(reading);
  const extent = options.layout === 'array' ? checkBareElement(view, reading) : checkNamedElement(view, reading);
  if (extent === MORE || 'reason' in extent) return extent;
  const separator = reading.syntax.skip(view, extent.end);
  if (typeof separator !== 'number') return separator;
  if (separator === bytes.length) return isWhole(reading, extent) ? { ...extent, separator } : cutShort(view);
  if (bytes[separator] !== COMMA && bytes[separator] !== closer) return fault('UNEXPECTED_CHARACTER', separator);
  return { ...extent, separator };
}

/** Whether the last record of a container that is not closed counts. Of a number that was cut off nobody can tell. */
function isWhole({ bytes, options, isLast }: Reading, { start, end }: Extent): boolean {
  if (!isLast || options.openEnd === undefined) return false;
  return options.openEnd === 'bare' || end < bytes.length || !MAY_BE_CUT.test(String.fromCharCode(bytes[start]!));
}

const MAY_BE_CUT = /[-+.0-9]/;

function checkBareElement(view: View, { start, options, syntax }: Reading): Extent | Fault | typeof MORE {
  const end = checkValue(view, start, options.depthMax, syntax);
  return typeof end === 'number' ? { start, end } : end;
}

function checkNamedElement(view: View, { start, options, syntax }: Reading): Extent | Fault | typeof MORE {
  const member = checkMember(view, start, options.depthMax, syntax);
  if (member === MORE || 'reason' in member) return member;
  return { start: member.valueStart, end: member.valueEnd, name: { start, end: member.nameEnd } };
}

function viewOfAll({ bytes, isLast }: Reading): View {
  return { bytes, limit: bytes.length, isFinal: isLast, cutReason: 'UNEXPECTED_END' };
}

/** A record whose syntax is fine; `until` is where that was decided. */
function good(reading: Reading, extent: Extent, until: number, onward: Onward): RecordOutcome {
  if (isTooLarge(reading, until)) return tooLarge(reading);
  const { start, options, syntax } = reading;
  const { bytes, value, name } = strictly(reading.bytes, extent, syntax);
  if (bytes !== reading.bytes && bytes.length > Math.max(options.recordBytesMax, until - start))
    return tooLarge(reading);
  const keys = options.asks ? [] : captureKeys(bytes, value, name, options);
  if (typeof keys === 'string') return bad(reading, fault(keys, start), extent.end, onward);
  const text = lineOf(bytes, value.start, value.end);
  const line = name ? `{"key":${lineOf(bytes, name.start, name.end)},"value":${text}}` : text;
  return { kind: 'record', record: { start: extent.start, end: extent.end, line, keys }, ...onward };
}

function bad(reading: Reading, { reason, offset }: Fault, end: number, onward: Onward): RecordOutcome {
  if (isTooLarge(reading, end)) return tooLarge(reading);
  return { kind: 'bad', reason, offset, start: reading.start, end, ...onward };
}

/** The record goes on where the bytes end. */
function more(reading: Reading): RecordOutcome {
  return isTooLarge(reading, reading.bytes.length) ? tooLarge(reading) : { kind: 'more', from: reading.counted };
}

/** There is no record before `next`. Comments and separators have the limit of records, because they are read as a whole. */
function skipped(reading: Reading, onward: Onward): RecordOutcome {
  return isTooLarge(reading, onward.next) ? tooLarge(reading) : { kind: 'skipped', ...onward };
}

function nothingLeft({ start, isLast }: Reading, end: number): RecordOutcome {
  return isLast ? { kind: 'end', next: end } : { kind: 'more', from: start };
}

function isTooLarge({ counted, options }: Reading, until: number): boolean {
  return until - counted > options.recordBytesMax;
}

function tooLarge({ counted, options }: Reading): RecordOutcome {
  const reason: BadReasonName = 'RECORD_TOO_LARGE';
  const end = counted + options.recordBytesMax;
  return { kind: 'bad', reason, offset: counted, start: counted, end, next: NOWHERE, afterComma: false };
}
