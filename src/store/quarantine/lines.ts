// store at rest: [quarantine]
//
// The lines of a quarantine file (docs/format.md), read back. A line may be as long as the largest record in base64, which
// is more than a string can be: its bytes are decoded in pieces, and only where they are asked for.

import { GristmillError } from '../../base/errors.js';
import type { BlobReader } from '../files/blobs.js';

/** What a line says of its record. */
export interface QuarantinedFacts {
  /** The path of the source file. */
  readonly file: string;
  /** Ordinal of the record in that file, from 0. */
  readonly record: number;
  /** Offset of the first byte that makes the record bad. */
  readonly offset: number;
  /** Offset of the record's own first byte. */
  readonly start: number;
  readonly reason: string;
  readonly message: string;
  /** Of SCHEMA_VIOLATION: where the value is in the record, and the keyword of the schema. */
  readonly pointer?: string;
  readonly keyword?: string;
  readonly bytes: number;
  /** Bad records that share the line; absent for one. */
  readonly records?: number;
}

/** A line of a quarantine file. */
export interface QuarantineLine {
  /** The number of the line, from 1. */
  readonly number: number;
  /** The line as it is in the file, with its newline. */
  readonly line: Buffer;
}

const READ_BYTES = 1 << 20;
const NEWLINE = '\n'.charCodeAt(0);
const RAW = Buffer.from(',"rawBase64":"');
const END = '"}';
/** Characters of whole base64 groups. */
const PIECE = 1 << 20;

/** The lines of an open file, in order. What follows the last newline is no line: an import writes whole ones. */
export function* quarantineLines(file: BlobReader): Generator<QuarantineLine> {
  let number = 0;
  let rest: Buffer[] = [];
  for (let at = 0; at < file.size; ) {
    const block = Buffer.alloc(Math.min(READ_BYTES, file.size - at));
    const read = file.readSync(block, at);
    if (read === 0) return;
    at += read;
    let from = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1 && end < read; end = block.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...rest, block.subarray(from, end + 1)]);
      rest = [];
      from = end + 1;
      yield { number: ++number, line };
    }
    if (from < read) rest.push(block.subarray(from, read));
  }
}

/** @throws GristmillError CHECKSUM_MISMATCH for what no import writes */
export function factsOf({ line, number }: QuarantineLine, path: string): QuarantinedFacts {
  try {
    const facts = JSON.parse(`${line.toString('utf8', 0, rawAt(line))}}`) as QuarantinedFacts;
    if (typeof facts.file === 'string' && Number.isSafeInteger(facts.record) && Number.isSafeInteger(facts.start)) {
      return facts;
    }
  } catch {
    // It is said below.
  }
  const message = `line ${number} of ${path} is not a line of a quarantine file: another program changed the file`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path, line: number });
}

/** The bytes of the record, as they are in the source. */
export function rawOf({ line }: QuarantineLine): Buffer {
  const pieces: Buffer[] = [];
  const end = line.byteLength - END.length - 1;
  for (let at = rawAt(line) + RAW.byteLength; at < end; at += PIECE) {
    pieces.push(Buffer.from(line.toString('latin1', at, Math.min(at + PIECE, end)), 'base64'));
  }
  return Buffer.concat(pieces);
}

/** Where the bytes begin; within a JSON text no quote can stand as here. */
function rawAt(line: Buffer): number {
  const at = line.indexOf(RAW);
  if (at === -1) throw new SyntaxError('no bytes');
  return at;
}
