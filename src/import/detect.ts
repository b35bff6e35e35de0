// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What is this source? Looks at its head: encoding, byte order mark, and how its records are laid out. The answer is
// reported and can be overridden (`--shape`), and the scan does not depend on it being right: a wrong guess ends in an
// error, never in other records.

import { GristmillError } from '../errors.js';
import type { ScanOptions } from '../kernel/contract.js';
import { NEWLINE, OPEN_OBJECT, skipBlanks } from '../kernel/plain/bytes.js';
import { readRecord } from '../kernel/plain.js';
import { DEPTH_DEFAULT } from '../limits.js';
import { snippetOf } from './snippet.js';
import type { Shape } from './types.js';

export const UTF8_MARK = [0xef, 0xbb, 0xbf];
const BEGINS_JSON = /[[{"\-0-9tfn]/;
/** A number or literal: text that is not JSON often begins like one. */
const BEGINS_WORD = /[-0-9tfn]/;

/** Whether a value may begin with this byte. */
export function beginsJson(byte: number): boolean {
  return BEGINS_JSON.test(String.fromCharCode(byte));
}

/** Some bytes of a source: where they stand, and whether it ends with them. */
export interface Head {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly isAll: boolean;
}

/** Bytes of the byte order mark that a source begins with: 0 or 3. @throws SOURCE_UTF16 */
export function markBytes({ path, bytes }: Head): number {
  if (isWide(bytes)) {
    const message = `${path} looks like UTF-16 or UTF-32; JSON is UTF-8. Convert it first, e.g. iconv -f UTF-16 -t UTF-8.`;
    throw new GristmillError('SOURCE_UTF16', message, { file: path, offset: 0 });
  }
  return UTF8_MARK.every((byte, i) => bytes[i] === byte) ? UTF8_MARK.length : 0;
}

/**
 * Whether characters take two or four bytes: a mark says so, or zeros where an ASCII character (any JSON text begins with
 * one) has its upper half. Nothing but zeros is no text at all.
 */
function isWide([a, b, , d]: Uint8Array): boolean {
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  if (a === 0) return b === 0 ? Boolean(d) : b !== undefined;
  return b === 0;
}

/** The layout of a source. @param head begins with its first byte that is not blank. @throws SOURCE_NOT_JSON */
export function detectShape(head: Head): Shape {
  const { bytes, isAll } = head;
  const first = String.fromCharCode(bytes[0] as number);
  if (!BEGINS_JSON.test(first)) throw notJson(head, 0);
  const options: ScanOptions = {
    framing: 'values',
    secondary: [],
    depthMax: DEPTH_DEFAULT,
    recordBytesMax: bytes.byteLength,
  };
  const value = readRecord(bytes, 0, options, isAll);
  if (value.kind === 'record') return shapeAfterFirst(head, value.record.end, first);
  if (value.kind === 'bad' && BEGINS_WORD.test(first)) throw notJson(head, value.offset);
  const isLine = value.kind === 'bad' && value.reason !== 'UNEXPECTED_END' && isBadLine(bytes, value.offset);
  return isLine && first !== '[' ? 'ndjson' : shapeOfOpenValue(bytes, first);
}

/** Whether a first value with a fault may be a line: its line goes on after the fault, or ended early, before another. */
function isBadLine(bytes: Uint8Array, fault: number): boolean {
  const lineEnd = bytes.indexOf(NEWLINE);
  if (lineEnd === -1) return false;
  return lineEnd > fault || (bytes[fault] === OPEN_OBJECT && skipBlanks(bytes, lineEnd, fault) === fault);
}

/** The first value is whole: what follows it? */
function shapeAfterFirst(head: Head, end: number, first: string): Shape {
  const { bytes, isAll } = head;
  const next = skipBlanks(bytes, end, bytes.byteLength);
  if (next === bytes.byteLength && isAll) return shapeOfOnlyValue(bytes.subarray(0, end), first);
  const isLine = !bytes.subarray(0, end).includes(NEWLINE);
  if (next === bytes.byteLength) return isLine ? 'ndjson' : 'values';
  if (!BEGINS_JSON.test(String.fromCharCode(bytes[next] as number))) {
    // The error is about what follows the array, not about an array that is no record.
    if (first === '[') return 'array';
    // `"id","name"`, `2024-01-01;…`
    if (first !== '{') throw notJson(head, next);
  }
  if (isLine && bytes.subarray(end, next).includes(NEWLINE)) return 'ndjson';
  // A first value of several lines, or one that shares its line with the next, is not a line.
  return 'values';
}

/** The first value goes on after the head, or the source ends inside it, or it has a fault and is no line. */
function shapeOfOpenValue(bytes: Uint8Array, first: string): Shape {
  if (first === '[') return 'array';
  if (first === '{' && firstMemberIsContainer(bytes)) return 'object';
  return bytes.includes(NEWLINE) ? 'values' : 'ndjson';
}

/** The first value is the whole source: an array of records, an object of records, or one record. */
function shapeOfOnlyValue(value: Uint8Array, first: string): Shape {
  if (first === '[') return 'array';
  if (first === '{') {
    const members = Object.values(JSON.parse(Buffer.from(value).toString('utf8')) as object);
    const areRecords = members.length > 1 && members.every((member) => typeof member === 'object' && member !== null);
    if (areRecords) return 'object';
  }
  return value.includes(NEWLINE) ? 'values' : 'ndjson';
}

function firstMemberIsContainer(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  return /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*[[{]/s.test(head);
}

function notJson({ path, offset, bytes }: Head, at: number): GristmillError {
  const snippet = snippetOf(bytes, at);
  const where = `byte ${offset + at}: ${snippet}`;
  const message = `${path} does not begin like JSON (${where}). Is it compressed, or of another format? If only its first record is bad, name its layout with --shape.`;
  return new GristmillError('SOURCE_NOT_JSON', message, { file: path, offset: offset + at, snippet });
}
