// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What is this source? Looks at its head: encoding, byte order mark, and what its bytes tell about how the records are laid
// out (layout.ts asks other things first).

import { GristmillError } from '../../base/errors.js';
import { DEPTH_DEFAULT } from '../../base/limits.js';
import { snippetOf } from '../../base/snippet.js';
import type { ScanOptions } from '../../kernel/contract.js';
import { NEWLINE, OPEN_OBJECT, skipBlanks } from '../../kernel/plain/bytes.js';
import { readRecord } from '../../kernel/plain/kernel.js';
import type { Spelling } from '../../kernel/plain/syntaxes.js';
import { beginsJson } from './characters.js';
import type { Extent } from './first-value.js';
import { otherFormat } from './other-formats.js';

export const UTF8_MARK = [0xef, 0xbb, 0xbf];
/** A number or literal: text that is not JSON often begins like one. */
const BEGINS_WORD = /[-0-9tfn]/;

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

/**
 * The layout of a source of values. @param head begins with the first value @param extent of the first value
 * @throws SOURCE_NOT_JSON
 */
export function layoutOfValues(head: Head, extent: Extent, spelling: Spelling): 'ndjson' | 'values' {
  const { bytes } = head;
  const first = String.fromCharCode(bytes[0]!);
  const value = readFirst(head, spelling);
  if (value.kind === 'bad' && BEGINS_WORD.test(first)) throw notJson(head, value.offset);
  if (value.kind === 'record' && first !== '{') {
    const next = skipBlanks(bytes, value.record.end, bytes.byteLength);
    // `"id","name"`, `2024-01-01;…`
    if (next < bytes.byteLength && !beginsJson(bytes[next]!, spelling)) throw notJson(head, next);
  }
  if (extent !== 'lines') return extent === 'line' ? 'ndjson' : 'values';
  return value.kind === 'bad' && value.reason !== 'UNEXPECTED_END' && isBadLine(bytes, value.offset)
    ? 'ndjson'
    : 'values';
}

/** Whether the first value has a fault, or ends too early, as far as the head shows it. */
export function isFirstBad(head: Head, spelling: Spelling): boolean {
  return readFirst(head, spelling).kind === 'bad';
}

/** @throws SOURCE_NOT_JSON when no JSON begins like the source */
export function checkBeginning(head: Head, spelling: Spelling): void {
  if (!beginsJson(head.bytes[0]!, spelling)) throw notJson(head, 0);
}

function readFirst({ bytes, isAll }: Head, { dialect, nonfinite }: Spelling) {
  const options: ScanOptions = {
    layout: 'values',
    secondary: [],
    depthMax: DEPTH_DEFAULT,
    recordBytesMax: bytes.byteLength,
    ...(dialect && { dialect }),
    ...(nonfinite && { nonfinite }),
  };
  return readRecord(bytes, 0, options, isAll);
}

/** Whether a first value with a fault may be a line: its line continues after the fault, or another line follows it. */
function isBadLine(bytes: Uint8Array, fault: number): boolean {
  const lineEnd = bytes.indexOf(NEWLINE);
  if (lineEnd === -1) return false;
  return lineEnd > fault || (bytes[fault] === OPEN_OBJECT && skipBlanks(bytes, lineEnd, fault) === fault);
}

function notJson({ path, offset, bytes }: Head, at: number): GristmillError {
  const snippet = snippetOf(bytes, at);
  const where = `byte ${offset + at}: ${snippet}`;
  const known = at === 0 ? otherFormat(path, bytes) : undefined;
  const help = known ?? 'Is it in another format? If only its first record is bad, name the layout with option layout.';
  const message = `${path} does not begin like JSON (${where}). ${help}`;
  return new GristmillError('SOURCE_NOT_JSON', message, { file: path, offset: offset + at, snippet });
}
