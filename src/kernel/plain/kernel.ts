// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The plain kernel: the readable twin of the WebAssembly one, and its specification. One record is read at a time, from
// a boundary, and everything about it is decided by these rules:
//
// Grammar    Accepted is exactly what is valid UTF-8 and `JSON.parse` accepts, down to `depthMax` (plain/grammar.ts,
//            plain/scalars.ts). A byte order mark is not the kernel's business.
// lines      White-space-only lines are skipped. A raw newline always ends the record, whatever is open; a bad one reaches to it.
// values     White space between values is optional: `{}{}`, `1 2`, `"a""b"`.
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
import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, NEWLINE, skipBlanks } from './bytes.js';
import { captureKeys } from './capture.js';
import { checkMember, checkValue } from './grammar.js';
import { endOfBadElement, endOfBadValue } from './resync.js';
import { lineOf } from './tokens.js';
import { cutShort, type Fault, fault, MORE, type View } from './view.js';

/** Nowhere: nothing can be read after this. */
export const NOWHERE = -1;

/** Where to read on: a boundary, and whether a comma stands before it (framings `array` and `object`). */
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
  /** Just after the container's closer, or the length; NOWHERE when the source ends before its container does. */
  | { readonly kind: 'end'; readonly next: number }
  /** Ask again with more bytes, from the boundary `from`; the bytes before it are not needed any more. */
  | { readonly kind: 'more'; readonly from: number };

/**
 * Reads the record at the boundary `at`: just after the opening bracket or a comma (framings `array`, `object`), the start
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
  const reading: Reading = { bytes, start, options, isLast };
  switch (options.framing) {
    case 'lines':
      return start < bytes.length ? readLine(reading) : nothingLeft(reading, start);
    case 'values':
      return start < bytes.length ? readValue(reading) : nothingLeft(reading, start);
    case 'array':
    case 'object':
      return start < bytes.length ? readElement(reading, afterComma) : nothingLeft(reading, NOWHERE);
  }
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
    else {
      const { reason, offset, start, end } = outcome;
      bad.push({ reason, offset, record: records.length + bad.length, start, end });
    }
    at = outcome.next;
    afterComma = outcome.afterComma;
  }
  return { records, bad, end: NOWHERE };
}

/** One call of `readRecord`, at the record's first byte. */
interface Reading {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly options: ScanOptions;
  readonly isLast: boolean;
}

function readLine(reading: Reading): RecordOutcome {
  const { bytes, start, options, isLast } = reading;
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
  const end = checkValue(view, start, options.depthMax);
  if (end === MORE) return more(reading);
  if (typeof end !== 'number') return bad(reading, end, limit, onward);
  const behind = skipBlanks(bytes, end, limit);
  if (behind < limit) return bad(reading, fault('UNEXPECTED_CHARACTER', behind), limit, onward);
  return good(reading, { start, end }, limit, onward);
}

function readValue(reading: Reading): RecordOutcome {
  const { bytes, start, options } = reading;
  const end = checkValue(viewOfAll(reading), start, options.depthMax);
  if (end === MORE) return more(reading);
  if (typeof end === 'number') return good(reading, { start, end }, end, { next: end, afterComma: false });
  const resync = endOfBadValue(bytes, start);
  if (resync === NOWHERE && !reading.isLast) return more(reading);
  const badEnd = resync === NOWHERE ? bytes.length : resync;
  return bad(reading, end, badEnd, { next: badEnd, afterComma: false });
}

function readElement(reading: Reading, afterComma: boolean): RecordOutcome {
  const { bytes, start, options } = reading;
  const closer = options.framing === 'array' ? CLOSE_ARRAY : CLOSE_OBJECT;
  if (bytes[start] === closer && !afterComma) return { kind: 'end', next: start + 1 };
  if (bytes[start] === closer || bytes[start] === COMMA) {
    return bad(reading, fault('UNEXPECTED_CHARACTER', start), start, beyond(bytes, start));
  }
  const element = checkElement(reading, closer);
  if (element === MORE) return more(reading);
  if (!('reason' in element)) return good(reading, element, element.separator, beyond(bytes, element.separator));
  const resync = endOfBadElement(bytes, start, closer);
  if (resync === NOWHERE && !reading.isLast) return more(reading);
  const end = resync === NOWHERE ? bytes.length : resync;
  return bad(reading, element, end, beyond(bytes, end));
}

/** Reading on from a separator: after a comma, but at a closer (which ends the container) or the end of the source. */
function beyond(bytes: Uint8Array, separator: number): Onward {
  const isComma = bytes[separator] === COMMA;
  return { next: isComma ? separator + 1 : separator, afterComma: isComma };
}

/** The value of a record, and its name if it is a member. */
interface Extent {
  readonly start: number;
  readonly end: number;
  readonly name?: { readonly start: number; readonly end: number };
}

/** An element or member with the separator or closer behind it. */
function checkElement(reading: Reading, closer: number): (Extent & { separator: number }) | Fault | typeof MORE {
  const { bytes, options } = reading;
  const view = viewOfAll(reading);
  const extent = options.framing === 'array' ? checkBareElement(view, reading) : checkNamedElement(view, reading);
  if (extent === MORE || 'reason' in extent) return extent;
  const separator = skipBlanks(bytes, extent.end, bytes.length);
  if (separator === bytes.length) return cutShort(view);
  if (bytes[separator] !== COMMA && bytes[separator] !== closer) return fault('UNEXPECTED_CHARACTER', separator);
  return { ...extent, separator };
}

function checkBareElement(view: View, { start, options }: Reading): Extent | Fault | typeof MORE {
  const end = checkValue(view, start, options.depthMax);
  return typeof end === 'number' ? { start, end } : end;
}

function checkNamedElement(view: View, { start, options }: Reading): Extent | Fault | typeof MORE {
  const member = checkMember(view, start, options.depthMax);
  if (member === MORE || 'reason' in member) return member;
  return { start: member.valueStart, end: member.valueEnd, name: { start, end: member.nameEnd } };
}

function viewOfAll({ bytes, isLast }: Reading): View {
  return { bytes, limit: bytes.length, isFinal: isLast, cutReason: 'UNEXPECTED_END' };
}

/** A record whose syntax is fine; `until` is where that was decided. */
function good(reading: Reading, extent: Extent, until: number, onward: Onward): RecordOutcome {
  if (isTooLarge(reading, until)) return tooLarge(reading);
  const { bytes, start, options } = reading;
  const keys = options.asks ? [] : captureKeys(bytes, extent, extent.name, options);
  if (typeof keys === 'string') return bad(reading, fault(keys, start), extent.end, onward);
  const value = lineOf(bytes, extent.start, extent.end);
  const line = extent.name ? `{"key":${lineOf(bytes, extent.name.start, extent.name.end)},"value":${value}}` : value;
  return { kind: 'record', record: { start: extent.start, end: extent.end, line, keys }, ...onward };
}

function bad(reading: Reading, { reason, offset }: Fault, end: number, onward: Onward): RecordOutcome {
  if (isTooLarge(reading, end)) return tooLarge(reading);
  return { kind: 'bad', reason, offset, start: reading.start, end, ...onward };
}

/** The record goes on where the bytes end. */
function more(reading: Reading): RecordOutcome {
  return isTooLarge(reading, reading.bytes.length) ? tooLarge(reading) : { kind: 'more', from: reading.start };
}

function nothingLeft({ start, isLast }: Reading, end: number): RecordOutcome {
  return isLast ? { kind: 'end', next: end } : { kind: 'more', from: start };
}

function isTooLarge({ start, options }: Reading, until: number): boolean {
  return until - start > options.recordBytesMax;
}

function tooLarge({ start, options }: Reading): RecordOutcome {
  const reason: BadReasonName = 'RECORD_TOO_LARGE';
  const end = start + options.recordBytesMax;
  return { kind: 'bad', reason, offset: start, start, end, next: NOWHERE, afterComma: false };
}
