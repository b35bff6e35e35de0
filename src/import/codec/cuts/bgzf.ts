// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// BGZF, the gzip of bgzip: every member says its size, in a field of its header (SAM specification, 4.1):
//
//   gzip header 10 with FEXTRA | length 2 | fields: 2 letters, length 2, data; "BC", 2, bytes of the member - 1

import { FLAG, FLAGS_AT, GZIP_FIXED_BYTES, GZIP_MAGIC } from '../forms/gzip-header.js';
import type { Cut } from './cut.js';
import type { Window } from './window.js';

const FIELD_HEADER_BYTES = 4;
const NAME = 'BC';
const SIZE_BYTES = 2;
/** The last field of the trailer. */
const PLAIN_SIZE_BYTES = 4;

/** The members of a file, up to the first one that does not say its size, or that is cut off. */
export function* bgzfMembers(file: Window): Generator<Cut, void> {
  for (let offset = 0; ; ) {
    const bytes = memberBytes(file, offset);
    if (bytes === undefined || offset + bytes > file.size) return;
    const plainBytes = file.at(offset + bytes - PLAIN_SIZE_BYTES, PLAIN_SIZE_BYTES).readUInt32LE();
    yield { offset, bytes, plainBytes };
    offset += bytes;
  }
}

/** The size of the member at `offset`, as it says it. */
function memberBytes(file: Window, offset: number): number | undefined {
  const head = file.at(offset, GZIP_FIXED_BYTES + 2);
  if (head.byteLength < GZIP_FIXED_BYTES + 2 || GZIP_MAGIC.some((byte, i) => head[i] !== byte)) return undefined;
  if ((head[FLAGS_AT]! & FLAG.extra) === 0) return undefined;
  const extraBytes = head.readUInt16LE(GZIP_FIXED_BYTES);
  const extra = file.at(offset + GZIP_FIXED_BYTES + 2, extraBytes);
  for (let at = 0; at + FIELD_HEADER_BYTES + SIZE_BYTES <= extra.byteLength; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.toString('latin1', at, at + 2) === NAME && length === SIZE_BYTES) {
      const bytes = extra.readUInt16LE(at + FIELD_HEADER_BYTES) + 1;
      return bytes > GZIP_FIXED_BYTES + 2 + extraBytes + PLAIN_SIZE_BYTES ? bytes : undefined;
    }
    at += FIELD_HEADER_BYTES + length;
  }
  return undefined;
}
