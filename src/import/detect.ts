// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What is this source? Looks at its head: encoding, byte order mark, and how its records are laid out. The answer is
// reported and can be overridden (`--shape`), and the scan does not depend on it being right: a wrong guess ends in an
// error, never in other records.

import { GristmillError } from '../errors.js';
import type { ScanOptions } from '../kernel/contract.js';
import { readRecord } from '../kernel/plain.js';
import { DEPTH_DEFAULT, DETECTION_BYTES } from '../limits.js';
import { snippetOf } from './snippet.js';
import type { Shape } from './types.js';

const UTF8_MARK = [0xef, 0xbb, 0xbf];
const NEWLINE = 0x0a;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The head of a source: its first bytes, and whether they are all of it. */
export interface Head {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isAll: boolean;
}

/** Offset of the first byte after a UTF-8 byte order mark. @throws SOURCE_UTF16 */
export function skipMark({ path, bytes }: Head): number {
  const [a, b, c, d] = bytes;
  const isUtf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0 && b !== undefined) || (b === 0 && d === 0) || (b === 0 && c !== undefined && bytes.byteLength < 4);
  if (isUtf16) {
    const message = `${path} looks like UTF-16 or UTF-32; JSON is UTF-8. Convert it first, e.g. iconv -f UTF-16 -t UTF-8.`;
    throw new GristmillError('SOURCE_UTF16', message, { file: path, offset: 0 });
  }
  return UTF8_MARK.every((byte, i) => bytes[i] === byte) ? UTF8_MARK.length : 0;
}

/** The layout of the source whose first byte that is not blank stands at `start` of the head. @throws SOURCE_NOT_JSON */
export function detectShape(head: Head, start: number): Shape {
  const { bytes, isAll } = head;
  const first = String.fromCharCode(bytes[start] as number);
  if (!/[[{"\-0-9tfn]/.test(first)) {
    const snippet = snippetOf(bytes, start);
    const message = `${head.path} does not begin like JSON (byte ${start}: ${snippet}).`;
    throw new GristmillError('SOURCE_NOT_JSON', message, { file: head.path, offset: start, snippet });
  }
  const options: ScanOptions = { framing: 'values', secondary: [], depthMax: DEPTH_DEFAULT, recordBytesMax: bytes.byteLength };
  const value = readRecord(bytes, start, options, isAll);
  if (value.kind !== 'record') return shapeOfOpenValue(bytes, start, first, value.kind === 'bad');
  const { end } = value.record;
  const next = skipBlanks(bytes, end);
  if (next === bytes.byteLength && isAll) return shapeOfOnlyValue(bytes, start, end, first);
  // A first value that holds a raw newline, or shares its line with the next, is not a line.
  const newline = bytes.subarray(start).indexOf(NEWLINE) + start;
  return newline >= end && newline < next ? 'ndjson' : newline < start ? 'ndjson' : 'values';
}

/** The first value does not end within the head, or is not valid. */
function shapeOfOpenValue(bytes: Uint8Array, start: number, first: string, isBad: boolean): Shape {
  if (first === '[') return 'array';
  if (first !== '{' || isBad) return 'ndjson';
  return firstMemberIsContainer(bytes, start) ? 'object' : 'ndjson';
}

/** The first value is the whole source: an array of records, an object of records, or one record. */
function shapeOfOnlyValue(bytes: Uint8Array, start: number, end: number, first: string): Shape {
  if (first === '[') return 'array';
  if (first === '{') {
    const members = Object.values(JSON.parse(Buffer.from(bytes.subarray(start, end)).toString('utf8')) as object);
    const areRecords = members.length > 1 && members.every((member) => typeof member === 'object' && member !== null);
    if (areRecords) return 'object';
  }
  return bytes.subarray(start, end).includes(NEWLINE) ? 'values' : 'ndjson';
}

function firstMemberIsContainer(bytes: Uint8Array, start: number): boolean {
  const head = Buffer.from(bytes.subarray(start, start + 4096)).toString('latin1');
  return /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*[[{]/s.test(head);
}

function skipBlanks(bytes: Uint8Array, at: number): number {
  while (at < bytes.byteLength && BLANKS.has(bytes[at] as number)) at++;
  return at;
}

/** Bytes a head should have: enough that the first record of nearly every source ends in it. */
export const HEAD_BYTES = DETECTION_BYTES;
